"""One function a verb. The command line, the page and Python call these; nothing else does the work."""

from prunelle.planning.choosing import choose_recipe, fast_recipe, named_recipe
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.planning.weights import Pretrained
from prunelle.tasks.advising import advise
from prunelle.tasks.answering import evaluate, predict
from prunelle.tasks.augmenting import augment
from prunelle.tasks.caching import clear_caches, disk_usage
from prunelle.tasks.checking import check
from prunelle.tasks.comparing import compare
from prunelle.tasks.convolving import convolve, save_convolution
from prunelle.tasks.describing import describe
from prunelle.tasks.epochs import epochs_of
from prunelle.tasks.exploring import explore
from prunelle.tasks.exporting import export
from prunelle.tasks.few_shots import shots
from prunelle.tasks.folding import cross_validate
from prunelle.tasks.look import look_into
from prunelle.tasks.merging import merge_decisions
from prunelle.tasks.proposing import propose
from prunelle.tasks.reporting import write_report
from prunelle.tasks.retraining import retrain
from prunelle.tasks.running import run_notebook, run_program
from prunelle.tasks.standing import answerer
from prunelle.tasks.training import train
from prunelle.tasks.unlabelled import train_with_unlabelled
from prunelle.tasks.weights import download_weights, pretrained

__all__ = [
    "MEMORY_BUDGET",
    "Pretrained",
    "advise",
    "answerer",
    "augment",
    "check",
    "choose_recipe",
    "clear_caches",
    "compare",
    "convolve",
    "cross_validate",
    "describe",
    "disk_usage",
    "download_weights",
    "epochs_of",
    "evaluate",
    "explore",
    "export",
    "fast_recipe",
    "look_into",
    "merge_decisions",
    "named_recipe",
    "predict",
    "pretrained",
    "propose",
    "retrain",
    "run_notebook",
    "run_program",
    "save_convolution",
    "shots",
    "train",
    "train_with_unlabelled",
    "write_report",
]
