"""Prunelle."""
