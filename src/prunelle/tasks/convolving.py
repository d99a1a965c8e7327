"""``convolve``: the operation itself, on pictures and signals by name, by path, or as numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from numpy.typing import ArrayLike

from prunelle.console.listeners import Style, make_listener
from prunelle.jobs import convolving
from prunelle.look.convolution.arithmetic import Border, Channels, Padding
from prunelle.look.convolution.result import ConvolutionResult
from prunelle.scalars import plain_arguments
from prunelle.texts import Language


@plain_arguments
def convolve(
    source: ArrayLike | str | Path,
    kernel: ArrayLike | str | None = None,
    *,
    padding: Padding | int | Sequence[int] = "valid",
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    border: Border = "zeros",
    flip: bool = False,
    channels: Channels | Literal["grey"] = "sum",
) -> ConvolutionResult:
    """Slides a kernel over a picture or a signal, and keeps every number to look at.

    Args:
        source: ``(L,)``, ``(H, W)`` or ``(H, W, C)`` numbers; the path of a picture; ``china``, ``flower``,
            ``digit:0`` to ``digit:9``, ``step``, ``bump``, ``noise``; or numbers as text, ``0,0,1,1`` or
            ``1,2;3,4``. A picture's values are 0 to 255 (a digit's 0 to 16).
        kernel: numbers, ``(K,)``, ``(KH, KW)`` or ``(KH, KW, C)``; numbers as text; or a name: ``box``,
            ``gaussian``, ``gaussian:9``, ``sobel-x``, ``sobel-y``, ``sharpen``, ``laplacian``, ``emboss``,
            ``redness``, ``identity``; for signals ``box``, ``gaussian``, ``derivative``, ``sharpen``,
            ``laplacian``, ``identity``. None for ``sobel-x``, or ``derivative``.
        padding, stride, dilation, border, flip: as ``prunelle.look.convolution.result.convolve``.
        channels: ``sum`` the channels of a colour picture into one map, as a network does; ``each`` for itself;
            or ``grey``, its luminance.

    Returns:
        Input, kernel and output as arrays; ``.save(folder)`` writes figures and animations of it.

    Raises:
        ArgumentError: a value breaks a rule; an unknown name suggests close ones.
        MissingData: there is no such file.
        BadPicture: the file is no picture that can be read.

    Example:
        >>> result = convolve("china", "sobel-x", padding="same", stride=2, channels="grey")
        >>> result.output.shape
        (214, 320)
        >>> result.save("convolve-china")  # doctest: +SKIP
    """
    return convolving.convolve(
        source,
        kernel,
        padding=padding,
        stride=stride,
        dilation=dilation,
        border=border,
        flip=flip,
        channels=channels,
    )


def save_convolution(
    result: ConvolutionResult,
    folder: str | Path,
    *,
    only: Sequence[str] = (),
    language: Language | None = None,
    style: Style = "auto",
) -> list[Path]:
    """``result.save(folder)``, with its progress shown and what was left out said; the page comes first."""
    with contextlib.closing(make_listener(style, language)) as listener:
        return convolving.save_convolution(result, Path(folder), listener, only=only, language=language)
