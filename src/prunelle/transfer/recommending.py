"""Which of the strategies that were tried is recommended, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from prunelle.data.targets import Target
from prunelle.shown import Shown
from prunelle.texts import EN, FR, Note
from prunelle.transfer.strategies import Strategy
from prunelle.transfer.trial import NAMES, Trial

MANY = 500
"""Pictures of the rarest class (with the rarest label, in a tenth of the numbers) from which there are many: enough to
change all layers and learn few by heart."""

_FEATURES_TRIED = (
    "nothing that was tried does clearly better, and it is the quickest",
    "rien de ce qui a été essayé ne fait nettement mieux, et c’est le plus rapide",
)
_FEATURES_ALONE = (
    "it learns least by heart, and is the quickest",
    "c’est ce qui apprend le moins par cœur, et le plus rapide",
)


@dataclasses.dataclass(frozen=True)
class Advice(Shown):
    """What to do, and why.

    Attributes:
        strategy: recommended.
        trials: probes first, from the lowest stage to the last features; then trainings.
        fewest: training pictures of what there are fewest of: see ``Target.fewest``.
        similar: the last features are the best, so these pictures are like those the weights were learned on.
        notes: reasons, and figures.
    """

    strategy: Strategy
    trials: tuple[Trial, ...]
    fewest: int
    similar: bool
    notes: tuple[Note, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``run.json``."""
        return {
            "strategy": self.strategy.to_json(),
            "fewest": self.fewest,
            "similar": self.similar,
            "notes": [dataclasses.asdict(note) for note in self.notes],
            "trials": [trial.to_json() for trial in self.trials],
        }


def untried(last: str, fewest: int) -> Advice:
    """Where nothing can be left out to judge by.

    Args:
        last: the stage of the last features. fewest: as of ``Advice``.
    """
    chosen = Strategy(name="features", stage=last, head="linear")
    note = Note(
        "There are too few training pictures to leave any out and measure: a classifier on the last features is what "
        "learns least by heart.",
        "Il y a trop peu d’images d’entraînement pour en mettre de côté et mesurer : un classifieur sur les dernières "
        "sorties est ce qui apprend le moins par cœur.",
    )
    return Advice(chosen, (), fewest, True, (note,))


def recommended(
    trials: Sequence[Trial], unaffordable: Sequence[Strategy], fewest: int, target: Target
) -> Advice:
    """The cheapest strategy that none clearly beats; of many pictures, that none beats.

    Args:
        trials: at least one probe, from the lowest stage to the last features; then trainings.
        unaffordable: what would have been tried, too.
        fewest: as of ``Advice``. target: of the pictures.
    """
    probes = [trial for trial in trials if trial.probe]
    # From the last features backwards: an earlier stage must be clearly better.
    best = probes[-1]
    for probe in reversed(probes):
        if probe.clearly_beats(best):
            best = probe
    similar, chosen_trial = best is probes[-1], best
    many = fewest >= MANY
    for trial in trials:
        # Of many pictures, training learns more than classifiers on features do: being ahead at all is enough.
        ahead = many and trial.ahead(chosen_trial)
        if not trial.probe and (ahead or trial.clearly_beats(chosen_trial)):
            chosen_trial = trial
    chosen = chosen_trial.strategy
    if not any(not trial.probe for trial in trials) and many:
        # Nothing could be tried, and there are pictures enough: the textbook's advice.
        chosen = next(s for s in unaffordable if s.name == ("partial" if similar else "full"))
    of = target.fewest_of
    notes = [
        _case(
            Note(
                f"{'Many' if many else 'Few'} pictures ({EN.integer(fewest)} {of.en})",
                f"{'Beaucoup' if many else 'Peu'} d’images ({FR.integer(fewest)} {of.fr})",
            ),
            best,
            probes[-1],
        ),
        _choice(chosen, chosen_trial, trials, best),
    ]
    if unaffordable:
        names = ", ".join(strategy.name for strategy in unaffordable)
        notes.append(Note(f"Too long to try here: {names}.", f"Trop long à essayer ici : {names}."))
    yardstick = best.yardstick
    compared = Note(
        f"Compared by {yardstick.name.en}, {yardstick.paired.en}.",
        f"Comparaison par {yardstick.name.fr}, {yardstick.paired.fr}.",
    )
    said = (*notes, *(trial.as_note() for trial in trials), compared)
    return Advice(chosen, tuple(trials), fewest, similar, said)


def _between(trial: Trial, interval: tuple[float, float]) -> tuple[str, str]:
    """The interval of a gain, and that it may be luck where it may."""
    bare, sure = trial.yardstick.bare, interval[0] > 0
    (low_en, low_fr), (high_en, high_fr) = ((bare(end, EN), bare(end, FR)) for end in interval)
    return (
        f"(95 % interval {low_en} to {high_en}{'' if sure else '; it may be luck'})",
        f"(intervalle à 95 % : {low_fr} à {high_fr}{'' if sure else ' ; ce peut être un hasard'})",
    )


def _gain(trial: Trial, gap: float) -> tuple[str, str]:
    """``2.4 points``."""
    yardstick = trial.yardstick
    return (
        f"{yardstick.bare(gap, EN)}{yardstick.unit.en}",
        f"{yardstick.bare(gap, FR)}{yardstick.unit.fr}",
    )


def _case(amount: Note, best: Trial, last: Trial) -> Note:
    if best is last:
        return Note(
            f"{amount.en}, similar to what the weights were learned on, as far as these tell: no earlier stage is "
            f"clearly better than the last.",
            f"{amount.fr}, semblables à celles dont viennent les poids, pour autant qu’elles le disent : aucune étape "
            f"plus basse n’est nettement meilleure que la dernière.",
        )
    gap, interval = best.lead(last)
    (gain_en, gain_fr), (en, fr) = _gain(best, gap), _between(best, interval)
    sure = interval[0] > 0
    return Note(
        f"{amount.en}, {'' if sure else 'perhaps '}different from what the weights were learned on: an earlier stage "
        f"is better than the last, by {gain_en} {en}.",
        f"{amount.fr}, {'' if sure else 'peut-être '}différentes de celles dont viennent les poids : une étape plus "
        f"basse est meilleure que la dernière, de {gain_fr} {fr}.",
    )


def _choice(chosen: Strategy, trial: Trial, trials: Sequence[Trial], best: Trial) -> Note:
    en, fr = NAMES[chosen.name]
    where = chosen.stage or chosen.freeze or ""
    tried = any(not other.probe for other in trials)
    if chosen is not trial.strategy:
        why = (
            "pictures enough to do so, though it was not tried",
            "assez d’images pour cela, sans l’avoir essayé",
        )
    elif chosen.name == "features":
        why = _FEATURES_TRIED if tried else _FEATURES_ALONE
    else:
        gap, interval = trial.lead(best)
        (gain_en, gain_fr), (en_interval, fr_interval) = _gain(trial, gap), _between(trial, interval)
        why = (
            f"{gain_en} better than a classifier on features {en_interval}",
            f"{gain_fr} de mieux qu’un classifieur sur des sorties {fr_interval}",
        )
    return Note(
        f"Recommended: {chosen.options()}. {en.format(where)}: {why[0]}.",
        f"Conseil : {chosen.options()}. {fr.format(where)} : {why[1]}.",
    )
