"""A network taken away: files that answer without Prunelle, and what was checked of them.

``subject.py`` is what is taken away, ``format.py`` the contract of a format, ``formats.py`` the list; ``inputs/`` has
what stands before the network for each kind of data, ``checking.py`` holds a file's answers against the network's own.
"""
