"""What a machine says that has not memory enough, what a person can do about it, and memory given back to it."""

from __future__ import annotations

import ctypes
import errno
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prunelle.errors import OutOfMemory

# Of PyTorch's allocators, CUDA's libraries, and C++.
_WORDS = re.compile(r"(not enough|out of|can(no|')t allocate) memory|ALLOC_FAILED|bad_alloc", re.IGNORECASE)
_ASKED = re.compile(r"[Tt]ried to allocate (?:(\d+) bytes|([\d.]+ ?[KMGT]?i?B))")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether that is what went wrong."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and _WORDS.search(str(error)) is not None


def out_of_memory(error: BaseException) -> OutOfMemory:
    """The same in a sentence that says what to make smaller."""
    match = _ASKED.search(str(error))
    request = ""
    if match is not None:
        request = f": {f'{int(match[1]) / 1e9:,.1f} GB' if match[1] else match[2]} more were asked for"
    return OutOfMemory(
        f"out of memory{request}. End other programs, or keep fewer "
        f"decoded pictures in memory (--memory 200MB); else train anew with smaller batches (--batch-size), smaller "
        f"examples (--size) or a smaller network."
    )


@contextmanager
def explain_memory_errors() -> Iterator[None]:
    """Inside, running out of memory ends in that sentence.

    Raises:
        OutOfMemory: it did.
    """
    try:
        yield
    except (MemoryError, OSError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(error) from error


def give_back_freed() -> None:
    """What this process freed and keeps goes back to the system, whichever thread it was; glibc alone can be asked."""
    if malloc_trim := of_glibc("malloc_trim"):
        malloc_trim(0)


def of_glibc(name: str) -> Callable[..., int] | None:
    """A function of the C library that this process uses; None where that is not glibc, or has no such function."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL("libc.so.6"), name)
    except (OSError, AttributeError):  # musl and others
        return None
    return function
