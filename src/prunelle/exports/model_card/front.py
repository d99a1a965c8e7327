"""The front matter of a card: what the hub, and programs that read it, look for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prunelle.exports.model_card.written import Written
from prunelle.texts import Language

LICENCES = frozenset(
    (
        *(
            "afl-3.0",
            "agpl-3.0",
            "apache-2.0",
            "artistic-2.0",
            "bsd",
            "bsd-2-clause",
            "bsd-3-clause",
            "bsl-1.0",
        ),
        *("cc", "cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-4.0"),
        *("cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "ecl-2.0", "epl-2.0", "eupl-1.2", "gpl", "gpl-2.0"),
        *("gpl-3.0", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "ncsa", "openrail"),
        *("osl-3.0", "pddl", "unlicense", "wtfpl", "zlib"),
    )
)
"""What the hub calls those that it knows."""

_LIBRARIES = {"onnx": "onnx", "pt2": "pytorch"}
_TASKS = {
    ("pictures", "class"): "image-classification",
    ("pictures", "labels"): "image-classification",
}
"""The hub's names, by the kind of data and of target; it has none for others."""
_METRICS = {
    "class": (
        ("accuracy", "accuracy", "interval"),
        ("accuracy", "top_5_accuracy", "top_5_interval"),
        ("accuracy", "balanced_accuracy", "balanced_interval"),
    ),
    "labels": (
        ("mean_average_precision", "mean_average_precision", "mean_average_precision_interval"),
        ("f1", "micro_f1", "micro_f1_interval"),
        ("f1", "macro_f1", "macro_f1_interval"),
    ),
    "number": (
        ("mae", "mean_absolute_error", "interval"),
        ("r_squared", "r2", "r2_interval"),
    ),
}
"""By the kind of target: the hub's name, the figure's and its interval's in ``metrics.json``."""


def front(written: Written, language: Language) -> str:
    """The block of YAML, with its ``---``."""
    from huggingface_hub import ModelCardData

    subject, facts = written.subject, written.subject.facts
    task = _TASKS.get((subject.kind, subject.target.kind), "other")
    results = list(_results(written, task))
    about: dict[str, Any] = {
        **_licence(facts.licence),
        "language": language,
        "library_name": _LIBRARIES.get(written.format, "prunelle"),
        "pipeline_tag": task,
        "tags": _tags(written),
        **({} if facts.data is None else {"datasets": [facts.data]}),
        **({"eval_results": results, "model_name": subject.name} if results else {}),
    }
    data = ModelCardData(**about)
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---"


def _tags(written: Written) -> list[str]:
    subject = written.subject
    tags = ["prunelle", subject.facts.network, subject.kind, subject.target.task]
    return tags if written.quantize is None else [*tags, written.quantize]


def _licence(name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    known = name.strip().lower()
    return {"license": known} if known in LICENCES else {"license": "other", "license_name": name}


def _results(written: Written, task: str) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    subject, facts = written.subject, written.subject.facts
    if facts.judged is None:
        return
    figures = facts.figures[facts.judged]
    for hubs, name, interval in _METRICS[subject.target.kind]:
        if figures.get(name) is None or (name == "balanced_accuracy" and "per_class" not in figures):
            continue  # of balanced classes that is the accuracy
        low, high = figures[interval]
        yield EvalResult(
            task_type=task,
            dataset_type=facts.data or "other",
            dataset_name=facts.data or "other",
            dataset_split=facts.judged,
            metric_type=hubs,
            metric_name=name.replace("_", " "),
            metric_value=figures[name],
            metric_args={"n": figures["n"], "interval_95_low": low, "interval_95_high": high},
        )
