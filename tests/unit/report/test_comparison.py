"""A comparison's figures and its page, from runs whose every answer is written by hand."""

from __future__ import annotations

import dataclasses
import re
import string
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prunelle.report import comparison_figures as figures
from prunelle.report import comparison_page
from prunelle.report.comparison_words import TEXTS, ComparisonWords
from prunelle.report.words import TEXTS as SHARED
from prunelle.runs.comparison import Comparison, Contestant, Outcome, Standing
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe
from prunelle.training.yardsticks import YARDSTICKS

N = 1000


def outcome(
    seed: int, right: int, shift: int = 0, *, val: bool = True, epochs: int = 3, classes: int = 10
) -> Outcome:
    """``right`` pictures of 1,000, the first ones after ``shift``; of classes of one size."""
    answers = np.zeros(N, bool)
    answers[(np.arange(right) + shift) % N] = True
    labels = np.arange(N) % classes
    said = np.where(answers, labels, (labels + 1) % classes)
    names = ("cat", *map(str, range(1, classes)))
    results = [
        {
            "epoch": epoch,
            "train_loss": 1 / epoch,
            "train_accuracy": 1 - 0.3 / epoch,
            "val_loss": 0.5 / epoch if val else None,
            "val_accuracy": 1 - 0.2 / epoch if val else None,
        }
        for epoch in range(1, epochs + 1)
    ]
    return Outcome(
        seed=seed,
        path=Path(f"/c/runs/x-seed{seed}"),
        answers=Evaluation("test", names, labels, np.eye(classes, dtype=np.float32)[said], 0.1 + seed / 100),
        results=results,
        seconds=2.0 * epochs,
    )


def standing(label: str, outcomes: list[Outcome], parameters: int = 61706) -> Standing:
    contestant = Contestant(
        label=label, network="lenet5", options={}, parameters=parameters, multiply_adds=416520
    )
    return Standing(contestant=contestant, outcomes=outcomes, diverged=[])


def comparison(*standings: Standing, split: str = "test") -> Comparison:
    info = {
        "status": "finished",
        "created": "2026-11-21T14:30:05+01:00",
        "command": "prunelle compare a b",
        "data": {"name": "mnist", "source": None},
        "recipe": Recipe(epochs=3).to_json(),
        "seeds": [0, 1, 2],
        "versions": {"torch": "2.13.0"},
        "host": {"processor": "a good one"},
    }
    return Comparison(path=Path("/c"), info=info, split=split, n=N, standings=standings)


GOOD = standing("good", [outcome(0, 990), outcome(1, 988), outcome(2, 992)])
BAD = standing("bad", [outcome(0, 970), outcome(1, 969), outcome(2, 971)], 62020)
LIKE = standing("like", [outcome(0, 989), outcome(1, 990), outcome(2, 991)])


def text_of(page: str) -> str:
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").replace("\u202f", " "))


def test_a_clear_difference_by_hand() -> None:
    (found,) = comparison(BAD, GOOD).differences()
    assert (found.first, found.second, list(found.seeds)) == ("good", "bad", [0, 1, 2])
    # Gaps 0.020, 0.019, 0.021: mean 0.020, sd 0.001, half of the interval 4.30265·0.001/√3 = 0.002484.
    assert found.mean == pytest.approx(0.020)
    assert found.over_seeds == pytest.approx((0.017516, 0.022484), abs=1e-6)
    assert found.clear


def test_a_difference_that_seeds_or_pictures_may_explain_is_not_clear() -> None:
    (found,) = comparison(GOOD, LIKE).differences()
    assert found.over_seeds is not None
    assert found.over_seeds[0] < 0 < found.over_seeds[1]
    assert not found.clear
    # The same gap at each seed, but from as many pictures won as nearly lost: the seeds agree, the pictures do not.
    a = standing("a", [outcome(0, 500), outcome(1, 501)])
    b = standing("b", [outcome(0, 490, shift=500), outcome(1, 491, shift=500)])
    (found,) = comparison(a, b).differences()
    assert found.over_seeds is not None
    assert found.over_seeds[0] > 0
    assert found.over_pictures[0] < 0
    assert not found.clear


