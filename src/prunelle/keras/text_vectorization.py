"""``TextVectorization``, which Keras 3 has only where TensorFlow is: from texts to numbers of words.

Texts are made plain (``standardize``), taken apart (``split``), joined again (``ngrams``) and numbered. It is Python's
strings that are worked on; functions of the program's own get what TensorFlow's would, tensors of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras
from prunelle.keras.vocabulary import Vocabulary

_PUNCTUATION = re.compile(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
_WORD = re.compile(r"[^ \t\n\v\f\r]+")  # TensorFlow's white space is ASCII's
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLIT = ("whitespace", "character")
_MODES = {
    **{mode: mode for mode in ("int", "one_hot", "multi_hot", "count", "tf_idf")},
    "binary": "multi_hot",
    "tf-idf": "tf_idf",
}
_UNKNOWN = "[UNK]"


class TextVectorization(keras.layers.Layer):  # type: ignore[misc]
    """Texts ``(N,)`` or ``(N, 1)`` → numbers of their words ``(N, longest)`` int64, or ``(N, words known)`` float32.

    Args:
        max_tokens: the size of the vocabulary at most, with what stands for the unknown (and for padding).
        standardize: ``"lower_and_strip_punctuation"``, ``"lower"``, ``"strip_punctuation"``, None or a function.
        split: ``"whitespace"``, ``"character"``, None or a function.
        ngrams: neighbouring words that count as one, too: up to so many, or exactly those in a tuple.
        output_mode: ``"int"``; or a figure a word: ``"multi_hot"``, ``"count"``, ``"tf_idf"``.
        output_sequence_length: with ``"int"``, how long each is made, by cutting and by zeros.
        pad_to_max_tokens: with a figure a word, ``max_tokens`` of them, though fewer are known.
        vocabulary: the words, or a file of them line by line; else ``adapt`` finds them.
        idf_weights: with ``"tf_idf"`` and a vocabulary, a weight a word.

    Raises:
        ArgumentError: arguments that contradict each other.
        UnknownName: a mode that is not there.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **given: Any,
    ) -> None:
        super().__init__(name=name, autocast=False, **{**given, "dtype": None})
        for argument, value, known in (("standardize", standardize, _STANDARDIZE), ("split", split, _SPLIT)):
            if isinstance(value, str) and value not in known:
                raise UnknownName(argument, value, known)
        if output_mode not in _MODES:
            raise UnknownName("output_mode", output_mode, tuple(_MODES))
        if sparse or ragged:
            raise ArgumentError(
                "sparse and ragged must be False: PyTorch's tensors are neither. Leave them out: what is shorter "
                "is filled with zeros."
            )
        if output_sequence_length is not None and _MODES[output_mode] != "int":
            raise ArgumentError(
                f"output_sequence_length goes with output_mode='int'; received {output_sequence_length} and "
                f"{output_mode!r}."
            )
        self.max_tokens, self.encoding = max_tokens, encoding
        self.standardize, self.split, self.ngrams = standardize, split, ngrams
        self.output_mode, self.output_sequence_length = _MODES[output_mode], output_sequence_length
        self.pad_to_max_tokens = pad_to_max_tokens
        self._known = Vocabulary("word")
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learn the vocabulary: the words that come most often first, of equals the last in the alphabet.

        Args:
            data: texts, or batches of texts.
            batch_size: without effect.
            steps: how many batches, at most.
        """
        self.reset_state()
        texts = isinstance(data, (str, bytes, list, tuple, np.ndarray)) or not hasattr(data, "__iter__")
        if texts or _is_text(data):
            self.update_state(data)
        else:
            for number, batch in enumerate(data):
                if steps is not None and number >= steps:
                    break
                self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Nothing was counted."""
        self._known.forget()

    def update_state(self, data: Any) -> None:
        """Count the words of a batch of texts."""
        for tokens in self._tokens(data)[0]:
            self._known.count(tokens)

    def finalize_state(self) -> None:
        """The vocabulary of what was counted."""
        most = None if self.max_tokens is None else self.max_tokens - self._first_word()
        self._set(*self._known.ranked(str.encode, most, without=[""]))  # "" stands for padding

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """The words from now on, with or without what stands for padding and the unknown before them.

        Raises:
            ArgumentError: a word twice, too many, or weights that are missing or too many.
        """
        if isinstance(vocabulary, (str, Path)):
            vocabulary = Path(vocabulary).read_text(encoding=self.encoding).splitlines()
        words = [_decoded(word, self.encoding) for word in _as_list(vocabulary)]
        special, weighed = ["", _UNKNOWN][-self._first_word() :], self.output_mode == "tf_idf"
        self._set(*self._known.given(words, special, self.max_tokens, idf_weights, weighed=weighed))

    def _set(self, words: Sequence[str], weights: Sequence[float]) -> None:
        first = self._first_word()
        self._known.tokens = list(words)
        self._known.places = {word: first + i for i, word in enumerate(words)}
        mean = float(np.mean(weights)) if len(weights) else 0.0
        self._known.weights = [mean, *weights]  # the unknown's is the mean

    def _first_word(self) -> int:
        """The number of the first word: after the unknown, and after padding where there is any."""
        return 2 if self.output_mode == "int" else 1

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The words in the order of their numbers."""
        special = ["", _UNKNOWN][-self._first_word() :]
        return [*special, *self._known.tokens] if include_special_tokens else list(self._known.tokens)

    def vocabulary_size(self) -> int:
        """How many numbers there are."""
        return self._first_word() + len(self._known.tokens)

    def call(self, inputs: Any) -> torch.Tensor:
        """Texts → numbers."""
        tokens, scalar = self._tokens(inputs)
        unknown = self._first_word() - 1
        numbers = [
            [0 if t == "" and unknown else self._known.places.get(t, unknown) for t in each]
            for each in tokens
        ]
        if self.output_mode == "int":
            found = self._padded(numbers)
            if self.split is None and self.output_sequence_length is None:
                found = found.reshape(_shape(inputs))
        else:
            found = self._figures(numbers)
        return torch.from_numpy(found[0] if scalar and found.ndim > 1 else found)

    def _padded(self, numbers: list[list[int]]) -> np.ndarray:
        length = self.output_sequence_length
        if length is None:
            length = max(map(len, numbers), default=0)
        found = np.zeros((len(numbers), length), np.int64)
        for row, each in zip(found, numbers, strict=True):
            row[: len(each)] = each[:length]
        return found

    def _figures(self, numbers: list[list[int]]) -> np.ndarray:
        wide = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()
        found = np.zeros((len(numbers), wide), np.float32)
        for row, each in zip(found, numbers, strict=True):
            np.add.at(row, each, 1)
        if self.output_mode in ("multi_hot", "one_hot"):
            return np.minimum(found, 1)
        if self.output_mode == "tf_idf":
            found[:, : len(self._known.weights)] *= np.asarray(self._known.weights, np.float32)
        return found

    def _tokens(self, inputs: Any) -> tuple[list[list[str]], bool]:
        """The words of each text, and whether there was one text alone, in no array."""
        shape = _shape(inputs)
        if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1 and self.split is not None):
            raise ArgumentError(
                f"texts must be in an array of shape (N,) or (N, 1), to be split; received shape {shape}."
            )
        texts: Any = inputs
        if callable(self.standardize):
            texts = self.standardize(_as_texts(inputs))
        plain = [self._standardized(text) for text in _flat(texts, self.encoding)]
        if callable(self.split):
            parts = self.split(_as_texts(plain))
            apart = [_flat(part, self.encoding) for part in parts]
        elif self.split is None:
            rows = shape[0] if len(shape) == 2 else len(plain)
            apart = [list(row) for row in np.array(plain, dtype=object).reshape(rows, -1)] if plain else []
        else:
            apart = [_WORD.findall(text) if self.split == "whitespace" else list(text) for text in plain]
        return [self._joined(each) for each in apart], shape == ()

    def _standardized(self, text: str) -> str:
        if self.standardize in ("lower", "lower_and_strip_punctuation"):
            # TensorFlow's makes ASCII's letters small alone.
            text = re.sub("[A-Z]", lambda letter: letter[0].lower(), text)
        if self.standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
            text = _PUNCTUATION.sub("", text)
        return text

    def _joined(self, tokens: list[str]) -> list[str]:
        if self.ngrams is None:
            return tokens
        widths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        return [" ".join(tokens[i : i + n]) for n in widths for i in range(len(tokens) - n + 1)]

    def compute_output_spec(self, inputs: Any) -> Any:
        """Of texts that are not there yet."""
        if self.output_mode == "int":
            return keras.KerasTensor((inputs.shape[0], self.output_sequence_length), dtype="int64")
        wide = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()
        return keras.KerasTensor((inputs.shape[0], wide), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the vocabulary as it is."""
        words = self.get_vocabulary(include_special_tokens=False)
        return {
            "name": self.name,
            "max_tokens": self.max_tokens,
            "standardize": _said(self.standardize),
            "split": _said(self.split),
            "ngrams": self.ngrams,
            "output_mode": self.output_mode,
            "output_sequence_length": self.output_sequence_length,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "vocabulary": words or None,
            "idf_weights": np.asarray(self._known.weights[1:], np.float32).tolist()
            if words and self.output_mode == "tf_idf"
            else None,
            "encoding": self.encoding,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TextVectorization:
        """A layer of such a configuration."""
        restored = {
            name: keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
            for name, value in config.items()
        }
        ngrams = restored.get("ngrams")
        return cls(**{**restored, "ngrams": tuple(ngrams) if isinstance(ngrams, list) else ngrams})


def _said(value: Any) -> Any:
    return keras.saving.serialize_keras_object(value) if callable(value) else value


def _is_text(data: Any) -> bool:
    """Whether it is a tensor of texts."""
    return getattr(getattr(data, "dtype", None), "name", None) == "string"


def _as_list(values: Any) -> list[Any]:
    found = values.numpy() if _is_text(values) else values
    return list(np.asarray(found, dtype=object).reshape(-1)) if isinstance(found, np.ndarray) else list(found)


def _shape(texts: Any) -> tuple[int, ...]:
    if isinstance(texts, (str, bytes)):
        return ()
    if isinstance(texts, (list, tuple)):
        return (len(texts), *_shape(texts[0])) if texts else (0,)
    return tuple(texts.shape)


def _flat(texts: Any, encoding: str) -> list[str]:
    """Python's strings, in a row."""
    if isinstance(texts, (str, bytes)):
        return [_decoded(texts, encoding)]
    if isinstance(texts, (list, tuple)):
        return [one for each in texts for one in _flat(each, encoding)]
    values: Iterable[Any] = np.asarray(
        texts.numpy() if hasattr(texts, "numpy") else texts, dtype=object
    ).reshape(-1)
    return [_decoded(one, encoding) for one in values]


def _decoded(text: Any, encoding: str) -> str:
    if isinstance(text, bytes):
        return text.decode(encoding, errors="replace")
    if isinstance(text, str):
        return str(text)
    raise ArgumentError(f"texts must be strings; received {type(text).__name__}: {text!r}.")


def _as_texts(texts: Any) -> Any:
    """A tensor of texts."""
    return texts if _is_text(texts) else Text(texts)
