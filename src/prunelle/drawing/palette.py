"""The colours of every figure, in the light. No other module of the package names one.

Those that stand for something are of Okabe & Ito (*Color universal design*, 2008), told apart by colour-blind readers;
nothing is said by colour alone. The sequential map is viridis (Smith & van der Walt, 2015).
"""

from __future__ import annotations

import matplotlib
from matplotlib.colors import Colormap, LinearSegmentedColormap

INK, MUTED, LINE, WHITE = "#1f2430", "#5d6472", "#dedbd3", "#ffffff"
FAINT, PAPER = "#a9adb5", "#eeece6"
"""A number that matters less; what lies under a bar."""
BLUE, ORANGE, GREEN, PINK, SKY, AMBER, YELLOW = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#f0e442"),
)

# Without the yellow, which is too light on white.
CATEGORIES = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER, INK)
"""Of classes and networks, in the order in which they are taken."""
CHANNELS = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY)
"""Of the channels of a series."""
MARKERS = "osD^vP*X"

DIVERGING = LinearSegmentedColormap.from_list("blue-white-orange", [BLUE, WHITE, ORANGE])
"""Below zero blue, zero white, above zero orange: of what is drawn as an area."""
DIVERGING_LINE = LinearSegmentedColormap.from_list("blue-grey-orange", [BLUE, "#c9c7c1", ORANGE])
"""The same for lines, of which a white one would not be seen."""
SEQUENTIAL: Colormap = matplotlib.colormaps["viridis"]
