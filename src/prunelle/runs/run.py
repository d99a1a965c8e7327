"""The run folder: everything about one training, in open formats.

::

    run.json              what was asked, enough to do it again
    classes.json          class names in index order
    preprocess.json
    results.csv           a line an epoch
    metrics.json          final figures by split
    predictions.csv       what was answered on the evaluated split, a line a picture
    change.json           what corrected labels changed, of a run that prunelle retrain made (``runs.change``)
    decisions.csv         what people decided about its examples since, if they have (``data.decisions``)
    thresholds.json       of several labels: from which probability each is answered (``runs.thresholds``)
    errors.json           how far off the numbers may be that it tells, in place of the next two (``trust.widths``)
    trust.json, trust.safetensors   how far its answers can be trusted, and what thresholds are chosen from
    weights/best.safetensors, last.safetensors
    state/training.safetensors   what resuming needs; previous.safetensors is the one before it
    report.html, figures/

Every file is written atomically. A run folder is never written over: ``create`` refuses one that is there.
Weights and states carry the digest of their own content (``prunelle.tensors``); ``run.json`` has those of the small
files that never change after it. A file that is not what was written is named, never used.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import torch
from PIL import Image
from torch import nn

from prunelle import networks
from prunelle.csv_files import read_table
from prunelle.data.decisions import Decision, Decisions, changed
from prunelle.data.duplicates import contents_of
from prunelle.data.examples import Data, Split
from prunelle.data.kinds import AnyPreprocess, kind_of, preprocess_from_json
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.targets import SeveralLabels, Target, target_from_json
from prunelle.disk import held, write_json, writing
from prunelle.errors import (
    ArgumentError,
    CannotWrite,
    Damaged,
    DataError,
    PrunelleError,
    RunError,
    a_kind,
    did_you_mean,
)
from prunelle.json_files import read_json, sealed
from prunelle.runs.answers import read_judged, write_judged
from prunelle.runs.change import Change
from prunelle.runs.errors_file import read_errors, write_errors
from prunelle.runs.folder import FOLDS, RUN, refuse_occupied, tidy
from prunelle.runs.frames import as_frame
from prunelle.runs.judging import judge
from prunelle.runs.predictions import Predictions, predict_files
from prunelle.runs.rebuild import is_rebuilt, rebuild
from prunelle.runs.results import write_results
from prunelle.runs.run_info import FORMAT, METRICS, PREPROCESS, check_digests, digest_of, digests, read_info
from prunelle.runs.splits import SPLITS_FILE, Placed
from prunelle.runs.states import States
from prunelle.runs.stored_examples import KEPT_FILE, read_kept
from prunelle.runs.thresholds import read_thresholds, write_thresholds
from prunelle.runs.trusted import read_record, read_trust, write_trusted
from prunelle.scalars import plain_arguments
from prunelle.shown import Shown
from prunelle.tensors import digest
from prunelle.texts import Note, quoted
from prunelle.training.checkpoint import load_tensors, save_tensors
from prunelle.training.costs import Costs
from prunelle.training.objectives import AnyEvaluation
from prunelle.training.recipe import Recipe
from prunelle.training.records import ACCURACIES, RESULT_FIELDS
from prunelle.training.thresholds import Threshold
from prunelle.trust.trust import Trust

if TYPE_CHECKING:
    from prunelle.runs.frames import DataFrame

DECISIONS_FILE = "decisions.csv"

JUDGED_BY = ("test", "validation", "train")
"""The split that speaks for a run: the first of these that there is."""


class Run(Shown):
    """A training on disk, and its network when it is needed.

    Attributes:
        path: the folder.
        info: the content of ``run.json``.
        classes, preprocess: as trained.
        target: what it tells of an example: its class, several labels, a number (``data.targets``).
    """

    def __init__(self, path: Path, info: dict[str, Any], network: nn.Module | None = None) -> None:
        self.path = path
        self.info = info
        check_digests(path, info)
        self.classes: tuple[str, ...] = tuple(read_json(path / "classes.json", [str]))
        self.preprocess = preprocess_from_json(read_json(path / "preprocess.json", PREPROCESS))
        self.target = self._told(info)
        self._recipe = _recipe_of(info)
        self._network = network

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @classmethod
    def create(
        cls,
        path: Path,
        info: dict[str, Any],
        classes: Sequence[str],
        preprocess: AnyPreprocess,
        network: nn.Module,
        before: Callable[[Run], None] | None = None,
    ) -> Run:
        """Makes the folder and writes what is known before training. ``run.json`` comes last: it makes a run.

        Args:
            path: an empty folder, or where one is to be; one that was left unfinished is completed.
            info: the content of ``run.json``.
            classes, preprocess, network: of the training.
            before: writes what else must be there when there is a run.

        Raises:
            RunError: ``path`` is there already and is not an empty folder, or cannot be made.
        """
        refuse_occupied(path)
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
            for folder in RUN.folders:
                (path / folder).mkdir(exist_ok=True)
        write_json(path / "classes.json", list(classes))
        write_json(path / "preprocess.json", preprocess.to_json())
        run = cls(path, {"format": FORMAT, **info}, network)
        if before is not None:
            before(run)
        try:
            run.update(sha256=digests(path))
        except CannotWrite:
            # Its name may be there, though not for sure on the disk: who is told that it failed may begin again.
            with contextlib.suppress(OSError):
                (path / "run.json").unlink(missing_ok=True)
            raise
        return run

    @classmethod
    def open(cls, path: str | Path, network: nn.Module | None = None) -> Run:
        """Opens a run folder.

        Args:
            path: the folder.
            network: the module that was trained, needed only if it was one of your own; its weights are
                loaded from the run.

        Raises:
            RunError: no run there.
            ArgumentError: it is no path.
        """
        if not isinstance(path, str | Path):
            raise ArgumentError(f"a run is named by its folder; received {a_kind(path)}.")
        path = Path(path)
        if (path / FOLDS.main).is_file() and not (path / "run.json").is_file():
            raise RunError(
                f"{path} is no run but a cross-validation, whose runs are {path / 'runs' / 'fold-1'} and so on. "
                f"prunelle predict, evaluate, look and report take it as a whole."
            )
        if not (path / "run.json").is_file():
            siblings = [p.parent.name for p in path.parent.glob("*/run.json")] if path.parent.is_dir() else []
            raise RunError(
                f"{path} is no run: it has no run.json.{did_you_mean(path.name, siblings)} Runs are made by "
                f"prunelle train; a training that was killed before its first line left nothing to go on with."
            )
        info = read_info(path)
        try:
            run = cls(path, info)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RunError(f"{path / 'run.json'} is not as prunelle train writes it ({error!r}).") from error
        if network is not None:
            run.attach(run._loaded(network))
        return run

    @property
    def finished(self) -> bool:
        """The training went to its end (it can still be extended)."""
        return bool(self.info["status"] == "finished")

    def placed(self) -> Placed | None:
        """The content of ``splits.csv``; None where there is none.

        Raises:
            RunError: it is damaged.
        """
        if not (self.path / SPLITS_FILE).exists():
            return None
        try:
            return Placed.read(self.path, self.classes, self.target)
        except DataError as error:
            raise RunError(str(error)) from None

    @property
    def decisions_file(self) -> Path:
        """Where what people decide about its examples is; none before the first decision (``data.decisions``)."""
        return self.path / DECISIONS_FILE

    def decisions(self) -> Decisions:
        """What people have decided about its examples, in the order they did.

        Raises:
            DataError: the file is damaged; it says the line.
        """
        return Decisions.read(self.decisions_file) if self.decisions_file.exists() else Decisions()

    def decide(self, *decisions: Decision) -> Decisions:
        """Writes decisions down, in place of earlier ones about the same examples; other processes may do so, too.

        Returns:
            All there are then.
        """
        return changed(self.decisions_file, lambda now: Decisions((*now.values(), *decisions)))

    def undecide(self, file: str) -> Decisions:
        """Takes back what was decided about ``file``; all there are then."""
        return changed(self.decisions_file, lambda now: now.without(file))

    def change(self) -> Change | None:
        """What corrected labels changed, where ``prunelle retrain`` made this run; else None.

        Raises:
            RunError: the file is damaged.
        """
        return Change.read(self.path)

    @property
    def keeps_examples(self) -> bool:
        """Whether it keeps those on which it was judged itself, as what ``prunelle run`` recorded does."""
        return (self.path / KEPT_FILE).is_file()

    def kept(self) -> Data | None:
        """The examples that it keeps; None where they are elsewhere.

        Raises:
            RunError: their file is damaged.
        """
        return read_kept(self.path, self.classes, self.preprocess, self.info["data"]["name"])

    def check_reads_files(self) -> None:
        """Raises a ``RunError`` where nobody knows how a file becomes what the network learned from."""
        scaling = self.info["data"].get("scaling")
        if scaling is not None and scaling["how"] == "unknown":
            raise RunError(
                f"{self.path}: {scaling['note']['en']} Prepare it as the program does, and ask the network itself: "
                f"prunelle.Run.open({str(self.path)!r}).network"
            )

    @property
    def reading_note(self) -> Note | None:
        """What is assumed where a file is prepared for the network of a program; None where all is known."""
        scaling = self.info["data"].get("scaling")
        return None if scaling is None else Note(**scaling["note"])

    def place(self, placed: Placed) -> None:
        """``splits.csv`` anew: the same examples, in other places or said better. Nothing checks it meanwhile."""
        # Its digest goes before it changes: a kill in between leaves none that does not match.
        digests = {
            name: digest for name, digest in self.info.get("sha256", {}).items() if name != SPLITS_FILE
        }
        if "sha256" in self.info:
            self.update(sha256=digests)
        placed.write(self.path, self.classes, self.target)
        if "sha256" in self.info:
            self.update(sha256=digests | {SPLITS_FILE: digest_of(self.path / SPLITS_FILE)})

    @property
    def has_recipe(self) -> bool:
        """Whether ``prunelle train`` made it; what ``prunelle run`` recorded has none."""
        return self._recipe is not None

    @property
    def recipe(self) -> Recipe:
        """How it was trained.

        Raises:
            RunError: a program trained it, in its own way.
        """
        if self._recipe is None:
            raise RunError(
                f"{self.path} was trained by a program, and has no recipe to go by: the program says how. To train it "
                f"again, or for longer, change the program and run it: {self.info['command']}"
            )
        return self._recipe

    def read_again(self) -> None:
        """``run.json`` may have been changed by another process before this one held the run."""
        self.info = read_info(self.path)
        self._recipe = _recipe_of(self.info)

    def update(self, **changes: Any) -> None:
        """Changes entries of ``run.json``."""
        recipe = _recipe_of(self.info | changes)
        write_json(self.path / "run.json", self.info | changes)  # where this is refused, nothing has changed
        self.info |= changes
        self._recipe = recipe

    def attach(self, network: nn.Module) -> None:
        """Makes ``network``, with the weights it has, this run's network."""
        self._network = network

    @property
    def network(self) -> nn.Module:
        """The network with its best weights, in evaluation mode, on the CPU unless it was trained just now."""
        if self._network is None and is_rebuilt(self.info["network"]):
            self._network = rebuild(self.path, self.info["network"])
        if self._network is None:
            name = self.info["network"]["name"]
            if not networks.is_known(name):
                raise RunError(
                    f"{self.path} trained a network of your own ({name}); open it with "
                    f"Run.open({str(self.path)!r}, network=your_module)."
                )
            self._network = self._loaded(build_network(self.info["network"]))
        return self._network

    def _loaded(self, network: nn.Module) -> nn.Module:
        weights = self.best_weights()
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise RunError(f"the weights of {self.path} do not fit this network: {error}") from error
        return network.eval()

    @overload
    def results(self, *, frame: Literal[False] = False) -> list[dict[str, float | None]]: ...

    @overload
    def results(self, *, frame: Literal[True]) -> DataFrame: ...

    def results(self, *, frame: bool = False) -> list[dict[str, float | None]] | DataFrame:
        """The lines of ``results.csv``: an epoch each.

        Args:
            frame: as a pandas DataFrame, a column a field; ``epoch`` is a whole number.

        Raises:
            RunError: it is not there, or damaged.
            ArgumentError: a frame, without pandas.
        """
        path = self.path / "results.csv"
        without = ACCURACIES if self.target.kind == "number" else ()
        try:
            rows = [
                {key: float(value) if value else None for key, value in line.items()}
                for line in read_table(path, [field for field in RESULT_FIELDS if field not in without])
            ]
        except DataError as error:
            raise RunError(str(error)) from None
        except ValueError as error:
            raise RunError(f"{path} is damaged: {error}.") from None
        return as_frame(rows, RESULT_FIELDS, whole=("epoch",)) if frame else rows

    def metrics(self) -> dict[str, Any]:
        """The content of ``metrics.json``; empty before the training has ended.

        Raises:
            RunError: it is damaged.
        """
        path = self.path / "metrics.json"
        return dict(read_json(path, METRICS[self.target.kind])) if path.is_file() else {}

    def write_metrics(self, metrics: Mapping[str, Any]) -> None:
        """``metrics.json``."""
        write_json(self.path / "metrics.json", sealed(metrics))

    def write_results(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """``results.csv`` anew from all lines so far, so that a resumed run has no line twice."""
        write_results(self.path, rows)

    def write_predictions(self, evaluation: AnyEvaluation) -> None:
        """``predictions.csv``: file (or position), truth, prediction and its probability."""
        write_judged(self.path, evaluation, self.target)

    def judged(self) -> Any:
        """The answers that speak for it, as they were given at the end of its training: ``predictions.csv``.

        Returns:
            An ``Evaluation``; of other targets than classes, what their objective makes (``training.objectives``).

        Raises:
            RunError: the training has not come to its end, or the file is damaged.
        """
        metrics = self.metrics()
        split = next((split for split in JUDGED_BY if split in metrics), None)
        if split is None:
            raise RunError(
                f"{self.path} is not finished; go on with it first: {RUN.resume} {quoted(self.path)}"
            )
        return read_judged(self.path, self.classes, float(metrics[split]["loss"]), self.target)

    @property
    def costs(self) -> Costs | None:
        """What answers cost, as its training was told; None where it was told nothing.

        Raises:
            RunError: they are damaged.
        """
        if "costs" not in self.info:
            return None
        try:
            return Costs.from_json(self.info["costs"], self.classes)
        except (ArgumentError, ValueError) as error:
            raise RunError(f"the costs in {self.path / 'run.json'} are damaged: {error}") from None

    @property
    def temperature(self) -> float | None:
        """That calibrates its probabilities (``trust.json``); None where no validation examples chose one."""
        return (self.trust_record() or {}).get("temperature")

    def _told(self, info: Mapping[str, Any]) -> Target:
        target = target_from_json(info["data"].get("target"))
        if isinstance(target, SeveralLabels) and (known := self.thresholds()) is not None:
            return dataclasses.replace(target, thresholds=tuple(float(each.value) for each in known))
        return target

    def thresholds(self) -> list[Threshold] | None:
        """The content of ``thresholds.json``, in the order of the labels; None where there is none.

        Raises:
            RunError: it is damaged.
        """
        return read_thresholds(self.path, self.classes)

    def write_thresholds(self, thresholds: Sequence[Threshold], n: int) -> None:
        """``thresholds.json``, chosen on ``n`` validation examples; ``target`` goes by them from then on."""
        write_thresholds(self.path, thresholds, n)
        self.target = self._told(self.info)

    def write_trust(self, trust: Trust | None, record: Mapping[str, Any]) -> None:
        """``trust.json``, and ``trust.safetensors`` where there were validation examples; of the best weights."""
        write_trusted(self.path, trust, record, digest(self.best_weights(), {}))

    def trust(self) -> Trust | None:
        """What thresholds are chosen from; None where nobody wrote it for these weights.

        Raises:
            Damaged: it is not what was written.
        """
        return read_trust(self.path, digest(self.best_weights(), {}))

    def trust_record(self) -> dict[str, Any] | None:
        """The content of ``trust.json``; None where there is none.

        Raises:
            RunError: it is damaged.
        """
        return read_record(self.path)

    def write_errors(self, record: Mapping[str, Any]) -> None:
        """``errors.json``, of the best weights: how far off the numbers may be that it tells."""
        write_errors(self.path, record, digest(self.best_weights(), {}))

    def errors(self) -> dict[str, Any] | None:
        """The content of ``errors.json``; None where nobody wrote it for these weights.

        Raises:
            RunError: it is damaged.
        """
        return read_errors(self.path, digest(self.best_weights(), {}))

    def save_weights(self, which: str, weights: Mapping[str, torch.Tensor]) -> None:
        """``weights/<which>.safetensors``; it also says by itself what it needs: classes and preprocessing."""
        about = {"classes": list(self.classes), "preprocess": self.preprocess.to_json()}
        save_tensors(self.path / "weights" / f"{which}.safetensors", weights, about)

    def best_weights(self) -> dict[str, torch.Tensor]:
        """By name.

        Raises:
            RunError: no epoch was finished.
            Damaged: they are not what was written.
        """
        best = self.path / "weights" / "best.safetensors"
        if not best.exists():
            raise RunError(f"{self.path} has no weights: no epoch of its training was finished.")
        try:
            return load_tensors(best)[0]
        except Damaged as error:
            raise error.then("Make them again with", f"{RUN.resume} {quoted(self.path)}") from None

    def needs_repair(self) -> bool:
        """Whether the weights of this run, which has finished epochs, are gone or damaged."""
        try:
            self.best_weights()
        except RunError:
            return True
        return False

    @property
    def states(self) -> States:
        """What a training that was stopped goes on from."""
        return States(self.path / "state")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the run against a second process that would train it at the same time.

        Raises:
            RunError: another process has it.
        """
        with writing(self.path / RUN.lock):
            (self.path / "state").mkdir(exist_ok=True)
        with held(self.path / RUN.lock, f"{self.path} is being trained by another process."):
            tidy(self.path)
            yield

    def evaluate(self, split: Split | Pixels | None, *, progress: Progress | None = None) -> Any:
        """The network's answers on a labelled split, prepared as in training.

        Examples that the run has learned are left out, unless there are no others; then those that chose its epoch too
        (validation). ``judged`` of what is returned says how many, and which rows were judged: an ``Evaluation`` where
        classes are told.

        Args:
            split: ``data.test``, say, with the classes of this run in its order; or decoded pixels.

        Raises:
            ArgumentError: there is no such split (None).
        """
        if split is None:
            raise ArgumentError(
                "split must be one that the data have; received None: these data have no such split. Others are in "
                "data.splits()."
            )
        if not isinstance(split, Split | Pixels):
            raise ArgumentError(
                f"split must be one of data's, as data.test, or decoded pixels; received {a_kind(split)}. A folder, a "
                f"file, or data as a whole: prunelle.evaluate(run, data)."
            )
        if isinstance(split, Split) and split.files is not None:
            self.check_reads_files()
        name = split.name if isinstance(split, Split) else "pixels"
        pixels = split if isinstance(split, Pixels) else split.decode(self.preprocess, progress=progress)
        placed = self.placed()
        known = placed is not None and placed.contents is not None
        seen = [(contents_of(pixels), placed)] if placed is not None and known else None
        return judge(self, pixels, name, seen, progress=progress)

    @plain_arguments
    def predict(
        self, files: Sequence[str | Path], *, top: int = 3, progress: Progress | None = None
    ) -> Predictions:
        """The ``top`` most probable classes of each file, in the order given.

        A file that cannot be read gets an ``error`` instead of predictions; the others are still predicted.
        Memory stays bounded however many files there are.

        Raises:
            RunError: a program scaled its examples in a way that nobody knows.
        """
        self.check_reads_files()
        return predict_files(self, files, top=top, progress=progress)

    def prepare(self, image: Image.Image) -> torch.Tensor:
        """A picture of Pillow's, of any mode and size, as this run's network takes it, where the network is.

        Args:
            image: opened or made with Pillow; its EXIF block says which way is up.

        Returns:
            ``(1, C, H, W)`` float32, normalised, prepared as the training's pictures were.

        Raises:
            ArgumentError: it is no picture of Pillow's, or the run is on series.
            RunError: a program scaled its examples in a way that nobody knows.

        Example:
            >>> run.network(run.prepare(Image.open("photo.jpg"))).softmax(dim=1)
        """
        if not isinstance(image, Image.Image):
            raise ArgumentError(
                f"image must be a picture of Pillow's, as PIL.Image.open(file) or PIL.Image.fromarray(array) gives; "
                f"received {a_kind(image)}."
            )
        self.check_reads_files()
        pixels = torch.tensor(kind_of(self.preprocess).of_image(image, self.preprocess)[None]).movedim(-1, 1)
        device = next((weight.device for weight in self.network.parameters()), torch.device("cpu"))
        return self.preprocess.normalise(pixels.to(device))


def _recipe_of(info: Mapping[str, Any]) -> Recipe | None:
    return Recipe.from_json(info["recipe"]) if "recipe" in info else None


def build_network(description: Mapping[str, Any]) -> nn.Module:
    """The network that the ``network`` entry of a ``run.json`` describes, with fresh weights.

    Raises:
        RunError: it describes none, or names code that this user has never named.
    """
    name = description["name"]
    if networks.elsewhere.is_elsewhere(name) and not networks.elsewhere.is_trusted(name):
        raise RunError(
            f"the network of this run is made by code, {name}, which opening the run would execute, and which was "
            f"never named here (or was somewhere else then). If it is yours, or you trust it, name it once: prunelle "
            f"networks {name}"
        )
    try:
        in_channels, *input_size = description["input_shape"]
        return networks.build(
            description["name"],
            num_classes=description["num_classes"],
            in_channels=in_channels,
            input_size=tuple(input_size),
            **description["options"],
        )
    except PrunelleError:
        raise
    except (TypeError, ValueError) as error:
        raise RunError(
            f"run.json describes no network that can be built ({error}): {description}."
        ) from error
