"""Maps from numbers to colours: signed, and from little to much."""

from __future__ import annotations

import matplotlib
from matplotlib.colors import Colormap, LinearSegmentedColormap

from prunelle.drawing.palette import BLUE, GREY, ORANGE, WHITE

DIVERGING = LinearSegmentedColormap.from_list("blue-white-orange", [BLUE, WHITE, ORANGE])
"""Below zero blue, zero white, above zero orange: of what is drawn as an area."""
DIVERGING_LINE = LinearSegmentedColormap.from_list("blue-grey-orange", [BLUE, GREY, ORANGE])
"""The same for lines, of which a white one would not be seen."""
SEQUENTIAL: Colormap = matplotlib.colormaps["viridis"]
"""Smith & van der Walt, 2015."""
GREYS: Colormap = matplotlib.colormaps["gray"]
