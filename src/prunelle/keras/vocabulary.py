"""What a layer knows of tokens: how often each was seen, which are known, in what order, with what weights."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from prunelle.errors import ArgumentError


class Vocabulary:
    """Tokens in an order, and what was counted.

    It stands apart from its layer because Keras would take a layer's lists and dictionaries apart.

    Args:
        called: a token, as the layer's errors call it.
    """

    def __init__(self, called: str) -> None:
        self._called = called
        self.tokens: list[Any] = []
        self.places: dict[Any, int] = {}
        self.weights: list[float] = []
        self.forget()

    def forget(self) -> None:
        """Nothing was counted."""
        self.counts: Counter[Any] = Counter()
        self.documents: Counter[Any] = Counter()
        self.num_documents = 0

    def count(self, document: list[Any]) -> None:
        """One more document, which is a list of tokens."""
        self.counts.update(document)
        self.documents.update(set(document))
        self.num_documents += 1

    def ranked(
        self, order: Callable[[Any], Any], most: int | None, without: Collection[Any]
    ) -> tuple[list[Any], list[float]]:
        """What was counted: those that came most often first, of equals the greatest, and the weight of each.

        Args:
            order: by which equals are compared.
            most: how many, at most.
            without: those that are left out.
        """
        found = [token for token in self.counts if token not in without]
        found.sort(key=lambda token: (self.counts[token], order(token)), reverse=True)
        found = found if most is None else found[:most]
        return found, [math.log(1 + self.num_documents / (1 + self.documents[token])) for token in found]

    def given(
        self,
        tokens: list[Any],
        special: list[Any],
        max_tokens: int | None,
        idf_weights: Iterable[float] | None,
        *,
        weighed: bool,
    ) -> tuple[list[Any], list[float]]:
        """A program's own tokens, with or without the special ones before them, and their weights.

        Args:
            weighed: each token must have a weight.

        Raises:
            ArgumentError: a token twice, too many, or another number of weights.
        """
        if special and tokens[: len(special)] == special:
            tokens = tokens[len(special) :]
        if len(set(tokens)) < len(tokens):
            twice = next(token for token, count in Counter(tokens).items() if count > 1)
            raise ArgumentError(f"vocabulary must have each {self._called} once; {twice!r} is there again.")
        if max_tokens is not None and len(tokens) + len(special) > max_tokens:
            raise ArgumentError(
                f"vocabulary must have at most max_tokens={max_tokens} {self._called}s, with {special}; received "
                f"{len(tokens)} besides."
            )
        weights = [] if idf_weights is None else [float(each) for each in idf_weights]
        if weighed and len(weights) != len(tokens):
            raise ArgumentError(
                f"idf_weights must be as many as {self._called}s, {len(tokens)}, with output_mode='tf_idf'; received "
                f"{len(weights)}."
            )
        return tokens, weights
