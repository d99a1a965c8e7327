"""What reports and the console say of the verdicts of ``training.verdicts``, in English and French.

A sentence is made where its verdict is known and nowhere else, so that the page, ``train`` and ``evaluate`` say the
same of the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prunelle.texts import EN, FR, Note, Typography
from prunelle.training.intervals import difference_interval, wilson_interval
from prunelle.training.verdicts import Calibration, Chance

_TAILS = {
    "above": Note("", ""),
    "within": Note(
        ", which is no better than chance as far as so many answers can tell: always answering {name} is right for "
        "{share}",
        ", ce qui n’est pas mieux que le hasard, pour autant que ces réponses permettent de le dire : répondre "
        "toujours {name} est juste pour {share}",
    ),
    "below": Note(
        ", which is worse than chance: always answering {name} is right for {share}",
        ", ce qui est moins bien que le hasard : répondre toujours {name} est juste pour {share}",
    ),
    "one class": Note(
        ", all of one class: that does not tell it from always answering {name}",
        ", toutes d’une seule classe : cela ne le distingue pas d’une réponse toujours {name}",
    ),
}
_INFORMED = Note(
    "; yet its answers agree with the truth more often than luck would have it",
    " ; ses réponses s’accordent pourtant avec la vérité plus souvent que par hasard",
)
_NOT_LEARNED = Note(
    "Nor does it recognise the examples it learned from better than chance ({accuracy}): it has not learned.",
    "Il ne reconnaît pas non plus mieux que le hasard les exemples sur lesquels il a appris ({accuracy}) : il n’a pas "
    "appris.",
)
_BLIND_LOSS = Note(
    "Its loss, {loss}, is no better than the {blind} of a blind guess, which gives each class its share as its "
    "probability.",
    "Sa perte, {loss}, ne vaut pas mieux que celle d’une réponse à l’aveugle, {blind}, qui donne à chaque classe sa "
    "part comme probabilité.",
)
_SURE = {
    "too sure": Note(
        "too sure of itself on the whole, by {gap} points (95 % interval {low} to {high})",
        "trop sûr de lui dans l’ensemble, de {gap} points (intervalle à 95 % : {low} à {high})",
    ),
    "too shy": Note(
        "not sure enough of itself on the whole, by {gap} points (95 % interval {low} to {high})",
        "trop peu sûr de lui dans l’ensemble, de {gap} points (intervalle à 95 % : {low} à {high})",
    ),
    "uneven": Note(
        "too sure of some answers and not sure enough of others, which only on the whole makes up for it",
        "trop sûr de certaines réponses et trop peu d’autres, ce qui ne s’équilibre que dans l’ensemble",
    ),
    "good": Note(
        "about as sure as it should be (the difference lies between {low} and {high} points, 95 %)",
        "à peu près aussi sûr qu’il devrait l’être (l’écart est entre {low} et {high} points, à 95 %)",
    ),
    "unknown": Note(
        "perhaps as sure as it should be, perhaps not: so few answers only tell that the difference lies between {low} "
        "and {high} points (95 %)",
        "peut-être aussi sûr qu’il devrait l’être, peut-être pas : si peu de réponses disent seulement que l’écart est "
        "entre {low} et {high} points (à 95 %)",
    ),
}
_SURENESS = Note(
    "With a mean confidence of {confidence} for an accuracy of {accuracy}, the network is {verdict}.",
    "Avec une confiance moyenne de {confidence} pour une exactitude de {accuracy}, le réseau est {verdict}.",
)
_ERROR = Note(
    "By groups of confidence the two differ by {error} points on average (expected calibration error, {bins} bins); "
    "with so many answers, luck alone makes up to {luck}.",
    "Par groupes de confiance, les deux diffèrent en moyenne de {error} points (erreur de calibration attendue, {bins} "
    "intervalles) ; avec autant de réponses, le hasard seul en fait jusqu’à {luck}.",
)
_BY_HEART = Note(
    "It recognises {train} of the examples it learned from, {gap} points more than of the {split} ones (95 % interval "
    "{low} to {high}): part of what it learned holds for those alone (overfitting).",
    "Il reconnaît {train} des exemples sur lesquels il a appris, {gap} points de plus que ceux de {split} (intervalle "
    "à 95 % : {low} à {high}) : une partie de ce qu’il a appris ne vaut que pour eux (surapprentissage).",
)
_EASIER = Note(
    "It recognises the {split} examples better than those it learned from, by {gap} points (95 % interval {low} to "
    "{high}), more than luck explains: they are easier, or the splits were not drawn from the same examples.",
    "Il reconnaît mieux les exemples de {split} que ceux sur lesquels il a appris, de {gap} points (intervalle à 95 %"
    " : {low} à {high}), plus que le hasard n’explique : ils sont plus faciles, ou les jeux ne viennent pas des mêmes "
    "exemples.",
)
_AHEAD = Note(
    "Validation looks better than training in {where}. Training figures are means over an epoch, while the network was "
    "still learning{hindered}; validation is measured at its end{free}.{luck}",
    "La validation paraît meilleure que l’entraînement {where}. Les résultats d’entraînement sont des moyennes sur une "
    "époque, pendant que le réseau apprenait encore{hindered} ; la validation est mesurée à la fin{free}.{luck}",
)
_WHERE = {
    True: Note("every epoch", "à chaque époque"),
    False: Note("{k} of {n} epochs", "à {k} des {n} époques"),
}
_HINDERED = {
    (False, False): Note("", ""),
    (True, False): Note(", with dropout on", ", avec dropout"),
    (False, True): Note(", on augmented examples", ", sur des exemples augmentés"),
    (True, True): Note(
        ", with dropout on and on augmented examples", ", avec dropout et sur des exemples augmentés"
    ),
}
_FREE = {False: Note("", ""), True: Note(", without", ", sans cela")}
_LUCK = Note(
    " With {n} validation examples, luck alone moves their accuracy by {points} points.",
    " Avec {n} exemples de validation, le hasard seul déplace leur exactitude de {points} points.",
)
SPLITS = {
    "train": Note("training", "entraînement"),
    "validation": Note("validation", "validation"),
    "test": Note("test", "test"),
}


def chance_tail(chance: Chance | None) -> Note:
    """What follows an accuracy, with its comma: a template of ``name`` and ``share``; empty above chance."""
    if chance is None:
        return _TAILS["above"]
    tail = _TAILS[chance.verdict]
    if chance.verdict in ("within", "below") and chance.informed:
        return Note(tail.en + _INFORMED.en, tail.fr + _INFORMED.fr)
    return tail


def chance_sentence(chance: Chance | None, words: Typography = EN) -> str:
    """``chance_tail``, filled, for the console."""
    if chance is None:
        return ""
    return words.note(chance_tail(chance), name=chance.name, share=words.percent(chance.accuracy, digits=2))


def not_learned(metrics: Mapping[str, Any], judged: str) -> Note | None:
    """That the training examples are not recognised either; None where they are, or where they were the judged ones.

    Args:
        metrics: the content of ``metrics.json``. judged: the split that speaks for the network.
    """
    ours, theirs = (chance_of(metrics, split) for split in (judged, "train"))
    if judged == "train" or not (ours and theirs):
        return None
    at_chance = all(one.verdict in ("within", "below") and not one.informed for one in (ours, theirs))
    return (
        _filled(_NOT_LEARNED, accuracy=lambda t: t.percent(metrics["train"]["accuracy"]))
        if at_chance
        else None
    )


def blind_loss(loss: float, chance: Chance | None) -> Note | None:
    """That the loss is no better than a blind guess's; None where it is, or where all pictures are of one class."""
    if chance is None or chance.loss_better or chance.verdict == "one class":
        return None
    return _filled(_BLIND_LOSS, loss=lambda t: t.decimal(loss, 4), blind=lambda t: t.decimal(chance.loss, 4))


