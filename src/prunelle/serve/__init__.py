"""A network that answers over HTTP: ``prunelle serve``.

A request goes through ``connection`` (how long a head may take, how many there may be), ``door`` (whose it is),
``application`` (what there is), ``bodies`` (the examples in it) and ``batching`` (which puts those of many requests
together). All that any of them may take is in ``limits``. What answers is ``tasks.answerer``.
"""