def test_two_seeds_that_agree_are_no_interval_without_width() -> None:
    a = standing("a", [outcome(0, 300), outcome(1, 300)])
    b = standing("b", [outcome(0, 200), outcome(1, 200)])
    (found,) = comparison(a, b).differences()
    # Counted in pictures of 1,000: the deviation of two neighbours, 0.001/√2, times t(1) = 12.7062, over √2.
    assert found.over_seeds == pytest.approx((0.1 - 0.006353, 0.1 + 0.006353), abs=1e-6)
    assert a.figure.interval == pytest.approx((0.293647, 0.306353), abs=1e-6)
    page = text_of(comparison_page.render(comparison(a, b), "en"))
    assert "29.36 – 30.64" in page
    assert found.verdict == "clear"


def test_no_interval_leaves_what_an_accuracy_can_be() -> None:
    a = standing("a", [outcome(0, 900), outcome(1, 500)])
    b = standing("b", [outcome(0, 100), outcome(1, 500)])
    found = comparison(a, b)
    assert a.figure.interval == (0, 1)
    assert found.differences()[0].over_seeds == (-1, 1)
    page = text_of(comparison_page.render(found, "en"))
    assert "0.00 – 100.00" in page
    assert "−100.00 to +100.00" in page
    for number in re.findall(r"[−+]?(\d+\.\d+)(?= (?:–|to|%))", page):
        assert float(number) <= 100


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        # One training each: pictures are sure, seeds unknown.
        ((990,), (900,), "few seeds"),
        # Gaps of 90 and 30: mean 60, error 30; twice that is reached, 12.7 times is not.
        ((990, 930), (900, 900), "few seeds"),
        # Gaps of 90 and -60: no number of seeds like these would tell.
        ((990, 840), (900, 900), "not clear"),
        ((990, 988), (900, 899), "clear"),
    ],
)
def test_too_few_seeds_are_said(ours: tuple[int, ...], theirs: tuple[int, ...], verdict: str) -> None:
    found = comparison(
        *(
            standing(label, [outcome(seed, right) for seed, right in enumerate(rights)])
            for label, rights in (("a", ours), ("b", theirs))
        )
    )
    assert found.differences()[0].verdict == verdict
    english, french = (text_of(comparison_page.render(found, language)) for language in ("en", "fr"))
    assert ("so few seeds cannot tell" in english) == (verdict == "few seeds")
    assert ("si peu de graines ne permettent pas" in french) == (verdict == "few seeds")
    assert ("points more than" in english) == (verdict == "clear")


def test_networks_at_chance_are_said_to_be() -> None:
    blind = standing("blind", [outcome(seed, right, classes=4) for seed, right in enumerate((260, 255, 262))])
    good = standing("good", [outcome(seed, 990, classes=4) for seed in range(3)])
    found = comparison(blind, good)
    assert found.at_chance == ["blind"]
    page = text_of(comparison_page.render(found, "en"))
    assert "No better than chance, as far as these pictures can tell: blind. Always answering cat" in page
    assert "Pas mieux que le hasard" in text_of(comparison_page.render(found, "fr"))
    assert "chance" not in text_of(comparison_page.render(comparison(BAD, GOOD), "en")).replace(
        "by chance", ""
    )


def test_seeds_that_only_one_has_are_left_out_of_the_pairs() -> None:
    more = standing("more", [*GOOD.outcomes, outcome(7, 100)])
    (found,) = comparison(more, BAD).differences()
    assert found.first == "bad"  # by the mean of all its seeds
    assert list(found.seeds) == [0, 1, 2]
    assert found.mean == pytest.approx(-0.020)
    alone = standing("alone", [outcome(9, 980)])
    (found,) = comparison(alone, BAD).differences()
    assert list(found.seeds) == []
    assert found.over_seeds is None
    assert found.mean == pytest.approx(0.010)


def test_all_pairs_best_first() -> None:
    best = standing("best", [outcome(0, 999)])
    pairs = [(each.first, each.second) for each in comparison(BAD, GOOD, best).differences()]
    assert pairs == [("best", "good"), ("best", "bad"), ("good", "bad")]


def test_curves_of_different_lengths() -> None:
    uneven = standing("u", [outcome(0, 900, epochs=2), outcome(1, 900, epochs=3)])
    curve = uneven.curve("train_loss")
    assert curve.shape == (2, 3)
    assert np.isnan(curve[0, 2])
    assert curve[1].tolist() == pytest.approx([1, 1 / 2, 1 / 3])


def test_the_page_says_it() -> None:
    page = text_of(comparison_page.render(comparison(GOOD, BAD), "en"))
    assert "good recognises 99.00 % of the 1,000 test pictures, 2.00 points more than bad ." in page
    assert "99.00 ± 0.20 %" in page
    assert "99.00 · 98.80 · 99.20" in page
    assert "98.50 – 99.50" in page  # 0.99 ± 4.30265·0.002/√3
    assert "61,706 416,520 2.0 s" in page
    assert "+2.00 +1.75 to +2.25" in page
    assert re.search(r"\+2\.25 [^a-z]+ to [^a-z]+ clear", page)
    assert "not clear" not in page
    assert "prunelle compare a b" in page