def sureness(estimate: Calibration, confidence: float, accuracy: float, bins: int = 15) -> tuple[Note, Note]:
    """Whether a network is as sure as it should be; and its expected calibration error beside what luck makes.

    Args:
        confidence, accuracy: means, in [0, 1]. bins: of the error.
    """
    low, high = estimate.interval
    signed = estimate.verdict in ("good", "unknown")
    if estimate.verdict == "too shy":
        low, high = -high, -low
    verdict = _filled(
        _SURE[estimate.verdict],
        gap=lambda t: t.decimal(100 * abs(estimate.gap), 1),
        low=lambda t: t.points(low, signed=signed),
        high=lambda t: t.points(high, signed=signed),
    )
    sureness_note = _filled(
        _SURENESS,
        confidence=lambda t: t.percent(confidence),
        accuracy=lambda t: t.percent(accuracy),
        verdict=lambda t: t.note(verdict),
    )
    error = _filled(
        _ERROR,
        error=lambda t: t.decimal(100 * estimate.error, 1),
        luck=lambda t: t.decimal(100 * estimate.luck, 1),
        bins=lambda _: str(bins),
    )
    return sureness_note, error


def by_heart(metrics: Mapping[str, Any], judged: str) -> Note | None:
    """The difference between the training examples and those judged, where luck does not explain it.

    Args:
        metrics: the content of ``metrics.json``: figures of the same weights on both splits.
        judged: the split that speaks for the network.
    """
    if judged == "train" or not all(metrics.get(split) for split in ("train", judged)):
        return None
    counts = [(round(m["accuracy"] * m["n"]), m["n"]) for m in (metrics["train"], metrics[judged])]
    low, high = difference_interval(*counts)
    if low <= 0 <= high:
        return None
    gap = metrics["train"]["accuracy"] - metrics[judged]["accuracy"]
    if gap < 0:
        low, high = -high, -low
    return _filled(
        _BY_HEART if gap > 0 else _EASIER,
        train=lambda t: t.percent(metrics["train"]["accuracy"]),
        gap=lambda t: t.points(abs(gap)),
        low=lambda t: t.points(low),
        high=lambda t: t.points(high),
        split=lambda t: t.note(SPLITS[judged]),
    )


