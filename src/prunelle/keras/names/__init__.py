"""Names of programs' Keras that Keras 3 has not, or has with another meaning: a module for each import path."""

__all__ = ["__version__"]

__version__ = "2.15.0"
"""The Keras whose programs these mostly are; some programs print it."""
