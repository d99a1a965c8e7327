"""Who enters a comparison: networks by name, functions that make modules, or finished runs; and how large each is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import networks as known
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data
from prunelle.errors import ArgumentError, a_kind, did_you_mean
from prunelle.networks.summary import count_parameters, summarise
from prunelle.planning import network_description
from prunelle.planning.choosing import choose_preprocess
from prunelle.planning.request import Preparation
from prunelle.runs.comparison import Contestant
from prunelle.runs.gathering import seed_of
from prunelle.runs.rebuild import is_rebuilt
from prunelle.runs.run import Run, build_network

Maker = Callable[[], nn.Module]
Networks = Sequence[str | Path | Run] | Mapping[str, str | Maker]


def makers_of(networks: Networks | None) -> dict[str, str | Maker]:
    """What each is called → its name, or what makes it.

    Raises:
        ArgumentError: fewer than two, one twice, or no such network.
    """
    if isinstance(networks, Mapping):
        makers: dict[str, str | Maker] = dict(networks)
    else:
        names = [str(name) for name in _listed(networks)]
        for name in names:
            if names.count(name) > 1:
                raise ArgumentError(
                    f"{name} is named twice; in Python, compare({{'a': {name!r}, 'b': {name!r}}}, options=…) tells "
                    f"them apart."
                )
        makers = {name: name for name in names}
    for maker in makers.values():
        if isinstance(maker, str):
            known.variant(maker)
        elif not callable(maker) or isinstance(maker, nn.Module):
            raise ArgumentError(
                "a network of your own must be a function that makes one: each seed starts from a fresh one."
            )
    if len(makers) < 2:
        raise ArgumentError(f"name at least two networks to compare; received {', '.join(makers) or 'none'}.")
    return makers


def contestants_of(
    makers: Mapping[str, str | Maker],
    data: Data,
    preparation: Preparation,
    *,
    options: Mapping[str, Mapping[str, Any]],
    match_parameters: bool,
) -> list[Contestant]:
    """Each with its size on these pictures, ``dense`` matched where asked for."""
    for label in options:
        if label not in makers:
            raise ArgumentError(
                f"options are for {label!r}, which is not compared.{did_you_mean(label, makers)} Compared: "
                f"{', '.join(makers)}."
            )

    # What else is prepared otherwise changes no network's size.
    shape = Preparation(size=preparation.size, fit=preparation.fit)

    def sized(label: str, given: Mapping[str, Any]) -> tuple[Contestant, nn.Module]:
        maker = makers[label]
        if isinstance(maker, str):
            name = known.ALIASES.get(maker, maker)
            preprocess = choose_preprocess(data, name, shape)
            described = network_description.network_info(name, given, data, preprocess)
            with torch.device("meta"):
                module = build_network(described)
        elif given:
            raise ArgumentError(f"options are for networks by name; {label} is a module of your own.")
        else:
            module = made(maker, 0)
            preprocess = choose_preprocess(data, module, shape)
            network_description.try_out(module, preprocess.input_shape, len(data.classes))
            described = network_description.module_info(module, data, preprocess)
        multiply_adds = sum(row.multiply_adds for row in summarise(module, preprocess.input_shape))
        contestant = Contestant(
            label=label,
            network=described["name"],
            options=described["options"],
            parameters=count_parameters(module),
            multiply_adds=multiply_adds,
        )
        return contestant, module

    entered = {label: sized(label, options.get(label, {})) for label in makers}
    if match_parameters:
        others = [label for label, maker in makers.items() if maker != "dense"]
        if not others or len(others) == len(makers):
            raise ArgumentError(
                f"match_parameters sizes dense to another network's weights; it needs dense and another one; "
                f"received {', '.join(makers)}."
            )
        for label in [label for label, maker in makers.items() if maker == "dense"]:
            if label in options:
                raise ArgumentError("match_parameters sizes dense; leave its hidden layers out.")
            _, module = sized(label, {"parameters": entered[others[0]][0].parameters})
            # By its hidden layer, which is what a reader wants to know.
            entered[label] = sized(label, {"hidden": (int(module.head.in_features),)})  # type: ignore[union-attr, arg-type]
    return [contestant for contestant, _ in entered.values()]


def made(maker: Maker, seed: int) -> nn.Module:
    """A fresh module of one's own; the seed alone decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, "weights"))
        return maker()


