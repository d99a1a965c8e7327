"""Labelled time series: the files they come in, and how they become what a network sees.

``container`` holds series of any lengths, ``preprocess`` prepares them, ``augment`` changes training batches. ``ts``,
``arff``, ``npz``, ``wide`` and ``long`` read files and give ``Found``; ``layout`` decides which column of a table is
what, ``classes`` what its labels are called. ``load`` makes a ``Data`` of them.
"""
