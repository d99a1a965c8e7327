"""Labelled time series: the files they come in, and how they become what a network sees.

``container`` holds series of any lengths, ``preprocess`` prepares them, ``augment`` changes training batches,
``ts`` and ``tables`` read files, ``load`` makes a ``Data`` of them.
"""
