"""The operation: input, kernel and output, with shapes, formula and one value worked out."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing import curves, figures, fonts, grids, palette
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution.arithmetic import Convolution
from prunelle.texts import Language, Note

INPUT = Note("Input", "Entrée")
KERNEL = Note("Kernel", "Noyau")
OUTPUT = Note("Output", "Sortie")
WITH_NAME = Note("{title}: {name}", "{title} : {name}")
CORRELATION = Note("cross-correlation", "corrélation croisée")
PROPER = Note("convolution proper, kernel turned over", "convolution au sens propre, noyau retourné")
SETTINGS = Note(
    "padding: {padding} · stride: {stride} · dilation: {dilation}",
    "bordure ajoutée : {padding} · pas : {stride} · dilatation : {dilation}",
)
NONE = Note("none", "aucune")
BORDERS = {
    "zeros": Note("{n} (zeros)", "{n} (zéros)"),
    "replicate": Note("{n} (last value repeated)", "{n} (dernière valeur répétée)"),
    "reflect": Note("{n} (mirror)", "{n} (miroir)"),
    "circular": Note("{n} (other side)", "{n} (autre bord)"),
}
SIZES = Note("Size of the output: {formulas}", "Taille de la sortie : {formulas}")
AND = Note(" and ", " et ")
FRAMED = Note("Framed: {sum}", "Encadré : {sum}")
RINGED = Note("Ringed: {sum}", "Cerclé : {sum}")
EVERY_CHANNEL = Note("the same on each channel", "le même sur chaque canal")


def settings_text(result: Convolution, language: Language) -> str:
    """``padding: 1 (zeros) · stride: 2 · dilation: 1``."""

    def each(values: tuple[int, ...]) -> str:
        return str(values[0]) if len(set(values)) == 1 else " × ".join(map(str, values))

    sides = [str(a) if a == b else f"{a}+{b}" for a, b in result.padding]
    amount = sides[0] if len(set(sides)) == 1 else " × ".join(sides)
    empty = not any(map(any, result.padding))
    padding = draw.say(NONE, language) if empty else draw.say(BORDERS[result.border], language, n=amount)
    return draw.say(
        SETTINGS, language, padding=padding, stride=each(result.stride), dilation=each(result.dilation)
    )


def titled(title: Note, name: str, language: Language) -> str:
    """``Input: china``; the title alone without a name."""
    text = draw.say(title, language)
    return draw.say(WITH_NAME, language, title=text, name=name) if name else text


def sign(result: Convolution) -> str:
    """The operation's sign, between input and kernel."""
    return "∗" if result.flip else "⋆"


def operation(result: Convolution, language: Language) -> Figure:
    """Input, kernel and output, with shapes and the formula."""
    return _signal(result, language) if result.dims == 1 else _picture(result, language)


def numbered(values: np.ndarray) -> bool:
    """Whether a picture is shown as numbers."""
    return values.ndim == 2 and max(values.shape) <= grids.MOST_NUMBERED


def _picture(result: Convolution, language: Language) -> Figure:
    spot = strongest(result) if numbered(result.input) and numbered(result.output) else None
    foot = 1.95 if spot is None else 2.05
    box = (4.7, 4.7)
    sizes = [grids.fit(values.shape[:2], box) for values in (result.input, result.output)]
    tall = max(2.9, *(high for _, high in sizes))
    figure = draw.canvas(foot + tall + 0.8)
    middle = foot + tall / 2
    lefts = (0.4, draw.WIDTH - 0.4 - box[0])
    names = (titled(INPUT, result.input_name, language), draw.say(OUTPUT, language))
    panels = []
    for values, (wide, high), left, name in zip(
        (result.input, result.output), sizes, lefts, names, strict=True
    ):
        x, y = left + (box[0] - wide) / 2, middle - high / 2
        axes = figures.place(figure, x, y, wide, high)
        panels.append(axes)
        if numbered(values):
            grids.cells(axes, values, draw.written(language), fills=grids.pale(values, grids.limits(values)))
        else:
            grids.show(axes, values, grids.limits(values))
            if not grids.is_colour(values):
                draw.scale(figure, x + wide / 2, y - 0.24, wide * 0.6, values, language=language)
        draw.heading(figure, left + box[0] / 2, y + high, name, draw.shape_text(values))
    _kernel(figure, result, middle, tall, language)
    figures.write(figure, lefts[0] + box[0] + 0.3, middle, sign(result), size=40, vertical="center")
    figures.write(figure, lefts[1] - 0.3, middle, "=", size=26, vertical="center")
    if spot is not None:
        start = [
            s * p - before for s, p, (before, _) in zip(result.stride, spot, result.padding, strict=True)
        ]
        figures.frame(panels[0], start[0], start[1], *result.extent)
        figures.frame(panels[1], spot[0], spot[1], 1, 1)
    _foot(figure, result, spot, language)
    return figure


