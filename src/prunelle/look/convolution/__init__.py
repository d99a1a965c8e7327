"""Convolution itself, on a picture or a signal: its numbers (``arithmetic``), its figures and its page."""
