"""The model card: what a network is, what it was measured to be worth, and where not to use it, for who gets it.

In the Hugging Face hub's format: a front matter in YAML for programs, then Markdown for people. It is made of
``Facts``, which hold nothing of the machine at home, and of the check.
"""

from prunelle.exports.model_card.card import card
from prunelle.exports.model_card.written import Written

__all__ = ["Written", "card"]
