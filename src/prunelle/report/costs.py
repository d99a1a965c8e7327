"""What is said of the costs of answers, on the page, in the terminal and in a notebook, in English and French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunelle.texts import EN, Note, Typography
from prunelle.training.costs import Cost, CostFigures, Costs

TITLE = Note("What mistakes cost", "Ce que coûtent les erreurs")
HEAD = (
    Note("Answers", "Réponses"),
    Note("Mean cost", "Coût moyen"),
    Note("95 % interval", "Intervalle à 95 %"),
)
CORNER = Note("Truth ↓ Answer →", "Vérité ↓ Réponse →")
MATRIX = Note("The costs given", "Les coûts donnés")
MOST_SHOWN = 12
"""Classes whose costs are shown one by one."""

_ANSWERS = {
    "answers": Note("the most probable class", "la classe la plus probable"),
    "cheapest": Note("the class of least expected cost", "la classe de moindre coût attendu"),
    "constant": Note("always {name}", "toujours {name}"),
}
_MEAN = Note(
    "An answer costs {mean} on average (95 % interval {low} to {high}){constant}.",
    "Une réponse coûte {mean} en moyenne (intervalle à 95 % : {low} à {high}){constant}.",
)
_CONSTANT = {
    "less": Note(
        "; always answering {name}, the cheapest answer without a look, would cost {blind}",
        " ; répondre toujours {name}, la réponse la moins chère sans rien regarder, coûterait {blind}",
    ),
    "unknown": Note(
        ", which is not surely less than the {blind} of always answering {name}",
        ", ce qui n’est pas sûrement moins que {blind}, le coût d’une réponse toujours {name}",
    ),
    "more": Note(
        ", which is more than the {blind} of always answering {name}",
        ", ce qui est plus que {blind}, le coût d’une réponse toujours {name}",
    ),
}
_SAME = Note(
    "The answers of least expected cost ({how}) are the same.",
    "Les réponses de moindre coût attendu ({how}) sont les mêmes.",
)
_CHEAPEST = {
    "less": Note(
        "The answers of least expected cost ({how}) differ for {changed} of {n}, and cost less: {mean}, a "
        "difference of {gap} (95 % interval {low} to {high}).",
        "Les réponses de moindre coût attendu ({how}) diffèrent pour {changed} sur {n}, et coûtent moins : {mean}, une "
        "différence de {gap} (intervalle à 95 % : {low} à {high}).",
    ),
    "unknown": Note(
        "The answers of least expected cost ({how}) differ for {changed} of {n}, and cost {mean}; the "
        "difference of {gap} may be luck (95 % interval {low} to {high}).",
        "Les réponses de moindre coût attendu ({how}) diffèrent pour {changed} sur {n}, et coûtent {mean} ; la "
        "différence de {gap} peut être un hasard (intervalle à 95 % : {low} à {high}).",
    ),
    "more": Note(
        "The answers of least expected cost ({how}) differ for {changed} of {n}, and cost more: {mean}, a "
        "difference of {gap} (95 % interval {low} to {high}). Its probabilities are not to be reckoned with.",
        "Les réponses de moindre coût attendu ({how}) diffèrent pour {changed} sur {n}, et coûtent plus : {mean}, une "
        "différence de {gap} (intervalle à 95 % : {low} à {high}). Ses probabilités ne se prêtent pas au calcul.",
    ),
}
_HOW = {
    True: Note("calibrated probabilities times costs", "probabilités calibrées fois coûts"),
    False: Note(
        "probabilities times costs; no validation examples calibrated them",
        "probabilités fois coûts ; aucun exemple de validation ne les a calibrées",
    ),
}
_ASK = Note(
    "prunelle predict names these answers where --costs own asks for them.",
    "prunelle predict nomme ces réponses si on les demande par --costs own.",
)


def figures_of(metrics: Mapping[str, Any]) -> CostFigures | None:
    """Of a split of ``metrics.json``; None where nobody gave costs."""
    return None if metrics.get("costs") is None else CostFigures.from_json(metrics["costs"])


def sentences(figures: CostFigures, n: int, words: Typography = EN) -> list[str]:
    """What answers cost beside a constant answer, and what those of least expected cost would; ``n`` examples."""
    number, own, cheapest = words.number, figures.answers, figures.cheapest
    constant = words.note(
        _CONSTANT[_verdict(figures.over_constant)],
        name=figures.constant,
        blind=number(figures.constant_mean),
    )
    low, high = own.interval
    said = [words.note(_MEAN, mean=number(own.mean), low=number(low), high=number(high), constant=constant)]
    how = words.note(_HOW[figures.temperature is not None])
    if not figures.changed:
        return [*said, words.note(_SAME, how=how)]
    low, high = figures.over_answers.interval
    return [
        *said,
        words.note(
            _CHEAPEST[_verdict(figures.over_answers)],
            how=how,
            changed=words.integer(figures.changed),
            n=words.integer(n),
            mean=number(cheapest.mean),
            gap=number(figures.over_answers.mean),
            low=number(low),
            high=number(high),
        ),
    ]


def _verdict(difference: Cost) -> str:
    """Whether it is surely below 0."""
    low, high = difference.interval
    return "less" if high < 0 else "more" if low > 0 else "unknown"


def rows(figures: CostFigures, words: Typography) -> list[tuple[str, str, str]]:
    """A line for each way to answer: what it costs, and the interval."""
    to = words.note(Note("{low} to {high}", "{low} à {high}"))
    return [
        *(
            (
                words.note(_ANSWERS[name]),
                words.number(cost.mean),
                to.format(low=words.number(cost.interval[0]), high=words.number(cost.interval[1])),
            )
            for name, cost in (("answers", figures.answers), ("cheapest", figures.cheapest))
        ),
        (
            words.note(_ANSWERS["constant"], name=figures.constant),
            words.number(figures.constant_mean),
            "–",
        ),
    ]


def section(metrics: Mapping[str, Any], costs: Costs | None, words: Typography) -> dict[str, Any] | None:
    """What the report's section shows; None where nobody gave costs.

    Args:
        metrics: of the split that the report speaks of.
        costs: of the run; None, or too many classes, shows no matrix.
    """
    figures = figures_of(metrics)
    if figures is None:
        return None
    few = costs is not None and len(costs.classes) <= MOST_SHOWN
    return {
        "title": words.note(TITLE),
        "sentences": [*sentences(figures, metrics["n"], words), words.note(_ASK)],
        "head": [words.note(each) for each in HEAD],
        "rows": rows(figures, words),
        "caption": words.note(MATRIX),
        "corner": words.note(CORNER),
        "classes": costs.classes if costs is not None and few else (),
        "matrix": [[words.number(float(cost)) for cost in row] for row in costs.matrix]
        if costs is not None and few
        else [],
    }
