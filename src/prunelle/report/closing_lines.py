"""What the terminal says of a training that is done: how good it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.data.kinds import kind_of_shape
from prunelle.report import judgement
from prunelle.runs import judging
from prunelle.texts import quoted

# Photos a class up to which weights learned elsewhere are worth more than some points (docs/lab/results.md).
_FEW = 500


def finished_text(metrics: Mapping[str, Any]) -> str:
    """``Test accuracy: 98.33 % (95 % interval 95.2 to 99.4 %) on 180 examples``, and what it is beside chance."""
    split = next(name for name in ("test", "validation", "train") if name in metrics)
    judged = metrics[split]
    low, high = judged["interval"]
    learned = judging.learned_note(judged)
    return (
        f"{split.capitalize()} accuracy: {judged['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}) on "
        f"{judged['n']:,} examples{judgement.chance_told(judgement.chance_of(metrics, split))}"
        f"{'' if learned is None else f'. {learned}'}"
    )


def next_text(path: Path, info: Mapping[str, Any]) -> str:
    """What can be done with a finished run; and with few photos that a network learned from nothing.

    Args:
        info: the content of its ``run.json``.
    """
    shape, num_classes = info["network"]["input_shape"], info["network"]["num_classes"]
    kind = kind_of_shape(tuple(shape))
    run, example = quoted(path), kind.one.en.upper() if kind else "FILE"
    text = f"Next: prunelle predict {run} {example}, or prunelle look {run} {example} --output looks"
    pretrained = kind.pretrained if kind and shape[0] == 3 else None  # published weights are of colours
    reused = info["network"].get("weights") is not None or info.get("transfer") is not None
    number = info["data"]["counts"]["train"]
    if pretrained is not None and not reused and number < _FEW * num_classes:
        source = info["data"]["source"]
        command = ["prunelle", "train", source["data"]]
        if source.get("labels") is not None:
            command += ["--labels", source["labels"]]
        command += ["--network", pretrained, "--weights", "imagenet", "--strategy", "auto"]
        text += (
            f"\n{number:,} photos are few to learn from nothing; reuse what a network has learned: "
            f"{' '.join(map(quoted, command))}"
        )
    return text
