"""In the process of a notebook that ``run.py`` runs: what it would fetch comes from the stand-ins, or is left as it is.

``NOTEBOOK_FETCHED`` is the folder of what addresses have, by the address's last part. Nothing is looked at by checksum.
``fit`` and ``evaluate`` get the first examples or batches, as in the campaign of programs (``course_cuts.py`` there).
Published weights are those that the network was made with, random ones: ``weights="imagenet"``, ``pretrained=True``
and their like change nothing. Beside a CPU build of PyTorch torchvision misses two operations that it declares itself
where it was built with them: they are declared.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import io
import os
import shutil
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

_FETCHED = Path(os.environ.get("NOTEBOOK_FETCHED", "/nowhere"))


def _of(address: Any) -> Path:
    address = getattr(address, "full_url", address)
    name = Path(urllib.parse.urlsplit(str(address)).path).name
    return _FETCHED / ("fashion" if "ashion" in str(address) else "") / name


def _urlopen(address: Any, *args: Any, **given: Any) -> Any:
    if _of(address).is_file():
        return _Answer(_of(address).read_bytes())
    raise OSError("no network in this benchmark")


class _Answer(io.BytesIO):
    status = code = 200

    @property
    def headers(self) -> dict[str, str]:
        return {}

    def info(self) -> dict[str, str]:
        return self.headers

    def getcode(self) -> int:
        return self.status


def _urlretrieve(url: str, filename: Any = None, *args: Any, **given: Any) -> Any:
    if not _of(url).is_file():
        raise OSError("no network in this benchmark")
    return shutil.copy(_of(url), filename or _of(url).name), {}


def _requests(module: Any) -> None:
    def get(url: str, *args: Any, **given: Any) -> Any:
        answer = module.Response()
        answer.status_code, answer.raw = 200, _urlopen(url)
        return answer

    module.get = get


def _keras_files(module: Any) -> None:
    module._has_hash = lambda path, expected: path.is_file()


def _file_utils(module: Any) -> None:
    module.validate_file = lambda *told, **given: True


def _cuts(module: Any) -> None:
    sys.path.append(str(Path(__file__).parents[2] / "course_programs"))
    importlib.import_module("course_cuts")


def _published(module: Any) -> None:
    module.load = lambda *told, **given: None


def _applications(module: Any) -> None:
    """``keras.src.applications``' own: those of which Prunelle has no published weights."""
    for name, build in list(vars(module).items()):
        if name[:1].isupper() and callable(build):
            setattr(module, name, _unweighted(build))


def _unweighted(build: Any) -> Any:
    import functools
    import inspect

    signature = inspect.signature(build)

    @functools.wraps(build)
    def unweighted(*args: Any, **given: Any) -> Any:
        bound = signature.bind(*args, **given)
        bound.apply_defaults()
        if bound.arguments.get("weights") == "imagenet":
            bound.arguments["weights"] = None
        return build(*bound.args, **bound.kwargs)

    return unweighted


def _houses(module: Any) -> None:
    def fetch(remote: Any, dirname: Any = None, **given: Any) -> Path:
        return Path(shutil.copy(_FETCHED / "cal_housing.tgz", Path(dirname or ".") / remote.filename))

    module._fetch_remote = fetch


def _torchvision_datasets(module: Any) -> None:
    def download_url(url: str, root: Any, filename: Any = None, md5: Any = None, **given: Any) -> None:
        place = Path(root, filename or Path(urllib.parse.urlsplit(url).path).name)
        place.parent.mkdir(parents=True, exist_ok=True)
        _urlretrieve(url, place)

    module.download_url = download_url
    module.check_integrity = lambda path, md5=None: os.path.isfile(path)


def _torchvision_models(module: Any) -> None:
    import torch

    load = torch.nn.Module.load_state_dict

    def load_state_dict(self: Any, state_dict: Any, *args: Any, **given: Any) -> Any:
        return None if isinstance(state_dict, _Own) else load(self, state_dict, *args, **given)

    torch.nn.Module.load_state_dict = load_state_dict
    module.WeightsEnum.get_state_dict = lambda self, *args, **given: _Own()


class _Own(dict):  # type: ignore[type-arg]
    """The weights that a module has."""


_AFTER = {
    "requests": _requests,
    "prunelle.keras.files": _keras_files,
    "prunelle.keras.published": _published,
    "prunelle.keras.shortened": _cuts,
    "keras.src.utils.file_utils": _file_utils,
    "sklearn.datasets._california_housing": _houses,
    "torchvision.datasets.utils": _torchvision_datasets,
    "torchvision.models._api": _torchvision_models,
    **dict.fromkeys(
        (
            f"keras.src.applications.{name}"
            for name in ("mobilenet_v2", "efficientnet", "mobilenet", "densenet")
        ),
        _applications,
    ),
}


class _Imports(importlib.abc.MetaPathFinder):
    """Does what is said in ``_AFTER`` to a module that was imported."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname == "torchvision":
            self._declare()
        if fullname not in _AFTER or fullname in self.kept:
            return None
        self.kept.append(fullname)
        spec = importlib.util.find_spec(fullname)
        self.kept.remove(fullname)
        if spec is None or spec.loader is None:
            return None
        execute, after = spec.loader.exec_module, _AFTER[fullname]

        def exec_module(module: Any) -> None:
            execute(module)
            after(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def _declare(self) -> None:
        if any(not isinstance(each, str) for each in self.kept):
            return
        import torch

        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        self.kept.append(library)


if "NOTEBOOK_FETCHED" in os.environ:
    urllib.request.urlopen, urllib.request.urlretrieve = _urlopen, _urlretrieve
    sys.meta_path.insert(0, _Imports())
