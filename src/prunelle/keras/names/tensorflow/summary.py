"""``tf.summary``: what a program writes for TensorBoard."""

from __future__ import annotations

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
