"""One function a verb. The command line, the page and Python call these; nothing else does the work."""

from prunelle.tasks.answering import evaluate, predict
from prunelle.tasks.choosing import choose_recipe
from prunelle.tasks.describing import describe
from prunelle.tasks.training import MEMORY_BUDGET, train

__all__ = ["MEMORY_BUDGET", "choose_recipe", "describe", "evaluate", "predict", "train"]
