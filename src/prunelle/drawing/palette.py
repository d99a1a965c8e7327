"""The colours of every figure and page, in the light and in the dark. No other module of the package names one.

Those that stand for something are of Okabe & Ito (*Color universal design*, 2008), told apart by colour-blind readers;
nothing is said by colour alone. Maps of colours are in ``drawing/maps.py``, as this module imports nothing.
"""

from __future__ import annotations

INK, MUTED, LINE, WHITE = "#1f2430", "#5d6472", "#dedbd3", "#ffffff"
FAINT, EDGE, OUTLINE, GREY = "#a9adb5", "#b9bdc6", "#8a8f9a", "#c9c7c1"
"""A number that matters less; the edge of a cell among cells; a line that leads from one
thing to another; the middle of a map for lines."""
PAPER, WASH, BOX = "#eeece6", "#f1f2f4", "#eef3f8"
"""What lies under a bar; under what is talked about; the inside of a box."""

BLUE, ORANGE, GREEN, PINK, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"
AMBER, YELLOW = "#e69f00", "#f0e442"
PURPLE, OCHRE = "#b5578f", "#b98500"
"""Pink and amber for lines and text on a page, where those would be too pale to read."""

# Without the yellow, which is too light on white.
CATEGORIES = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER, INK)
"""Of classes, in the order in which they are taken."""
CHANNELS = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY)
"""Of the channels of a series."""
CHANNELS_IN_THE_DARK = (SKY, "#f0883e", "#2fc49b", "#dd8fbc", "#e6b23c", "#9fd3f2")
"""The same where a page is dark."""
MARKERS = "osD^vP*X"

PAGE = {
    INK: "--ink",
    MUTED: "--muted",
    LINE: "--line",
    BLUE: "--blue",
    ORANGE: "--orange",
    GREEN: "--green",
    PURPLE: "--purple",
    OCHRE: "--amber",
}
"""The variable of a page's style sheet that a colour becomes, so that figures follow the page into the dark."""