def test_the_page_does_not_say_more_than_it_knows() -> None:
    page = text_of(comparison_page.render(comparison(GOOD, LIKE), "en"))
    assert re.search(
        r"\w+ \( 99\.00 % \) and \w+ \(99\.00 %\) cannot be told apart on these 1,000 test", page
    )
    assert "not clear" in page
    single = comparison(
        standing("a", [outcome(0, 990)]), standing("b", [outcome(0, 900)]), split="validation"
    )
    page = text_of(comparison_page.render(single, "en"))
    assert "Each network was trained with a single seed" in page
    assert "There is no test split" in page


def test_in_french() -> None:
    page = comparison_page.render(comparison(GOOD, BAD), "fr")
    assert '<html lang="fr">' in page
    said = text_of(page)
    assert "good reconnaît 99,00 % des 1 000 images de test, 2,00 points de plus que bad ." in said
    assert "nette" in said
    for english in ("Time per epoch", "Every training", "over seeds", "Means over"):
        assert english not in said


@pytest.mark.parametrize("key", sorted(TEXTS.keys() - SHARED.keys()))
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    names = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in (TEXTS[key].en, TEXTS[key].fr)
    ]
    assert names[0] == names[1]
    assert "'" not in TEXTS[key].fr  # the apostrophe of typography


def test_every_text_is_used() -> None:
    folder = Path(comparison_page.__file__).parent
    sources = "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in ("comparison_page.py", "comparison_figures.py", "templates/comparison.html")
    )
    figures_beside = {name for yardstick in YARDSTICKS.values() for name in yardstick.others}
    for key in TEXTS.keys() - SHARED.keys() - figures_beside:
        assert f'"{key}"' in sources or key.startswith(("judged_", "headline_", "verdict_")), key


def test_hostile_labels_stay_text() -> None:
    script = "<script>alert(1)</script>"
    page = comparison_page.render(comparison(standing(script, list(GOOD.outcomes)), BAD), "en")
    assert script not in page
    assert "&lt;script&gt;" in page


def dots(svg: str, variable: str) -> list[float]:
    """The places from left to right of the dots in a colour."""
    uses = [use for use in ET.fromstring(svg).iter("use") if f"fill: var({variable})" in use.get("style", "")]
    return sorted(float(use.get("x", "nan")) for use in uses)


def test_every_training_is_a_dot_at_its_accuracy() -> None:
    svg = figures.dots_svg(comparison(GOOD, BAD), ComparisonWords("en"))
    good, bad = dots(svg, "--blue"), dots(svg, "--orange")
    assert len(good) == len(bad) == 3
    # Places are linear in accuracy: 0.969, 0.970, 0.971 and 0.988, 0.990, 0.992.
    scale = (good[2] - good[0]) / 0.004
    assert good[1] - good[0] == pytest.approx(0.002 * scale, rel=1e-3)
    assert good[0] - bad[0] == pytest.approx(0.019 * scale, rel=1e-3)


@pytest.mark.parametrize("val", [True, False])
@pytest.mark.parametrize("epochs", [1, 3])
def test_the_picture(tmp_path: Path, val: bool, epochs: int) -> None:
    many = [
        standing(
            f"network {i} $x$", [outcome(seed, 900 + 5 * i + seed, val=val, epochs=epochs) for seed in (0, 1)]
        )
        for i in range(8)
    ]
    found = comparison(*many)
    figures.save_figure(found, tmp_path / "figures" / "c.png", ComparisonWords("fr"))
    with Image.open(tmp_path / "figures" / "c.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    for colour in ((0, 114, 178), (213, 94, 0), (0, 158, 115), (181, 87, 143), (185, 133, 0)):
        assert (np.abs(pixels - colour).max(axis=2) < 12).sum() > 40
    page = comparison_page.render(found, "fr")
    assert ("validation" in text_of(page).lower()) or not val


def test_a_network_without_known_cost_has_a_dash() -> None:
    unknown = dataclasses.replace(GOOD, contestant=dataclasses.replace(GOOD.contestant, multiply_adds=None))
    assert "61,706 – 2.0 s" in text_of(comparison_page.render(comparison(unknown, BAD), "en"))
