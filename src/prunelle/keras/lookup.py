"""``StringLookup`` and ``IntegerLookup``, which Keras 3 has only where TensorFlow is: tokens → their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras
from prunelle.keras.vocabulary import Vocabulary

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_NOTHING = -2
"""The place of a mask among figures: it counts for none."""
_OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


class Lookup(keras.layers.Layer):  # type: ignore[misc]
    """Tokens in any shape → their places in a vocabulary, or a figure for each of them.

    Figures are float32, as tf.keras had them; Keras 3 on TensorFlow gives some as int64.

    Args:
        max_tokens: the size of the vocabulary at most, with those of the mask and of what is unknown.
        num_oov_indices: places of what is unknown: 1, or 0 if there is to be none of it.
        mask_token, oov_token: what stands for 0, and for the unknown after it.
        vocabulary: the tokens, or a file of them line by line; else ``adapt`` finds them.
        idf_weights: with ``"tf_idf"`` and a vocabulary, a weight a token.
        invert: from places to tokens.
        output_mode: ``"int"``; ``"one_hot"``, or of all of the last axis ``"multi_hot"``, ``"count"``, ``"tf_idf"``.
        pad_to_max_tokens: ``max_tokens`` figures, though fewer tokens are known.

    Raises:
        ArgumentError: arguments that contradict each other.
        UnknownName: a mode that is not there.
    """

    _unknown: ClassVar[Any]
    _dtype_of_tokens: ClassVar[str]

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = None,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **given: Any,
    ) -> None:
        given.pop("vocabulary_dtype", None)
        super().__init__(name=name, **given)
        mode = _OLD_MODES.get(output_mode, output_mode)
        if mode not in _MODES:
            raise UnknownName("output_mode", output_mode, _MODES)
        if sparse:
            raise ArgumentError("sparse must be False: there are no sparse tensors here. Leave it out.")
        if num_oov_indices not in (0, 1):
            raise ArgumentError(
                f"num_oov_indices must be 0 or 1: TensorFlow's hash of what is unknown is not here; received "
                f"{num_oov_indices}."
            )
        if invert and mode != "int":
            raise ArgumentError(f"invert goes with output_mode='int'; received {output_mode!r}.")
        self.max_tokens, self.num_oov_indices = max_tokens, num_oov_indices
        self.mask_token = mask_token
        self.oov_token = self._unknown if oov_token is None else oov_token
        self.invert, self.output_mode = invert, mode
        self.pad_to_max_tokens, self.encoding = pad_to_max_tokens, encoding
        self._known = Vocabulary("token")
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def _special(self) -> list[Any]:
        """What stands before the tokens; figures have none for the mask."""
        mask = [] if self.mask_token is None or self.output_mode != "int" else [self.mask_token]
        return mask + [self.oov_token] * self.num_oov_indices

    def adapt(self, data: Any, steps: int | None = None, batch_size: int | None = None) -> None:
        """Learn the vocabulary: the tokens that come most often first, of equals the greatest first."""
        self.reset_state()
        batches = hasattr(data, "__iter__") and not (
            isinstance(data, (str, bytes, list, tuple, np.ndarray, Text, torch.Tensor))
        )
        for number, batch in enumerate(data if batches else [data]):
            if steps is not None and number >= steps:
                break
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Nothing was counted."""
        self._known.forget()

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch; a row is a document."""
        tokens = self._array(data)
        rows = tokens.reshape(len(tokens), -1) if tokens.ndim > 1 else tokens.reshape(-1, 1)
        for row in rows:
            self._known.count(row.tolist())

    def finalize_state(self) -> None:
        """The vocabulary of what was counted."""
        special = self._special()
        most = None if self.max_tokens is None else self.max_tokens - len(special)
        self._set(*self._known.ranked(self._order, most, without=[*special, self.mask_token]))

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """The tokens from now on, with or without what stands for the mask and the unknown before them.

        Raises:
            ArgumentError: a token twice, too many, or weights that are missing.
        """
        if isinstance(vocabulary, (str, Path)):
            vocabulary = Path(vocabulary).read_text(encoding=self.encoding).splitlines()
        tokens = self._array(vocabulary).reshape(-1).tolist()
        weighed = self.output_mode == "tf_idf"
        self._set(*self._known.given(tokens, self._special(), self.max_tokens, idf_weights, weighed=weighed))

    def _set(self, tokens: list[Any], weights: list[float]) -> None:
        first = len(self._special())
        self._known.tokens, self._known.weights = tokens, weights
        self._known.places = {token: first + i for i, token in enumerate(tokens)}
        if self.mask_token is not None:
            self._known.places[self.mask_token] = 0 if self.output_mode == "int" else _NOTHING

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their places."""
        return [*(self._special() if include_special_tokens else ()), *self._known.tokens]

    def vocabulary_size(self) -> int:
        """How many places there are."""
        return len(self._special()) + len(self._known.tokens)

    def call(self, inputs: Any) -> Any:
        """Tokens → places or figures; with ``invert`` places → tokens.

        Raises:
            InvalidArgumentError: an unknown token where there is no place for one.
        """
        if self.invert:
            return self._tokens_at(np.asarray(inputs.detach().cpu() if torch.is_tensor(inputs) else inputs))
        tokens = self._array(inputs)
        unknown = len(self._special()) - 1
        flat = [self._known.places.get(token, -1) for token in tokens.reshape(-1).tolist()]
        if not self.num_oov_indices and -1 in flat:
            token = tokens.reshape(-1).tolist()[flat.index(-1)]
            raise InvalidArgumentError(
                f"each token must be in the vocabulary where num_oov_indices=0; received {token!r}."
            )
        places = np.array([unknown if each == -1 else each for each in flat], np.int64).reshape(tokens.shape)
        if self.output_mode == "int":
            return torch.from_numpy(places)
        return torch.from_numpy(self._figures(places))

    def _figures(self, places: np.ndarray) -> np.ndarray:
        if self.output_mode == "one_hot":
            places = places if places.ndim > 1 and places.shape[-1] == 1 else places[..., np.newaxis]
        lists = places.reshape(-1, places.shape[-1] if places.ndim else 1)
        found = np.zeros((len(lists), self._wide()), np.float32)
        for row, numbers in zip(found, lists, strict=True):
            np.add.at(row, numbers[numbers != _NOTHING], 1)
        if self.output_mode == "multi_hot":
            found = np.minimum(found, 1)
        elif self.output_mode == "tf_idf":
            weights = np.asarray(self._known.weights, np.float32)
            first = len(self._special())
            found[:, :first] *= weights.mean() if len(weights) else 0
            found[:, first : first + len(weights)] *= weights
        return found.reshape(*places.shape[:-1], self._wide())

    def _wide(self) -> int:
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()

    def _tokens_at(self, places: np.ndarray) -> Any:
        table = self.get_vocabulary()
        found = [table[p] if 0 <= p < len(table) else self.oov_token for p in places.reshape(-1).tolist()]
        if self._dtype_of_tokens == "string":
            return Text(np.array(found, dtype=object).reshape(places.shape))
        return torch.tensor(found, dtype=torch.int64).reshape(places.shape)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Of tokens that are not there yet."""
        shape = tuple(inputs.shape)
        if self.output_mode == "int":
            return keras.KerasTensor(shape, dtype=self._dtype_of_tokens if self.invert else "int64")
        before = shape[:-1] if self.output_mode != "one_hot" or (len(shape) > 1 and shape[-1] == 1) else shape
        return keras.KerasTensor((*before, self._wide()), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the vocabulary as it is."""
        return {
            "name": self.name,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "mask_token": self.mask_token,
            "oov_token": self.oov_token,
            "vocabulary": list(self._known.tokens) or None,
            "idf_weights": list(self._known.weights) if self.output_mode == "tf_idf" else None,
            "invert": self.invert,
            "output_mode": self.output_mode,
            "pad_to_max_tokens": self.pad_to_max_tokens,
        }

    def _array(self, tokens: Any) -> np.ndarray:
        raise NotImplementedError

    def _order(self, token: Any) -> Any:
        return token


class StringLookup(Lookup):
    """Texts → their places in a vocabulary. See ``Lookup``; what is unknown is ``"[UNK]"``."""

    _unknown, _dtype_of_tokens = "[UNK]", "string"

    def _array(self, tokens: Any) -> np.ndarray:
        array: Any = np.asarray(tokens if isinstance(tokens, Text) else Text(tokens))
        found = np.empty(array.shape, dtype=object)
        for place in np.ndindex(array.shape):
            found[place] = array[place].decode(self.encoding, errors="replace")
        return found

    def _order(self, token: str) -> bytes:
        return token.encode()


class IntegerLookup(Lookup):
    """Whole numbers → their places in a vocabulary. See ``Lookup``; what is unknown is -1."""

    _unknown, _dtype_of_tokens = -1, "int64"

    def _array(self, tokens: Any) -> np.ndarray:
        return np.asarray(tokens.detach().cpu() if torch.is_tensor(tokens) else tokens).astype(np.int64)
