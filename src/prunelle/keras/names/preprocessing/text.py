"""``keras.preprocessing.text``: texts as numbers of words. Keras 3 still has it, under a name that is not public."""

from __future__ import annotations

from prunelle.keras.floor import private

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

_text = private("legacy.preprocessing.text")

Tokenizer = _text.Tokenizer
hashing_trick = _text.hashing_trick
one_hot = _text.one_hot
text_to_word_sequence = _text.text_to_word_sequence
tokenizer_from_json = _text.tokenizer_from_json
