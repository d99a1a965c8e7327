"""``tf.summary``: what a program writes for TensorBoard."""

from __future__ import annotations

from typing import Any

from prunelle.errors import ArgumentError
from prunelle.keras import summaries

SummaryWriter = summaries.Writer
create_file_writer = summaries.create_file_writer
create_noop_writer = summaries.create_noop_writer
flush = summaries.flush
graph = summaries.graph
histogram = summaries.histogram
image = summaries.image
record_if = summaries.record_if
scalar = summaries.scalar
should_record_summaries = summaries.should_record_summaries
text = summaries.text
trace_export = summaries.trace_export
trace_off = summaries.trace_off
trace_on = summaries.trace_on


class experimental:  # noqa: N801 (TensorFlow calls it so)
    """The step of summaries that name none."""

    get_step = staticmethod(summaries.get_step)
    set_step = staticmethod(summaries.set_step)


def FileWriter(*given: Any, **options: Any) -> None:  # noqa: N802 (TensorFlow calls it so)
    """TensorFlow 1's, which wrote what a session gave it; it is not there."""
    raise ArgumentError(
        "tf.summary's FileWriter, merge and merge_all are TensorFlow 1's: they write what a session runs, and there is "
        'none here. Write writer = tf.summary.create_file_writer(folder), and inside "with '
        'writer.as_default(step=step):" tf.summary.scalar(name, value).'
    )


merge = merge_all = FileWriter

__all__ = [
    *(
        "SummaryWriter",
        "create_file_writer",
        "create_noop_writer",
        "experimental",
        "flush",
        "graph",
        "histogram",
    ),
    *(
        "image",
        "record_if",
        "scalar",
        "should_record_summaries",
        "text",
        "trace_export",
        "trace_off",
        "trace_on",
    ),
]
