"""The cards of what networks answer: predictions, an evaluation, advice, a comparison, shots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prunelle.cards import labels_answers, numbers_answers
from prunelle.cards.answered import AnswersTable, answered_picture
from prunelle.drawing import card
from prunelle.report import beside, comparison_page, costs, judgement, label_change
from prunelle.report.shots import NUMBERS, Shots
from prunelle.report.words import Words
from prunelle.runs import judging
from prunelle.runs.comparison import Comparison
from prunelle.runs.predictions import Prediction, Predictions
from prunelle.runs.retrained import Retrained
from prunelle.texts import Note, default_language, visible
from prunelle.training.metrics import Evaluation
from prunelle.training.verdicts import against_chance, calibration
from prunelle.transfer.recommending import Advice
from prunelle.transfer.trial import Trial

_PREDICTIONS = Note("Answers: {n}", "Réponses : {n}")
_MORE = Note("… and {n} more.", "… et {n} de plus.")
_SECOND = Note("Second", "Deuxième")
_EVALUATION = Note("Evaluation", "Évaluation")
_RIGHT = Note(
    "{accuracy} of {judged} are right (95 % interval {interval}){chance}.",
    "{accuracy} de réponses justes sur {judged} (intervalle à 95 % : {interval}){chance}.",
)
_WORST = Note(
    "The {most} of {n} classes with the lowest recall:", "Les {most} classes au rappel le plus bas, sur {n} :"
)
_TAKEN = Note("{n} × {truth} taken for {answer}", "{n} × {truth}, pris pour {answer}")
_ADVICE = Note("Advice", "Conseil")
_ADVISED = Note("Recommended: {strategy}", "Recommandé : {strategy}")
_TRIED, _JUDGED_ON = Note("Tried", "Essayé"), Note("Pictures", "Images")
_TO = Note("{low} to {high}", "{low} à {high}")
_SHOTS = Note("{figure} against pictures to learn from", "{figure} selon le nombre d’images à apprendre")
_STRATEGY = Note("Strategy", "Stratégie")
_FOLDER = Note("Folder", "Dossier")

MOST_PICTURES, MOST_ANSWERS, MOST_CLASSES, MOST_PAIRS = 12, 40, 20, 5


def prediction(shown: Prediction) -> str:
    """The picture, and how probable each class is."""
    words = Words(default_language())
    if shown.error is not None:
        parts = [card.sentence(words.reason(shown.error), strong=True)]
    else:
        rows = [(name, share, words.percent(share)) for name, share in shown.top]
        parts = [card.row([answered_picture(shown.file, ""), card.shares(rows)])]
    return card.card(shown.file, parts, words.language)


def predictions(shown: Predictions) -> str:
    """The first pictures with their answers, then a line each."""
    words = Words(default_language())
    table = _TABLES[shown[0].kind if shown else "class"]
    pictures = (
        answered_picture(each.file, table.caption(each, words))
        for each in shown[:MOST_PICTURES]
        if each.error is None
    )
    rest = len(shown) - MOST_ANSWERS
    rows = [
        table.row(each, words)
        if each.error is None
        else (each.file, words.reason(each.error), *[""] * (len(table.head(words)) - 2))
        for each in shown[:MOST_ANSWERS]
    ]
    parts = [
        card.row(pictures),
        card.table(table.head(words), rows, numbers=table.numbers),
        card.sentence(words.note(_MORE, n=words.integer(rest)), muted=True) if rest > 0 else "",
    ]
    return card.card(words.note(_PREDICTIONS, n=words.integer(len(shown))), parts, words.language)


def _caption(shown: Prediction, words: Words) -> str:
    return f"{visible(shown.top[0][0])} ({words.percent(shown.top[0][1])})"


def _head(words: Words) -> list[str]:
    return [words("file"), words("answer"), words("confidence"), words.note(_SECOND), words("confidence")]


def _row(shown: Prediction, words: Words) -> tuple[str, ...]:
    (first, share), (second, other) = (*shown.top, ("", None), ("", None))[:2]
    return shown.file, first, words.percent(share), second, "" if other is None else words.percent(other)


_TABLES: Mapping[str, AnswersTable] = {
    "class": AnswersTable(caption=_caption, head=_head, row=_row, numbers=(2, 4)),
    "labels": labels_answers.TABLE,
    "number": numbers_answers.TABLE,
}
"""By the kind of target."""


def evaluation(shown: Evaluation) -> str:
    """How many are right, and which classes are hard: the sentences of ``prunelle evaluate`` and of the report."""
    words = Words(default_language())
    return card.card(
        words.note(_EVALUATION), _evaluated(shown, words), words.language, kind=words(shown.split)
    )


def _evaluated(shown: Evaluation, words: Words) -> Iterator[str]:
    chance, figures = against_chance(shown), shown.summary()
    right = words.note(
        _RIGHT,
        accuracy=words.percent(shown.accuracy),
        judged=words.note(judging.judged_on(shown)),
        interval=words.interval(*shown.interval),
        chance=judgement.chance_sentence(chance, words) + beside.balanced_sentence(figures, chance, words),
    )
    yield card.sentence(right)
    if top_5 := beside.top_5(figures, words):
        yield card.sentence(top_5)
    notes = list(judging.notes_of(shown))
    if (blind := judgement.blind_loss(shown.loss, chance)) is not None:
        notes.append(blind)
    if sure := calibration(shown):
        notes += judgement.sureness(sure, float(shown.confidence.mean()), shown.accuracy)
    yield card.listed([words.note(note) for note in notes])
    if shown.cost_figures is not None:
        yield card.listed(costs.sentences(shown.cost_figures, shown.n, words))
    yield card.facts(
        [(words("loss"), words.decimal(shown.loss, 4)), (words("pictures"), words.integer(shown.n))]
    )
    scores = sorted(shown.per_class(), key=lambda score: (score.support == 0, score.recall))
    if len(scores) > MOST_CLASSES:
        worst = words.note(_WORST, most=MOST_CLASSES, n=words.integer(len(scores)))
        yield card.sentence(worst, muted=True)
    yield card.table(
        [words(each) for each in ("class", "recall", "interval", "precision", "f1", "pictures")],
        [
            (
                score.name,
                words.percent(score.recall),
                words.interval(*score.recall_interval) if score.support else "–",
                *(words.percent(value) for value in (score.precision, score.f1)),
                words.integer(score.support),
            )
            for score in scores[:MOST_CLASSES]
        ],
        numbers=(1, 2, 3, 4, 5),
    )
    yield card.listed(
        [
            words.note(_TAKEN).format(n=words.integer(count), truth=visible(truth), answer=visible(answer))
            for truth, answer, count in shown.most_confused(MOST_PAIRS)
        ]
    )


def retrained(shown: Retrained) -> str:
    """What corrected labels changed: the table and the sentences of the report."""
    words = Words(default_language())
    head = [words.note(column) for column in label_change.head(shown.change)]
    parts = [
        card.table(head, label_change.rows(shown.change, words), numbers=tuple(range(1, len(head)))),
        card.listed(list(label_change.sentences(shown.change, words))),
        card.facts([(words.note(_FOLDER), str(shown.run.path))]),
    ]
    return card.card(words.note(label_change.TITLE), parts, words.language)


def advice(shown: Advice) -> str:
    """What to do, why, and what was tried."""
    words = Words(default_language())
    parts = [
        card.sentence(
            card.filled(words.note(_ADVISED), strategy=card.code(shown.strategy.name)), strong=True
        ),
        card.listed([words.note(note) for note in shown.notes]),
        card.table(
            [words.note(_TRIED), *_trial_heads(shown, words), words("interval"), words.note(_JUDGED_ON)],
            [_trial(trial, words) for trial in shown.trials],
            numbers=(1, 2, 3),
        ),
    ]
    return card.card(words.note(_ADVICE), parts, words.language)


def _trial_heads(shown: Advice, words: Words) -> list[str]:
    """What the trials were compared by; there may be none."""
    return [words(trial.yardstick.figure) for trial in shown.trials[:1]] or [words("accuracy")]


def _trial(trial: Trial, words: Words) -> tuple[str, ...]:
    where, written = trial.strategy.stage or trial.strategy.freeze, trial.yardstick.written
    return (
        trial.strategy.name if where is None else f"{trial.strategy.name}, {where}",
        written(trial.value, words),
        words.note(_TO, low=written(trial.interval[0], words), high=written(trial.interval[1], words)),
        words.integer(trial.answers.n),
    )


def comparison(shown: Comparison) -> str:
    """What each network reaches, and which differences are real: the report's two tables."""
    words = comparison_page.words_of(shown, default_language())
    differences = shown.differences()
    seeds = {outcome.seed for standing in shown.standings for outcome in standing.outcomes}
    standings = [comparison_page.standing_row(i, each, words) for i, each in enumerate(shown.standings)]
    pairs = [comparison_page.difference_row(each, shown.yardstick, words) for each in differences]
    figure = shown.yardstick.figure
    parts = [
        card.sentence(comparison_page.headline(shown, differences[0], words)) if differences else "",
        card.table(
            [
                words(each)
                for each in ("network", figure, "mean_interval", "loss", "parameters", "epoch_time")
            ],
            _columns(standings, ("label", "figure", "interval", "loss", "parameters", "seconds")),
            numbers=(1, 2, 3, 4, 5),
        ),
        card.table(
            [words(each) for each in ("better", "than", "points", "over_seeds", "over_pictures", "verdict")],
            _columns(pairs, ("first", "second", "points", "over_seeds", "over_pictures", "verdict")),
            numbers=(2, 3, 4),
        )
        if pairs
        else "",
        card.listed(comparison_page.caveats(shown, seeds, words)),
        card.facts([(words("report"), card.code(str(shown.path / "report.html")))]),
    ]
    return card.card(words("comparison"), parts, words.language, kind=str(shown.info["data"]["name"]))


def _columns(rows: Sequence[dict[str, object]], names: Sequence[str]) -> list[list[object]]:
    return [[row[name] for name in names] for row in rows]


def shots(shown: Shots) -> str:
    """A row a strategy, a column a number of pictures."""
    words = Words(default_language())
    numbers = sorted({number for _, number, _, _ in shown.rows})
    rows = []
    for strategy in shown.strategies:
        curve = shown.curve(strategy)
        rows.append((strategy, *(shown.cell(curve[n], words) if n in curve else "" for n in numbers)))
    parts = [
        card.table(
            [words.note(_STRATEGY), *(words.note(NUMBERS[shown.kind], n=words.integer(n)) for n in numbers)],
            rows,
            numbers=range(1, len(numbers) + 1),
        ),
        card.facts([(words.note(_FOLDER), card.code(str(shown.path)))]),
    ]
    kind = words.note(_SHOTS, figure=words(shown.yardstick.figure))
    return card.card(shown.data_name, parts, words.language, kind=kind)
