"""The words for files that are not whole."""

DAMAGED = "truncated or damaged"
WRONG_CHECKSUM = "damaged, a checksum is wrong: {where}"
