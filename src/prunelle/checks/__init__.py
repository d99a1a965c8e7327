"""What is odd about labelled examples, and what to do about it: a module a question, each gives findings.

``checks.check`` is their contract, ``checks.list`` names them, ``Inspected`` is what they look at, ``Finding`` what
they say. No file is read here: examples come decoded,
features computed.
"""
