"""``tf.gfile`` of TensorFlow 1."""

from __future__ import annotations

from prunelle.keras.names.tensorflow.io import gfile

Copy, DeleteRecursively, Exists, FastGFile, GFile = (
    gfile.copy,
    gfile.rmtree,
    gfile.exists,
    gfile.GFile,
    gfile.GFile,
)
Glob, IsDirectory, ListDirectory, MakeDirs, MkDir = (
    gfile.glob,
    gfile.isdir,
    gfile.listdir,
    gfile.makedirs,
    gfile.mkdir,
)
Open, Remove, Rename, Stat, Walk = gfile.GFile, gfile.remove, gfile.rename, gfile.stat, gfile.walk

__all__ = [
    *(
        "Copy",
        "DeleteRecursively",
        "Exists",
        "FastGFile",
        "GFile",
        "Glob",
        "IsDirectory",
        "ListDirectory",
        "MakeDirs",
    ),
    *("MkDir", "Open", "Remove", "Rename", "Stat", "Walk"),
]
