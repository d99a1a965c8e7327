"""One kit for every figure: the palette, the sheet that pages are laid out on, charts, and how they become files."""
