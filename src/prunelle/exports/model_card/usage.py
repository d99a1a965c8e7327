"""How to use a file: five lines for each runtime of its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prunelle.exports.model_card.markdown import code, joined
from prunelle.exports.model_card.written import Written
from prunelle.exports.subject import Subject
from prunelle.texts import Note, Typography

_BUNDLE = Note(
    "`pip install -r requirements.txt`, then `python predict.py {files}`: the script beside this file is all there is.",
    "`pip install -r requirements.txt`, puis `python predict.py {files}` : il n’y a rien d’autre que le script à côté "
    "de ce fichier.",
)
_FILES = {
    "pictures": Note("PHOTOS-OR-FOLDERS", "PHOTOS-OU-DOSSIERS"),
    "series": Note("FILES.csv", "FICHIERS.csv"),
}
_PYTHON = {
    "pictures": Note(
        "In Python, with `pip install onnxruntime pillow`:",
        "En Python, avec `pip install onnxruntime pillow` :",
    ),
    "series": Note(
        "In Python, with `pip install onnxruntime`:", "En Python, avec `pip install onnxruntime` :"
    ),
}
_JAVASCRIPT = Note(
    "In a browser or in Node, with `npm install onnxruntime-web` (`data`: {data}):",
    "Dans un navigateur ou Node, avec `npm install onnxruntime-web` (`data` : {data}) :",
)
_DATA = {
    "pictures": Note("height × width × 3 bytes, RGB", "hauteur × largeur × 3 octets, RVB"),
    "series": Note("steps × channels numbers, as a Float32Array", "pas × voies nombres, un Float32Array"),
}
_ELSEWHERE = Note(
    "In C++, C# and Java the same file and the same names (`{raw}` in, `answers` out) go through onnxruntime's own "
    "`InferenceSession`. `{batch}` takes batches that are prepared already: `batch`, {shape} float32.",
    "En C++, C# et Java, le même fichier et les mêmes noms (`{raw}` en entrée, `answers` en sortie) passent par "
    "`InferenceSession` d’onnxruntime. `{batch}` prend des lots déjà préparés : `batch`, {shape} float32.",
)
_PT2 = Note(
    "In Python, with PyTorch alone (C++: compiled by AOTInductor from the same file):",
    "En Python, avec PyTorch seul (C++ : compilé par AOTInductor à partir du même fichier) :",
)
_HTML = Note(
    "Open `{file}` in a browser, from the disk or by mail, without a network: drop a picture, or take one.",
    "Ouvrez `{file}` dans un navigateur, depuis le disque ou un courriel, sans réseau : déposez une image, ou "
    "prenez-la.",
)
_FILE = Note(
    "`{file}`: see its format's own documentation.", "`{file}` : voir la documentation de son format."
)

_READ = {
    "pictures": """from PIL import Image, ImageOps

picture = np.asarray(ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB"))""",
    "series": """
series = np.loadtxt("series.csv", delimiter=",", dtype=np.float32, ndmin=2)  # a line a step, a column a channel""",
}
_TENSORS = {"pictures": ("uint8", "[height, width, 3]"), "series": ("float32", "[steps, channels]")}
_RAW = {"pictures": "picture", "series": "series"}


def usage(written: Written, words: Typography) -> str:
    """For who has never seen Prunelle."""
    parts = []
    if "predict.py" in written.files:
        parts.append(words.note(_BUNDLE, files=words.note(_FILES[written.subject.kind])))
    return joined([*parts, *_BY_FORMAT.get(written.format, _other)(written, words)])


def _onnx(written: Written, words: Typography) -> Iterator[str]:
    subject, main = written.subject, written.files[0]
    raw = _RAW[subject.kind]
    yield words.note(_PYTHON[subject.kind])
    yield code(
        "python",
        f"""
import json
import numpy as np, onnxruntime
{_READ[subject.kind]}
network = onnxruntime.InferenceSession("{main}")
classes = json.loads(network.get_modelmeta().custom_metadata_map["classes"])
scores = network.run(None, {{"{raw}": {raw}}})[0]
print({_python_answer(subject)})""",
    )
    yield words.note(_JAVASCRIPT, data=words.note(_DATA[subject.kind]))
    kind, shape = _TENSORS[subject.kind]
    yield code(
        "js",
        f"""
import * as ort from "onnxruntime-web";
const network = await ort.InferenceSession.create("{main}");
const {raw} = new ort.Tensor("{kind}", data, {shape});
const {{ answers }} = await network.run({{ {raw} }});
console.log(answers.data);""",
    )
    shape = "(N, " + ", ".join(map(str, subject.preprocess.input_shape)) + ")"
    yield words.note(_ELSEWHERE, raw=raw, batch=written.files[1], shape=shape)


def _python_answer(subject: Subject) -> str:
    if subject.target.kind == "number":
        return "classes[0], scores[0]"
    if subject.target.kind == "labels":
        return "[(name, score) for name, score in zip(classes, scores)]"
    return "classes[scores.argmax()], scores.max()"


def _pt2(written: Written, words: Typography) -> Iterator[str]:
    subject = written.subject
    raw = _RAW[subject.kind]
    yield words.note(_PT2)
    yield code(
        "python",
        f"""
import numpy as np, torch
{_READ[subject.kind]}
network = torch.export.load("{written.files[0]}").module()
scores = network(torch.from_numpy({raw}.copy()))
print({"scores" if subject.target.kind != "class" else "scores.argmax(), scores.max()"})""",
    )


def _html(written: Written, words: Typography) -> Iterator[str]:
    yield words.note(_HTML, file=written.files[0])


def _other(written: Written, words: Typography) -> Iterator[str]:
    yield words.note(_FILE, file=written.files[0])


_BY_FORMAT: Mapping[str, Callable[[Written, Typography], Iterator[str]]] = {
    "onnx": _onnx,
    "pt2": _pt2,
    "html": _html,
}
"""By the format's name."""