def strongest(result: Convolution) -> tuple[int, ...] | None:
    """The output furthest from zero among those whose window holds no padding; None where each does."""
    inside = [
        [
            step * place - before >= 0 and step * place - before + span <= size
            for place in range(result.output.shape[axis])
        ]
        for axis, (step, (before, _), span, size) in enumerate(
            zip(result.stride, result.padding, result.extent, result.input.shape, strict=False)
        )
    ]
    whole = np.array(inside[0]) if result.dims == 1 else np.outer(np.array(inside[0]), np.array(inside[1]))
    if not whole.any() or result.output.ndim > result.dims:
        return None
    sizes = np.where(whole, np.abs(result.output), -1)
    return tuple(int(at) for at in np.unravel_index(int(sizes.argmax()), sizes.shape))


def sum_text(result: Convolution, place: tuple[int, ...], language: Language) -> str:
    """``(−1)·3 + 0·5 + 1·8 = 5``, long ones in lines; weights that are fractions over one divisor."""
    _, divisor = draw.fraction(result.weights)

    def factor(value: float) -> str:
        text = draw.number(value, language)
        return f"({text})" if value < 0 else text

    products = [f"{factor(weight * divisor)}·{factor(value)}" for weight, value in result.terms(*place)]
    text = draw.wrapped(products)
    if divisor > 1:
        text = f"({text}) / {divisor}"
    return f"{text} = {draw.number(float(result.output[place]), language, 6)}"


def _kernel(figure: Figure, result: Convolution, middle: float, tall: float, language: Language) -> None:
    """The kernel as it slides, in the middle of the figure; slices that differ, one above the other."""
    x, weights = draw.WIDTH / 2, result.weights
    slices = [weights] if weights.ndim == 2 else [weights[..., c] for c in range(weights.shape[-1])]
    same = all(np.array_equal(one, slices[0]) for one in slices)
    if same or len(slices) > 3:
        slices = slices[:1]
    side = 1.5 if len(slices) == 1 else min(1.0, (tall - 0.8) / 3 - 0.1)
    wide, high = grids.fit(slices[0].shape, (side, side))
    pile = len(slices) * high + (len(slices) - 1) * 0.1
    top = middle + pile / 2
    title = draw.say(KERNEL, language)
    if result.kernel_name:
        figures.write(figure, x, top + 0.64, title, bold=True)
    draw.heading(figure, x, top, result.kernel_name or title, draw.shape_text(weights))
    whole, divisor = draw.fraction(np.stack(slices))
    for place, one in enumerate(whole):
        bottom = top - high - place * (high + 0.1)
        draw_kernel(
            figure,
            one,
            x - wide / 2,
            bottom,
            wide,
            high=high,
            most=float(np.abs(whole).max()),
            language=language,
        )
    below = middle - pile / 2 - 0.28
    if divisor > 1:
        figures.write(figure, x, below, f"× 1/{divisor}")
        below -= 0.28
    if weights.ndim == 3 and same:
        figures.write(
            figure, x, below, draw.say(EVERY_CHANNEL, language), size=fonts.SMALL, colour=palette.MUTED
        )


def kernel_cells(
    figure: Figure,
    weights: np.ndarray,
    left: float,
    bottom: float,
    wide: float,
    high: float,
    language: Language,
) -> None:
    """A kernel as whole numbers in coloured cells, with what divides them under it."""
    whole, divisor = draw.fraction(weights)
    draw_kernel(
        figure, whole, left, bottom, wide, high=high, most=float(np.abs(whole).max()), language=language
    )
    if divisor > 1:
        figures.write(figure, left + wide / 2, bottom - 0.24, f"× 1/{divisor}", size=fonts.SMALL)


