"""MLflow, by its client alone: a run of MLflow's that the caller has open is left alone.

Where it goes is MLflow's own affair: ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME``, else its database in the
current folder and the experiment ``prunelle``.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.texts import quoted
from prunelle.trackers.tracker import Answers, Begun

EXPERIMENT = "prunelle"
_TAG = "prunelle.run"
_MOST_PARAMETERS = 100  # MLflow takes so many at a time
_LONGEST = 6000  # characters of a parameter that MLflow takes


class MLflow:
    """Curves and results as metrics, settings as parameters, the rest as artifacts; weights are files of ``model/``."""

    def __init__(self) -> None:
        # Whoever asks for a tracker has not asked to be counted by its makers.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        import mlflow

        # Its database is made without a word.
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
        self._mlflow = mlflow
        self._client: Any = mlflow.MlflowClient()
        self._run = ""
        self._step = 0

    @property
    def where(self) -> str:
        """The server, or the command that begins one."""
        uri = str(self._mlflow.get_tracking_uri())
        if uri.startswith(("http:", "https:")):
            return uri
        return f"mlflow ui --backend-store-uri {quoted(uri)}"

    def begin(self, begun: Begun) -> None:
        """A run of MLflow's, or the same again where a run is gone on with."""
        experiment = self._experiment()
        named = begun.identity.replace("'", "")
        found = self._client.search_runs([experiment], f"tags.`{_TAG}` = '{named}'", max_results=1)
        if found:
            self._run = found[0].info.run_id
            self._client.update_run(self._run, status="RUNNING")
            # What was told of the settings stays: parameters are never changed.
            return
        made = self._client.create_run(experiment, run_name=begun.path.name, tags={_TAG: named})
        self._run = made.info.run_id
        parameters = [
            self._mlflow.entities.Param(name, str(value)[:_LONGEST]) for name, value in begun.settings.items()
        ]
        for first in range(0, len(parameters), _MOST_PARAMETERS):
            self._client.log_batch(self._run, params=parameters[first : first + _MOST_PARAMETERS])

    def _experiment(self) -> str:
        if identity := os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return identity
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Metrics."""
        now = int(time.time() * 1000)
        metric = self._mlflow.entities.Metric
        self._client.log_batch(self._run, [metric(name, value, now, step) for name, value in values.items()])
        if "epoch/train_loss" in values:
            self._step = step

    def examples(self, pictures: np.ndarray, names: Sequence[str]) -> None:
        """Pictures in ``examples/``, each with its class in its name."""
        for number, (picture, name) in enumerate(zip(pictures, names, strict=True)):
            known = "".join(each if each.isalnum() or each in "-_" else "_" for each in name)
            self._client.log_image(self._run, picture, f"examples/{number:02}-{known}.png")

    def figure(self, file: Path) -> None:
        """In ``figures/``."""
        self._client.log_artifact(self._run, str(file), "figures")

    def answers(self, answers: Answers) -> None:
        """``confusion_matrix.json``: ``classes``, and ``counts`` by class and answer."""
        content = {"classes": list(answers.classes), "counts": answers.matrix().tolist()}
        self._client.log_dict(self._run, content, "confusion_matrix.json")

    def results(self, values: Mapping[str, float]) -> None:
        """Metrics."""
        self.figures(values, self._step)

    def model(self, files: Sequence[Path]) -> None:
        """In ``model/``."""
        for file in files:
            self._client.log_artifact(self._run, str(file), "model")

    def end(self, failed: bool) -> None:
        """Ends MLflow's run."""
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")
