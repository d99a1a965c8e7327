"""One function a verb. The command line, the page and Python call these; nothing else does the work."""

from prunelle.tasks.answering import evaluate, predict
from prunelle.tasks.choosing import choose_recipe, fast_recipe, named_recipe
from prunelle.tasks.describing import describe
from prunelle.tasks.loading import MEMORY_BUDGET
from prunelle.tasks.training import train
from prunelle.tasks.weights import Pretrained, download_weights, pretrained

__all__ = [
    "MEMORY_BUDGET",
    "Pretrained",
    "choose_recipe",
    "describe",
    "download_weights",
    "evaluate",
    "fast_recipe",
    "named_recipe",
    "predict",
    "pretrained",
    "train",
]