def _listed(networks: Sequence[str | Path | Run] | None) -> Sequence[str | Path | Run]:
    """Each a name, a path or a run; of a single one, a list of it."""
    listed = (networks,) if isinstance(networks, str | Path | Run) else networks or ()
    for network in listed:
        if not isinstance(network, str | Path | Run):
            raise ArgumentError(
                f"networks are named; those of your own go into a dict of functions that make them, "
                f"{{'mine': lambda: Net()}}; received {a_kind(network)}."
            )
    return listed


def as_runs(networks: Networks | None) -> list[Run] | None:
    """The runs, where runs are named."""
    if networks is None or isinstance(networks, Mapping):
        return None
    given = _listed(networks)
    are_runs = [isinstance(network, Run) or (Path(network) / "run.json").is_file() for network in given]
    if not any(are_runs):
        return None
    if not all(are_runs):
        other = next(str(network) for network, is_run in zip(given, are_runs, strict=True) if not is_run)
        raise ArgumentError(
            f"compare takes finished runs, or networks to train, not both; {other!r} is no run."
        )
    return [network if isinstance(network, Run) else Run.open(network) for network in networks]


def grouped(runs: Sequence[Run]) -> list[tuple[Contestant, Sequence[Run]]]:
    """Finished runs, those that differ by their seed alone together.

    Raises:
        ArgumentError: they are all alike, or two of them are the same training.
    """
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=seed_of):
        described = {key: run.info["network"][key] for key in ("name", "options", "input_shape")}
        # Nobody knows what a program drew from which seed: each of its trainings stands alone.
        recipe = _recipe(run) if run.has_recipe else str(run.path)
        start = run.info["network"].get("weights")
        groups.setdefault(json.dumps([described, recipe, start], sort_keys=True), []).append(run)
    if len(groups) < 2:
        raise ArgumentError(
            "these runs are one network under one recipe, with several seeds; name runs of another one too."
        )
    for group in groups.values():
        seeds = [seed_of(run) for run in group]
        if len(set(seeds)) < len(seeds):
            raise ArgumentError(
                f"runs of the same network, recipe and seed say nothing new: {', '.join(str(r.path) for r in group)}."
            )
    labels = _labels([group[0] for group in groups.values()])
    return [
        (_contestant_of(label, group[0]), group) for label, group in zip(labels, groups.values(), strict=True)
    ]


def _contestant_of(label: str, run: Run) -> Contestant:
    described = run.info["network"]
    multiply_adds = None
    if is_rebuilt(described):
        multiply_adds = sum(row.multiply_adds for row in summarise(run.network, run.preprocess.input_shape))
    elif known.is_known(described["name"]):
        with torch.device("meta"):
            module = build_network(described)
        multiply_adds = sum(row.multiply_adds for row in summarise(module, tuple(described["input_shape"])))
    return Contestant(
        label=label,
        network=described["name"],
        options=described["options"],
        parameters=described["parameters"],
        multiply_adds=multiply_adds,
    )


def _labels(runs: Sequence[Run]) -> list[str]:
    """The network's name, with whatever tells it from others of that name."""
    labels = []
    for run in runs:
        name = run.info["network"]["name"]
        same = [other for other in runs if other.info["network"]["name"] == name]
        facts = [_facts(other) for other in same]
        own = _facts(run)
        distinguishing = [key for key in own if any(fact.get(key) != own[key] for fact in facts)]
        labels.append(", ".join([name, *(f"{key}={own[key]}" for key in distinguishing)]))
    return labels


def _recipe(run: Run) -> dict[str, Any]:
    return {key: value for key, value in run.info["recipe"].items() if key != "seed"}


def _facts(run: Run) -> dict[str, Any]:
    shape = "×".join(map(str, run.info["network"]["input_shape"][1:]))
    if not run.has_recipe:
        return {**run.info["settings"], "size": shape, "run": f"{run.path.parent.name}/{run.path.name}"}
    recipe = _recipe(run)
    augment = recipe.pop("augment")
    return {
        **run.info["network"]["options"],
        **recipe,
        **{f"augment.{key}": value for key, value in augment.items()},
        "size": shape,
        "weights": run.info["network"].get("weights"),
    }
