"""Strategies through the command line and Python: runs, reports, resuming."""

from __future__ import annotations

import dataclasses
import functools
import json
import signal
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from safetensors.torch import load_file

import prunelle as pn
from prunelle import tasks
from prunelle.data.decisions import Decision, Decisions
from prunelle.errors import ArgumentError
from prunelle.files import sha256
from prunelle.jobs import run_data
from prunelle.networks import published
from prunelle.runs.listener import Quiet
from prunelle.transfer.strategies import Strategy
from tests.integration.command import prunelle
from tests.integration.trainings import result, spawn
from tests.pictures import make_folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("photos"), ["u", "v"], 30, seed=3)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three other classes."""
    folder = tmp_path_factory.mktemp("base")
    make_folder(folder / "photos", ["x", "y", "z"], 20)
    made = prunelle(
        *("train", folder / "photos", "--network", "course-look", "--size", 32, "--epochs", 2, "--quiet"),
        *("--output", folder / "run"),
    )
    assert made.code == 0, made.err
    return folder / "run"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))


def train(photos: Path, base: Path, output: Path, *arguments: object) -> dict[str, Any]:
    done = prunelle("train", photos, "--weights", base, "--output", output, "--language", "en", *arguments)
    assert done.code == 0, done.err
    return {"err": done.err, **json.loads((output / "run.json").read_text())}


def test_features_leave_the_trunk_and_make_a_plain_run(photos: Path, base: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    info = train(photos, base, run, "--strategy", "features", "--epochs", 4)
    theirs, ours = (load_file(folder / "weights" / "best.safetensors") for folder in (base, run))
    features = [name for name in theirs if name.startswith("features.")]
    assert features
    assert all(torch.equal(theirs[name], ours[f"features.{name}"]) for name in features)
    assert {name for name in ours if not name.startswith("features.")} == {
        "head.classifier.weight",
        "head.classifier.bias",
    }
    assert info["network"]["options"] == {"stage": "features", "classifier": "linear"}
    frozen = sum(theirs[name].numel() for name in features)
    assert info["transfer"]["frozen_parameters"] == frozen
    assert f"{frozen:,} stay as they are" in info["err"]
    report = (run / "report.html").read_text()
    assert "What was reused" in report
    assert "A new classifier (linear) was put after features." in report

    # Its figures come from features; those of the whole network, run on the pictures, are the same.
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["train"]["accuracy"] > 0.9
    again = pn.Run.open(run)
    found = again.evaluate(run_data.data_of(again, Quiet()).test)  # type: ignore[arg-type]
    assert found.accuracy == metrics["test"]["accuracy"]
    assert found.loss == pytest.approx(metrics["test"]["loss"], rel=1e-4)
    answered = prunelle("predict", run, photos / "u" / "0000.jpg", "--format", "json")
    assert json.loads(answered.out)[0]["predictions"][0]["class"] == "u"
    assert prunelle("evaluate", run).code == 0


@pytest.mark.parametrize(
    ("arguments", "learned"),
    [
        (("--head", "logistic"), {"head.classifier"}),
        (("--head", "svm", "--stage", "features.1"), {"head.classifier"}),
        (
            ("--head", "hidden", "--augment", "flip", "--views", 2, "--epochs", 2),
            {"head.hidden", "head.classifier"},
        ),
    ],
)
def test_heads(
    photos: Path, base: Path, tmp_path: Path, arguments: tuple[object, ...], learned: set[str]
) -> None:
    train(photos, base, tmp_path / "run", *arguments)
    ours = load_file(tmp_path / "run" / "weights" / "best.safetensors")
    assert {name.rpartition(".")[0] for name in ours if name.startswith("head.")} == learned
    assert pn.Run.open(tmp_path / "run").metrics()["train"]["accuracy"] > 0.6


@pytest.mark.parametrize(
    ("arguments", "head", "epochs"),
    [
        ((), "logistic", 1),
        (("--augment", "flip", "--seed", 3, "--balance"), "logistic", 1),
        (("--epochs", 2), "linear", 2),
        (("--augment", "mixup=0.2"), "linear", 40),
        (("--views", 0), "linear", 40),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_the_usual_head_is_solved_unless_steps_are_asked_for(
    photos: Path, base: Path, tmp_path: Path, arguments: tuple[object, ...], head: str, epochs: int
) -> None:
    few = make_folder(tmp_path / "few", ["u", "v"], 6, seed=4)
    info = train(few, base, tmp_path / "run", "--strategy", "features", "--test", 0.2, *arguments)
    assert info["transfer"]["strategy"]["head"] == head
    assert info["recipe"]["epochs"] == epochs
    assert ("solved at once" in info["err"]) == (head == "logistic")


def test_the_usual_head_is_the_logistic_one(photos: Path, base: Path, tmp_path: Path) -> None:
    train(photos, base, tmp_path / "usual", "--strategy", "features")
    train(photos, base, tmp_path / "named", "--head", "logistic")
    assert result(tmp_path / "usual") == result(tmp_path / "named")


def test_few_photos_take_weights_that_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before, in the run and in the report; with a word for no, and the run is one like any other."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_, **__: None)
    known = published.find("squeezenet1.1")
    known.by_hand.parent.mkdir()
    torch.manual_seed(0)
    torch.save(pn.build("squeezenet1.1").state_dict(), known.by_hand)
    sets = (dataclasses.replace(known, sha256=sha256(known.by_hand)),)
    for module in (
        "prunelle.networks.published",
        "prunelle.networks.weights",
        "prunelle.planning.few_pictures",
    ):
        monkeypatch.setattr(f"{module}.published", lambda: sets)
    few = make_folder(tmp_path / "few", ["u", "v"], 9, (60, 50), seed=4)

    def trained(name: str, *arguments: object) -> tuple[dict[str, Any], str]:
        done = prunelle(
            "train", few, "--output", tmp_path / name, "--test", 0.3, "--language", "fr", *arguments
        )
        assert done.code == 0, done.err
        return json.loads((tmp_path / name / "run.json").read_text()), done.err.replace("\xa0", " ")

    info, told = trained("run", "--seed", 2)
    assert (info["network"]["name"], info["network"]["weights"]) == (
        "squeezenet1.1",
        "squeezenet1.1's imagenet weights",
    )
    assert (info["transfer"]["strategy"]["name"], info["transfer"]["strategy"]["head"]) == (
        "features",
        "logistic",
    )
    (why,) = info["transfer"]["notes"]
    assert "pictures a class are few" in why["en"]
    assert "images par classe, c’est peu" in told
    assert "--strategy scratch entraîne course-photos" in told
    assert "images par classe, c’est peu" in (tmp_path / "run" / "report.html").read_text().replace(
        "\xa0", " "
    )
    assert prunelle("train", "--resume", tmp_path / "run").code == 0

    # By other labels, from the same weights.
    run = pn.Run.open(tmp_path / "run")
    decisions = Decisions([Decision(file="u/0000.jpg", label="v", action="relabel")])
    again = pn.retrain(run, decisions=decisions, output=tmp_path / "again", style="quiet").run
    assert again.info["transfer"]["strategy"] == info["transfer"]["strategy"]

    info, told = trained("no", "--strategy", "scratch", "--epochs", 1)
    assert info["network"]["name"] == "course-photos"
    assert "weights" not in info["network"]
    assert "c’est peu" not in told


def test_partial_leaves_the_front_and_full_moves_everything(photos: Path, base: Path, tmp_path: Path) -> None:
    train(photos, base, tmp_path / "partial", "--freeze", 1, "--epochs", 2)
    train(photos, base, tmp_path / "full", "--strategy", "full", "--epochs", 2)
    train(photos, base, tmp_path / "scratch", "--strategy", "scratch", "--epochs", 2)
    theirs = load_file(base / "weights" / "best.safetensors")
    layers = [name for name in theirs if theirs[name].ndim == 4]
    same = {}
    for kind in ("partial", "full", "scratch"):
        ours = load_file(tmp_path / kind / "weights" / "best.safetensors")
        same[kind] = [torch.equal(ours[name], theirs[name]) for name in layers]
    assert same["partial"] == [True] + [False] * (len(layers) - 1)
    assert not any(same["full"] + same["scratch"])
    assert pn.Run.open(tmp_path / "full").recipe.first_layer_rate == 0.1
    assert "weights" not in json.loads((tmp_path / "scratch" / "run.json").read_text())["network"]


def test_a_run_of_features_is_reused_in_turn(photos: Path, base: Path, tmp_path: Path) -> None:
    train(photos, base, tmp_path / "first", "--strategy", "features", "--epochs", 1)
    other = make_folder(tmp_path / "other", ["r", "s", "t"], 12, seed=9)
    for number, arguments in enumerate(
        (("--strategy", "features"), ("--strategy", "full"), ("--head", "svm"))
    ):
        info = train(other, tmp_path / "first", tmp_path / f"run{number}", *arguments, "--epochs", 1)
        assert info["network"]["options"] == {"stage": "features", "classifier": "linear"}
        network = pn.Run.open(tmp_path / f"run{number}").network
        assert network.head[-1].out_features == 3  # type: ignore[union-attr, index]


def test_what_cannot_be(photos: Path, base: Path) -> None:
    for arguments, message in (
        (("--strategy", "features"), "strategy features starts from weights; give them: --weights"),
        (("--strategy", "half", "--weights", base), "unknown strategy 'half'"),
        (("--strategy", "partial", "--weights", base), "strategy partial needs freeze"),
        (("--stage", "features.x", "--weights", base), "unknown stage 'features.x'"),
        (("--freeze", 99, "--weights", base), "freeze must leave a layer to learn: from 1 to"),
    ):
        done = prunelle("train", photos, "--network", "course-look", "--size", 32, *arguments)
        assert done.code == 2, arguments
        assert message in done.err
        assert "Traceback" not in done.err
    with pytest.raises(ArgumentError, match="leave --weights and --strategy out"):
        tasks.train(resume="run", strategy="full", style="quiet")


def test_advice_is_measured_followed_and_told(photos: Path, base: Path, tmp_path: Path) -> None:
    done = prunelle("advise", photos, "--weights", base, "--json")
    assert done.code == 0, done.err
    advice = json.loads(done.out)
    # Stripes of two directions, told apart by a network that knows three others.
    assert max(trial["accuracy"] for trial in advice["trials"]) > 0.9
    assert {trial["strategy"]["name"] for trial in advice["trials"]} == {"features", "partial", "full"}
    plain = prunelle("advise", photos, "--weights", base, "--progress", "lines")
    # Once, on standard output; what is shown meanwhile does not say it again.
    assert plain.out.count("Recommended: --strategy " + advice["strategy"]["name"]) == 1
    assert "Recommended" not in plain.err
    # Where a line may break is the terminal's to say.
    said = (plain.out + plain.err).replace("\xa0", " ")
    for note in advice["notes"]:
        assert said.count(note["en"].replace("\xa0", " ")) == 1

    info = train(photos, base, tmp_path / "run", "--strategy", "auto", "--epochs", 2)
    assert info["transfer"]["strategy"] == advice["strategy"]
    assert info["transfer"]["advice"]["trials"] == advice["trials"]
    assert "Recommended: --strategy" in info["err"]
    assert "Recommended: --strategy" in (tmp_path / "run" / "report.html").read_text()


def test_in_python_with_a_module_of_ones_own(photos: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 5, 4), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(196, 2),
    )  # fmt: skip
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    pn.train(
        network, photos, pn.Recipe(epochs=1), size=32, strategy=Strategy(name="partial", freeze=1),
        output=tmp_path / "run", style="quiet",
    )  # fmt: skip
    now = network.state_dict()
    assert {name for name in now if not torch.equal(now[name], start[name])} == {"4.weight", "4.bias"}
    # Frozen by hand, without a strategy: the whole network runs, to the same end.
    other = torch.nn.Sequential(*(type(module)(*args) for module, args in zip(network, (
        (3, 4, 5, 4), (4,), (), (), (196, 2)), strict=True)))  # fmt: skip
    other.load_state_dict(start)
    pn.freeze(other, 1)
    pn.train(other, photos, pn.Recipe(epochs=1), size=32, output=tmp_path / "hand", style="quiet")
    for name, tensor in other.state_dict().items():
        assert torch.allclose(tensor, now[name], atol=1e-5), name


def killed_or_not(
    photos: str, base: str, output: str, resume: bool, number: int, head: Literal["hidden"] | None = "hidden"
) -> None:
    """Epochs of dropout on features, or the usual head on two views, with a kill in the ``number``-th atomic write (0
    for none)."""
    import os

    # The server that children are forked from has the variables of the first test.
    os.environ["PRUNELLE_CACHE"] = str(Path(output).parent / "cache")
    torch.set_num_threads(1)
    replace, writes = os.replace, 0

    def deadly(source: str, target: str) -> None:
        nonlocal writes
        writes += 1
        if writes == number:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    os.replace = deadly  # type: ignore[assignment]
    if resume:
        tasks.train(resume=output, style="quiet", save_every_s=0)
        return
    augment = pn.Augment(shift=0.1)
    recipe: Any = functools.partial(tasks.choose_recipe, augment=augment)
    if head is not None:
        recipe = pn.Recipe(epochs=3, batch_size=16, augment=augment, ema_decay=0.9)
    strategy = Strategy(name="features", head=head, views=2)
    tasks.train(
        None, photos, recipe, weights=base, strategy=strategy, output=output, style="quiet", save_every_s=0,
        language="en",
    )  # fmt: skip


@pytest.mark.parametrize(("head", "numbers"), [("hidden", (6, 14)), (None, (6, 9))])
def test_killed_and_resumed_ends_in_the_same_bits(
    photos: Path, base: Path, tmp_path: Path, head: Any, numbers: tuple[int, ...]
) -> None:
    def run(name: str, resume: bool, number: int) -> Any:
        process = spawn(killed_or_not, str(photos), str(base), str(tmp_path / name), resume, number, head)
        process.join()
        return process.exitcode

    assert run("whole", False, 0) == 0
    expected = result(tmp_path / "whole")
    for number in numbers:
        name = f"killed{number}"
        assert run(name, False, number) == -signal.SIGKILL
        assert run(name, True, 0) == 0
        assert result(tmp_path / name) == expected, number


def test_the_weights_may_be_gone_when_it_goes_on(photos: Path, base: Path, tmp_path: Path) -> None:
    import shutil

    theirs = tmp_path / "theirs"
    shutil.copytree(base, theirs)
    spawn(killed_or_not, str(photos), str(theirs), str(tmp_path / "run"), False, 9).join()
    spawn(killed_or_not, str(photos), str(theirs), str(tmp_path / "whole"), False, 0).join()
    shutil.rmtree(theirs)
    shutil.rmtree(tmp_path / "cache")  # features too: they are computed again
    spawn(killed_or_not, "", "", str(tmp_path / "run"), True, 0).join()
    assert result(tmp_path / "run") == result(tmp_path / "whole")


def test_stopped_before_its_first_weights_were_saved(photos: Path, base: Path, tmp_path: Path) -> None:
    """There is no run without the state it began with, and the same command makes what a kill left."""
    spawn(killed_or_not, str(photos), str(base), str(tmp_path / "whole"), False, 0).join()
    for number in (1, 3, 5):
        run = tmp_path / f"run{number}"
        spawn(killed_or_not, str(photos), str(base), str(run), False, number).join()
        assert not (run / "run.json").exists() or (run / "state" / "training.safetensors").exists()
        spawn(killed_or_not, str(photos), str(base), str(run), (run / "run.json").exists(), 0).join()
        assert result(run) == result(tmp_path / "whole"), number
