"""What is only there for speed, behind three entrances: ``training_pass``, ``accelerated`` and ``predictor``.

Everything in this package could be taken out, and the same would be computed, more slowly. Nothing outside imports
another module of it (``tests/contract/test_fast.py``). ``docs/lab/performance.md`` has what each part brings.

Training (``training_pass``): ``acceleration`` replaces runs of layers by one node of autograd (``chain``);
``passes`` has a forward and backward pass captured after a hundred alike, on a CPU as a TorchScript program
(``script``), on a GPU as a CUDA graph (``cuda_graph``). Who takes gradients himself has ``accelerated`` alone.

Answering (``predictor``, and ``answering`` for a traced trunk): ``prediction`` decides whether a copy pays: folded,
with wide convolutions by ``winograd``, and compiled.
"""

from prunelle.training.fast.acceleration import accelerated
from prunelle.training.fast.passes import TrainingPass, training_pass
from prunelle.training.fast.prediction import Compile, Predictor, predictor
from prunelle.training.fast.winograd import with_winograd as answering

__all__ = ["Compile", "Predictor", "TrainingPass", "accelerated", "answering", "predictor", "training_pass"]
