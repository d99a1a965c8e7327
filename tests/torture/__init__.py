"""A campaign against Prunelle: kills, full and failing disks, flipped bits, damaged and hostile files.

::

    make torture                                              500 kills and 10,000 files: under an hour on two cores
    make torture ARGS="--kills 50 --files 500 --seed 3"       a smaller one, another one
    make torture ARGS="--verbs train,compare --files 0"       of some commands
    make torture ARGS="--seed 3 --only kill:train-folder:7"   one trial again

It drives the command line and judges by what a user sees: streams, exit status, files. It knows nothing of how
Prunelle works, but for the names of the files of a run folder. What fails goes to ``build/torture/failures``, a folder
a trial: the files that were read, or the folders as the fault left them and as they were at the end, and ``what.txt``
with every word and the command that plays the trial again. Everything in a trial follows from its name and the seed.

Kinds of trials:

- ``kill``: SIGKILL before, after or in the middle of a call that changes a file, spread evenly over each command
  (``scenarios.py``). Then the next step is typed: the line that was printed, the same command, or ``--resume``. It
  must succeed, a training must end in the same weights and figures as one that nothing befell (on this machine), no
  temporary file may be left, and no run of before may be touched.
- ``fail``: the same for a disk that is full (ENOSPC, EDQUOT) or fails (EIO), once or from then on, for too many open
  files (EMFILE), and for writes that are cut short. The command may fail, with a sentence.
- ``signal``: the same for SIGINT and SIGTERM.
- ``flip``: bits flipped, blocks zeroed, ends cut in a state, weights, caches and tables of Prunelle's own
  (``flipping.py``). Refused, or repaired, or the right results all the same: never others.
- ``file``: pictures, tables, archives and weight files that are damaged, that lie in their headers, that unpack to far
  more than they are, under odd names (``hostile_*.py``), given to every command that reads them (``reading.py``). An
  answer or a sentence; no traceback, no signal, no control character on the terminal; at most 600 MB more than a good
  file takes. More than 3 s of CPU beyond it is counted as slow.

How: ``shim.c``, loaded with LD_PRELOAD, counts the calls of one process that touch files below one folder, and strikes
at the n-th. ``worker.py`` imports torch and Prunelle once and forks each victim (``victim.py``), so that a trial costs
what the command itself costs. ``campaign.py`` hands trials to workers. The short form, ``test_torture.py``, runs in the
suite.
"""
