"""Labelled time series: the files they come in, and how they become what a network sees.

``container`` holds series of any lengths, ``preprocess`` prepares them, ``augment`` changes training batches. ``ts``,
``arff``, ``npz``, ``wide`` and ``long`` read files and give ``Found``; ``sniff`` sees what a table shows, ``layout``
decides which column is what, ``classes`` what labels are called. ``load`` makes a ``Data`` of them.
"""
