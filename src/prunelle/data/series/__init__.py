"""Labelled time series: the files they come in, and how they become what a network sees.

``container`` holds series of any lengths, ``preprocess`` says how they are prepared and ``prepare`` does it,
``augment`` changes training batches. ``ts``, ``arff``, ``npz``, ``wide`` and ``long`` parse files (``parsed``),
``reading`` knows which; ``sniff`` sees what a table shows, ``layout`` decides which column is what, ``classes`` what
labels are called. ``load`` makes a ``Data`` of them; ``kind`` is what the rest of the house calls.
"""
