import base64
import dataclasses
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from prunelle.data import decode, high_efficiency, limits, unsupported
from prunelle.data.headers import heif
from prunelle.data.pixels import Skipped
from prunelle.files import KINDS_FR
from prunelle.report import html
from prunelle.report.words import TEXTS, Words
from prunelle.texts import Note
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe

SCRIPT = "<script>alert(1)</script>"
VOID = {"meta", "img", "link", "br", "input"}


class Page(HTMLParser):
    """A page as a reader's program sees it: tags, text, and tables as rows of cells."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.sections: dict[str, str] = {}
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == [], "a tag was never closed"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "table":
            self.table = self.tables.setdefault((attributes.get("class") or "").split()[0], [])
        elif tag == "tr":
            self.table.append([])
        elif tag in ("td", "th"):
            self.table[-1].append("")
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if "style" in tags:
            return
        self.text += data
        if "td" in tags or "th" in tags:
            self.table[-1][-1] += data
        for tag, attributes in self.open:
            if tag == "section":
                name = attributes["id"]
                self.sections[name] = self.sections.get(name, "") + data

    def images(self, within: str = "") -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == "img" and within in attributes["alt"]]


def plain(text: str) -> str:
    """Unbreakable spaces as ordinary ones, runs of spaces as one."""
    return re.sub(r"\s+", " ", text).strip()


def pixels_of(uri: str) -> np.ndarray:
    start, _, data = uri.partition(";base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert start == f"data:image/{picture.format.lower()}"
    return np.asarray(picture)


def test_result_in_one_sentence(content):
    # 5 of 8 is 62.5 %. Wilson: centre 0.58444, half 0.27871 (worked out with z = 1.96).
    english = plain(Page(html.render(content, "en")).text)
    assert (
        "lenet5 recognises 62.5 % of 8 test pictures it never saw (95 % interval 30.6–86.3 %), which"
        in english
    )
    assert "always answering chat été is right for 50.0 %;" in english
    # The recalls are 1/2, 2/3 and 1.
    assert "balanced accuracy (the mean recall of its classes) 72.2 % (" in english
    french = plain(Page(html.render(content, "fr")).text)
    assert (
        "lenet5 reconnaît 62,5 % des 8 images de test, qu’il n’a jamais vues "
        "(intervalle à 95 % : 30,6 à 86,3 %), ce qui" in french
    )
    assert "chose which epoch" not in english


def test_says_that_validation_chose_the_weights(content):
    content = dataclasses.replace(
        content, evaluation=dataclasses.replace(content.evaluation, split="validation")
    )
    english = plain(Page(html.render(content, "en")).text)
    assert "62.5 % of 8 validation pictures" in english
    assert "never saw" not in english
    assert "validation pictures also chose which epoch’s weights to keep" in english
    assert "validation a aussi servi à choisir l’époque" in plain(Page(html.render(content, "fr")).text)


def test_says_that_training_pictures_prove_nothing(content):
    content = dataclasses.replace(content, evaluation=dataclasses.replace(content.evaluation, split="train"))
    text = plain(Page(html.render(content, "en")).text)
    assert "62.5 % of the 8 pictures it learned on" in text
    assert "does not say what the network is worth on new pictures" in text


def test_facts_and_splits_in_both_languages(content):
    english = Page(html.render(content, "en"))
    text = plain(english.text)
    for fact in ("61,706", "3 min 7 s", "21 November 2026, 14:30", "best: 2", "3 classes, 8×8 pixels, grey"):
        assert fact in text
    # The commonest training class is the first; 4 of the 8 test pictures are of it.
    assert "50.0 %right by always answering chat été" in text
    assert [[plain(cell) for cell in row] for row in english.tables["splits"]][1:] == [
        ["training", "1,234", "75.0 %", "72.5–77.4 %", "–", "0.5000"],
        ["validation", "4", "–", "–", "–", "–"],
        ["test", "8", "62.5 %", "30.6–86.3 %", "72.2 %", "0.9123"],
    ]
    french = Page(html.render(content, "fr"))
    for fact in ("61\u202f706", "3\xa0min 7\xa0s", "21 novembre 2026 à 14\xa0h\xa030", "niveaux de gris"):
        assert fact in french.text
    assert french.tables["splits"][1] == [
        "entraînement",
        "1\u202f234",
        "75,0\xa0%",
        "72,5\xa0à\xa077,4\xa0%",
        "–",
        "0,5000",
    ]


def test_confusion_table_and_pairs(content):
    page = Page(html.render(content, "en"))
    rows = [[plain(cell) for cell in row] for row in page.tables["matrix"]]
    assert rows[0][1:] == ["chat été", "dog", SCRIPT]
    assert rows[1:] == [
        ["chat été", "250.0 %", "125.0 %", "125.0 %"],
        ["dog", "133.3 %", "266.7 %", "0"],
        [SCRIPT, "0", "0", "1100.0 %"],
    ]
    assert [[plain(cell) for cell in row] for row in page.tables["confused"]][1:] == [
        ["chat été", "dog", "1", "25.0 %"],
        ["chat été", SCRIPT, "1", "25.0 %"],
        ["dog", "chat été", "1", "33.3 %"],
    ]


def test_confusion_colours_grow_with_the_share(content):
    cells = [a for tag, a in Page(html.render(content, "en")).tags if tag == "td" and "--strength" in str(a)]
    strength = [(cell["class"], int(re.search(r"\d+", cell["style"]).group())) for cell in cells]
    # The diagonal: 65 times the share. Beside it: 6 + 59 times its square root (0.5, 0.5, 0.577).
    assert strength == [
        ("blue", 32),
        ("orange", 36),
        ("orange", 36),
        ("orange", 40),
        ("blue", 43),
        ("blue", 65),
    ]


def test_worst_recall_first(content):
    page = Page(html.render(content, "fr"))
    assert [[plain(cell) for cell in row] for row in page.tables["scores"]][1:] == [
        ["0", "chat été", "50,0 %", "15,0 à 85,0 %", "66,7 %", "57,1 %", "4", "600"],
        ["1", "dog", "66,7 %", "20,8 à 93,9 %", "66,7 %", "66,7 %", "3", "401"],
        ["2", SCRIPT, "100,0 %", "20,7 à 100,0 %", "50,0 %", "66,7 %", "1", "233"],
    ]


def test_a_class_without_test_pictures_is_not_called_the_worst(content):
    evaluation = dataclasses.replace(content.evaluation, labels=np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    page = Page(html.render(dataclasses.replace(content, evaluation=evaluation), "en"))
    assert page.tables["scores"][-1] == ["2", SCRIPT, "–", "–", "–", "–", "0", "233"]


def test_most_wrong_pictures_are_the_most_confident_mistakes(content):
    page = Page(html.render(content, "en"))
    cards = page.images("taken for")
    assert [plain(card["alt"]) for card in cards] == [
        "/photos/test/1/5.png: dog taken for chat été, confidence 95.0 %",
        f"/photos/test/0/3.png: chat été taken for {SCRIPT}, confidence 81.0 %",
        "/photos/test/0/2.png: chat été taken for dog, confidence 62.0 %",
    ]
    for card, index in zip(cards, (5, 3, 2), strict=True):
        np.testing.assert_array_equal(pixels_of(card["src"]), content.images[index, ..., 0])
    assert "said chat été 95.0 %is dog1/5.png" in plain(page.sections["wrong"])
    assert "Of 3 mistakes" in page.sections["wrong"]


def test_at_most_24_wrong_pictures(content):
    n = 60
    probabilities = np.stack([np.linspace(0.51, 0.99, n), 1 - np.linspace(0.51, 0.99, n)], axis=1)
    evaluation = Evaluation("test", ("a", "b"), np.ones(n, np.int64), probabilities.astype(np.float32), 1.0)
    many = dataclasses.replace(
        content, evaluation=evaluation, images=np.zeros((n, 8, 8, 1), np.uint8), counts={}, examples={}
    )
    cards = Page(html.render(many, "en")).images("taken for")
    assert [card["alt"].split(":")[0] for card in cards] == [f"index {i}" for i in range(59, 35, -1)]


def test_colour_pictures_keep_their_pixels(content):
    images = np.random.default_rng(1).integers(0, 256, (8, 32, 48, 3), dtype=np.uint8)
    cards = Page(html.render(dataclasses.replace(content, images=images), "en")).images("taken for")
    np.testing.assert_array_equal(pixels_of(cards[0]["src"]), images[5])


def test_photos_are_embedded_smaller_and_smooth(content):
    gradient = np.linspace(0, 255, 400).astype(np.uint8)
    images = np.broadcast_to(gradient[None, :, None, None], (8, 400, 200, 3))
    preprocess = dataclasses.replace(content.preprocess, size=(400, 200))
    source = html.render(dataclasses.replace(content, images=images, preprocess=preprocess), "en")
    page = Page(source)
    picture = pixels_of(page.images("taken for")[0]["src"])
    assert picture.shape == (160, 80, 3)
    # Row 40 of 160 is a quarter of the way down.
    assert abs(int(picture[40, 40, 1]) - 255 / 4) < 4
    classes = " ".join(str(attributes.get("class")) for tag, attributes in page.tags if tag != "style")
    assert "crisp" not in classes
    assert 'class="cards crisp"' in html.render(content, "en")


def test_examples_of_each_class(content):
    page = Page(html.render(content, "en"))
    pictures = page.images(", example ")
    assert [picture["alt"] for picture in pictures][:3] == [
        "chat été, example 1",
        "chat été, example 2",
        "dog, example 1",
    ]
    for picture, image in zip(pictures[2:4], content.examples["dog"], strict=True):
        np.testing.assert_array_equal(pixels_of(picture["src"]), image[..., 0])


def test_calibration_in_one_sentence(content):
    # |confidence - right| of each bin times its pictures, over 8 pictures (both 0.81 share a bin: 0.81 - 0.5):
    # (0.10 + 2 * 0.31 + 0.62 + 0.30 + 0.95 + 0.50 + 0.46) / 8 = 0.444; mean confidence 5.83 / 8 = 0.729.
    page = Page(html.render(content, "en"))
    text = plain(page.sections["reliability"])
    assert "differ by 44.4 points on average" in text
    # Eight answers cannot tell 72.9 from 62.5 % (Wilson's interval: 30.6 to 86.3 %); 480 can (58.1 to 66.7 %).
    assert "a mean confidence of 72.9 % for an accuracy of 62.5 %, the network is perhaps as sure" in text
    assert "the difference lies between −13.4 and +42.3 points" in text
    assert "about as sure as it should be" not in text
    many = dataclasses.replace(
        content,
        evaluation=dataclasses.replace(
            content.evaluation,
            labels=np.tile(content.evaluation.labels, 60),
            probabilities=np.tile(content.evaluation.probabilities, (60, 1)),
            files=None,
        ),
        images=np.tile(content.images, (60, 1, 1, 1)),
    )
    assert "the network is too sure of itself" in plain(Page(html.render(many, "en")).sections["reliability"])
    alt = next(a["aria-label"] for _, a in page.tags if "against confidence" in (a.get("aria-label") or ""))
    assert "81.0 % → 50.0 %" in plain(alt)
    shy = np.array(many.evaluation.predicted)
    shy = dataclasses.replace(many, evaluation=dataclasses.replace(many.evaluation, labels=shy))
    assert "trop peu sûr de lui" in plain(Page(html.render(shy, "fr")).sections["reliability"])


REASONS = {
    "empty file": "fichier vide",
    "not a picture (of a format that is read: JPEG, HEIC, AVIF, PNG, BMP, GIF, WebP, TIFF)": (
        "pas une image (d’un format lu : JPEG, HEIC, AVIF, PNG, BMP, GIF, WebP, TIFF)"
    ),
    "truncated or damaged": "tronquée ou abîmée",
    "decompression bomb: 60000×50000 pixels; at most 178,956,970 pixels are decoded": (
        "bombe de décompression : 60000×50000 pixels ; 178 956 970 au plus sont décodés"
    ),
    "cannot be opened: Permission denied": "impossible à ouvrir : Permission denied",
    "something new: quite": "something new: quite",
}


def test_every_reason_that_reading_gives_has_its_french():
    reasons = [decode.EMPTY, decode.NOT_A_PICTURE, decode.DAMAGED]
    reasons += [
        limits.TOO_MANY_PIXELS.format(width=60000, height=50000, limit=limits.MAX_PIXELS),
        decode.CANNOT_OPEN.format(error="Permission denied"),
    ]
    assert reasons == list(REASONS)[:5]
    french = Words("fr")
    named = (*unsupported.IN_FRENCH, *high_efficiency.IN_FRENCH, heif.OTHER_CODING)
    for reason in (*named, *(decode.NOT_A_FILE.format(kind=kind) for kind in KINDS_FR)):
        assert french.reason(reason) != reason


@pytest.mark.parametrize("times", [1, 40], ids=["few", "many"])
def test_every_skipped_file_is_listed(content, times):
    files = [(f"{n}/{i}-été <b>&.jpg", reason) for n in range(times) for i, reason in enumerate(REASONS)]
    content = dataclasses.replace(content, skipped=[Skipped(*file) for file in files])
    assert Page(html.render(content, "en")).tables["files"][1:] == [list(file) for file in files]
    french = Page(html.render(content, "fr"))
    rows = [[plain(cell) for cell in row] for row in french.tables["files"][1:]]
    assert rows == [[file, REASONS[reason]] for file, reason in files]
    assert ("fichier vide (40)" in french.sections["skipped"]) == (times == 40)


def test_no_skipped_file_is_said(content):
    assert "None: every picture could be read." in Page(html.render(content, "en")).sections["skipped"]
    assert "Aucune\xa0: toutes les images" in Page(html.render(content, "fr")).sections["skipped"]


def test_warnings_come_before_the_numbers_and_notes_are_there(content):
    warning = Note("It did not learn.", "Il n’a pas appris : essayez.")
    text = Page(html.render(dataclasses.replace(content, warnings=[warning]), "fr")).text
    assert text.index("Il n’a pas appris\xa0: essayez.") < text.index("61\u202f706")
    assert "Lu par dossier\xa0: trois classes." in text
    assert "warnings" not in Page(html.render(content, "en")).sections


def test_layers_and_their_total(content):
    assert Page(html.render(content, "en")).tables["network"][1:] == [
        ["features.0", "Conv2d", "5×5", "6×28×28", "156"],
        ["head.0", "Linear", "", "3", "61,550"],
        ["Total", "61,706"],
    ]


def test_how_to_do_it_again(content):
    page = Page(html.render(content, "en"))
    assert "prunelle train pets --network lenet5 --seed 7" in page.sections["again"]
    recipe = {row[0]: row[1:] for row in page.tables["recipe"][1:]}
    assert set(recipe) == {field.name for field in dataclasses.fields(Recipe)}
    assert recipe["epochs"] == ["3 chosen", "10"]
    assert recipe["seed"] == ["7 chosen", "0"]
    assert recipe["augment"] == ["flip=True, shift=0.1 chosen", "none"]
    assert recipe["learning_rate"] == ["0.001", ""]
    pairs = page.tables["pairs"]
    for row in (["torch", "2.13.0"], ["processor", "a good one"], ["mean", "0.5"], ["size", "8, 8"]):
        assert row in pairs
    assert ["processeur", "a good one"] in Page(html.render(content, "fr")).tables["pairs"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("num_classes", [2, 10, 30, 31, 100])
def test_any_number_of_classes(with_classes, num_classes, language):
    page = Page(html.render(with_classes(num_classes), language))
    assert ("matrix" in page.tables) == (num_classes <= 30)
    assert any(tag == "image" for tag, _ in page.tags) == (num_classes > 30)
    scores = [row for row in page.tables["scores"] if row[0].isdigit()]
    assert len(scores) == num_classes
    assert scores[0][1] == "class-0"
    shown = {picture["alt"].split(",")[0] for picture in page.images(", ex")}
    assert len(shown) == min(num_classes, 40)


@pytest.mark.parametrize("num_classes", [3, 40])
def test_needs_nothing_from_outside_and_ids_are_unique(content, with_classes, num_classes):
    source = html.render(content if num_classes == 3 else with_classes(num_classes), "en")
    page = Page(source)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 10
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "xlink:href", "srcset", "action", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith("data:image/") or value[1:] in ids
    for target in re.findall(r"url\(([^)]*)\)", source):
        assert target.strip("'\"")[1:] in ids
    assert "://" not in source
    assert "@import" not in source


def test_hostile_names_stay_text(content):
    hostile = '"><img src=x onerror=alert(1)>{{ 7 * 7 }}'
    evaluation = dataclasses.replace(content.evaluation, files=(hostile,) * 8, classes=(hostile, SCRIPT, "c"))
    content = dataclasses.replace(
        content,
        evaluation=evaluation,
        run_name=hostile,
        data_name=hostile,
        network_name=hostile,
        command=hostile,
        skipped=[Skipped(hostile, hostile)],
        notes=[Note(hostile, hostile)],
        warnings=[Note(hostile, hostile)],
        versions={hostile: hostile},
    )
    source = html.render(content, "en")
    page = Page(source)
    assert "<script" not in source
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "49" not in page.sections["again"]
    assert page.tables["files"][1] == [hostile, hostile]


def test_file_names_that_are_no_text_can_be_written(content):
    name = b"caf\xe9.jpg".decode(errors="surrogateescape")
    source = html.render(dataclasses.replace(content, skipped=[Skipped(name + "\x00", "empty file")]), "en")
    assert r"caf\xe9.jpg\x00" in source.encode("utf-8").decode("utf-8")


def test_names_of_any_script_are_written_as_they_are(content):
    names = ("قطة", "猫", "çà")
    evaluation = dataclasses.replace(content.evaluation, classes=names)
    page = Page(html.render(dataclasses.replace(content, evaluation=evaluation), "fr"))
    assert [row[1] for row in page.tables["scores"]][1:] == list(names)


def test_missing_values_everywhere(content):
    results = [{**content.results[0], "val_loss": None, "val_accuracy": None, "train_loss": float("nan")}]
    for language in ("en", "fr"):
        page = Page(html.render(dataclasses.replace(content, results=results, best_epoch=1), language))
        assert "nan" not in page.sections["curves"].lower()
        assert "None" not in page.sections["curves"]
    assert "Une seule époque" in page.sections["curves"]


def test_without_validation_says_what_curves_cannot_show(content):
    results = [{**row, "val_loss": None, "val_accuracy": None} for row in content.results]
    text = Page(html.render(dataclasses.replace(content, results=results), "en")).text
    assert "cannot show overfitting" in text
    assert "epoch kept (2)" in text
    assert "best" not in text


def test_ten_thousand_photos_weigh_under_two_megabytes(content):
    # Noise is the worst that can be embedded.
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    labels = np.arange(10_000) % 10
    probabilities = np.full((10_000, 10), 0.01, np.float32)
    probabilities[np.arange(10_000), (labels + (labels == 3)) % 10] = 0.91
    classes = tuple("abcdefghij")
    big = dataclasses.replace(
        content,
        evaluation=Evaluation("test", classes, labels, probabilities, 0.3),
        images=np.broadcast_to(noise, (10_000, *noise.shape)),
        examples={name: np.broadcast_to(noise, (8, *noise.shape)) for name in classes},
        counts={"train": [5000] * 10},
        preprocess=dataclasses.replace(content.preprocess, size=(128, 128)),
    )
    source = html.render(big, "en")
    assert len(Page(source).images()) == 24 + 80
    assert len(source.encode()) < 2_000_000


def test_perfect_network(content):
    perfect = dataclasses.replace(content.evaluation, labels=np.array(content.evaluation.predicted))
    page = Page(html.render(dataclasses.replace(content, evaluation=perfect), "en"))
    assert "Not a single mistake." in page.sections["wrong"]
    assert "confused" not in page.tables
    assert "recognises 100.0\xa0%" in page.text


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_placeholders_and_french_its_spaces(key):
    note = TEXTS[key]
    fields = [sorted(re.findall(r"\{(\w+)\}", text)) for text in (note.en, note.fr)]
    assert fields[0] == fields[1]
    french = Words("fr").note(note)
    assert not re.search(r" [:;?!%»]|« |[^\s][;?!»]|\w:|\d%|'", french)


@pytest.mark.parametrize(
    ("share", "english", "french"),
    [
        (0.98912, "98.9 %", "98,9 %"),
        (1.0, "100.0 %", "100,0 %"),
        (0.9998, "99.98 %", "99,98 %"),
        (0.0, "0.0 %", "0,0 %"),
        (0.0003, "0.03 %", "0,03 %"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
    ],
)
def test_percent_never_rounds_almost_all_into_all(share, english, french):
    assert plain(Words("en").percent(share)) == english
    assert plain(Words("fr").percent(share)) == french


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.23, "4.2 s"), (59.7, "1 min"), (187, "3 min 7 s"), (8040, "2 h 14 min"), (3600, "1 h")],
)
def test_durations(seconds, text):
    assert plain(Words("en").duration(seconds)) == text


def test_numbers_are_grouped_as_the_language_does():
    assert Words("en").integer(1234567) == "1,234,567"
    assert Words("fr").integer(1234567) == "1\u202f234\u202f567"
    assert Words("fr").date("2026-02-01T09:05:00+01:00") == "1er février 2026 à 9\xa0h\xa005"