def validation_ahead(
    results: Sequence[Mapping[str, float | None]], *, n: int, dropout: bool, augmented: bool
) -> Note | None:
    """Why validation is drawn above training; None where it is not.

    Args:
        results: the lines of ``results.csv``.
        n: number of validation examples.
        dropout, augmented: training had to do with them.
    """
    ahead = [row for row in results if _ahead(row, "accuracy", 1) or _ahead(row, "loss", -1)]
    if not ahead:
        return None
    where, luck = _WHERE[len(ahead) == len(results)], Note("", "")
    accuracy = ahead[-1].get("val_accuracy")
    within = ahead[-1].get("train_accuracy")
    if n and accuracy is not None and within is not None:
        low, high = wilson_interval(round(accuracy * n), n)
        if low <= within <= high:
            luck = _filled(_LUCK, n=lambda t: t.integer(n), points=lambda t: "±" + t.points((high - low) / 2))
    return _filled(
        _AHEAD,
        where=lambda t: t.note(where).format(k=t.integer(len(ahead)), n=t.integer(len(results))),
        hindered=lambda t: t.note(_HINDERED[dropout, augmented]),
        free=lambda t: t.note(_FREE[dropout or augmented]),
        luck=lambda t: t.note(luck),
    )


def _ahead(row: Mapping[str, float | None], name: str, sign: int) -> bool:
    ours, theirs = row.get(f"val_{name}"), row.get(f"train_{name}")
    return ours is not None and theirs is not None and sign * (ours - theirs) > 0


def chance_of(metrics: Mapping[str, Any], split: str) -> Chance | None:
    """Of a split of ``metrics.json``; None where it was written before there was such an entry."""
    values = (metrics.get(split) or {}).get("chance")
    return None if values is None else Chance(**values)


def _filled(template: Note, **values: Any) -> Note:
    """Each value is a function of the language's typography."""
    return Note(
        *(
            one.format(**{name: value(typography) for name, value in values.items()})
            for one, typography in ((template.en, EN), (template.fr, FR))
        )
    )