def draw_kernel(
    figure: Figure,
    whole: np.ndarray,
    left: float,
    bottom: float,
    wide: float,
    high: float,
    most: float,
    language: Language,
) -> None:
    axes = figures.place(figure, left, bottom, wide, high)
    most = most or 1.0
    grids.cells(axes, whole, draw.written(language), fills=grids.pale(whole, (-most, most)))
    figures.frame(axes, 0, 0, *whole.shape, colour=palette.INK, line=1.6)


def _foot(figure: Figure, result: Convolution, spot: tuple[int, ...] | None, language: Language) -> None:
    """The formula, one worked value where there is a place for it, the sizes, the settings."""
    x = draw.WIDTH / 2
    worked = ""
    if spot is not None and result.weights.size <= 9:
        text = sum_text(result, spot, language)
        worked = draw.say(FRAMED if result.dims == 2 else RINGED, language, sum=text)
    # There is room for one line.
    if "\n" in worked:
        worked = ""
    figures.write(figure, x, 1.28 if worked else 0.98, result.formula_tex(), size=fonts.TITLE + 1, math=True)
    if worked:
        figures.write(figure, x, 0.76, worked, colour=palette.ORANGE)
    formulas = draw.say(AND, language).join(result.size_formulas())
    figures.write(figure, x, 0.46, draw.say(SIZES, language, formulas=formulas))
    kind = draw.say(PROPER if result.flip else CORRELATION, language)
    figures.write(
        figure, x, 0.17, f"{kind} · {settings_text(result, language)}", size=fonts.SMALL, colour=palette.MUTED
    )


def _signal(result: Convolution, language: Language) -> Figure:
    """Three rows on one axis: each output stands at the middle of the window it comes from."""
    figure = draw.canvas(7.2)
    size, weights = result.input.shape[0], result.weights
    centres = output_places(result)
    spot = strongest(result)
    start = (spot[0] if spot else 0) * result.stride[0] - result.padding[0][0]
    window = start + np.arange(len(weights), dtype=float) * result.dilation[0]
    low, high = min(0.0, centres[0], window[0]) - 0.6, max(size - 1.0, centres[-1], window[-1]) + 0.6
    whole, divisor = draw.fraction(weights)
    kernel_title = titled(KERNEL, result.kernel_name, language) + (f"  × 1/{divisor}" if divisor > 1 else "")
    inches_apart = (draw.WIDTH - 1.2) / (high - low)
    rows = (
        (
            titled(INPUT, result.input_name, language),
            result.input,
            np.arange(size) * 1.0,
            palette.BLUE,
            5.3,
            1.35,
        ),
        (kernel_title, whole, window, palette.INK, 3.75, 0.8),
        (draw.say(OUTPUT, language), result.output, centres, palette.ORANGE, 1.85, 1.25),
    )
    for title, values, places, colour, bottom, tall in rows:
        axes = figures.place(figure, 0.85, bottom, draw.WIDTH - 1.2, tall)
        apart = inches_apart * (float(places[1] - places[0]) if len(places) > 1 else 1.0)
        numbered = len(values) <= 30 and apart >= draw.label_width(values, language)
        curves.stems(axes, places, values, colour, draw.written(language), numbered=numbered)
        axes.set_xlim(low, high)
        if values is not result.output:
            axes.axvspan(start - 0.45, start + result.extent[0] - 0.55, color=palette.WASH, zorder=0)
        elif spot:
            axes.plot(
                centres[spot], values[spot], "o", markersize=12, mfc="none", mec=palette.INK, clip_on=False
            )
        figures.write(figure, 0.4, bottom + tall + 0.22, title, bold=True, align="left")
        figures.write(
            figure, draw.WIDTH - 0.35, bottom + tall + 0.22, draw.shape_text(values), size=fonts.SMALL,
            colour=palette.MUTED, align="right",
        )  # fmt: skip
    _foot(figure, result, spot, language)
    return figure


def output_places(result: Convolution) -> np.ndarray:
    """``(L',)``: where the middle of each output's window lies in the input of a signal."""
    first = (result.extent[0] - 1) / 2 - result.padding[0][0]
    return first + result.stride[0] * np.arange(result.output.shape[0])
