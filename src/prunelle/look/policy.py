"""The Content-Security-Policy of the pages Prunelle writes: a page runs and loads what it was written with, no more.

Names of classes and files come from users and are escaped; should one slip through, a browser still neither runs nor
fetches anything for it.
"""

from __future__ import annotations

import base64
import hashlib


def content_policy(*, scripts: tuple[str, ...] = (), beside: bool = False) -> str:
    """The content of the ``<meta http-equiv="Content-Security-Policy">`` of a page.

    Args:
        scripts: the texts of its own ``<script>`` elements, to the letter; no other runs.
        beside: it shows pictures that lie beside it; else those within it alone.
    """
    # Opened from a disk, Firefox does not count files beside the page as 'self'.
    images = "data: 'self' file:" if beside else "data:"
    parts = ["default-src 'none'", f"img-src {images}", "style-src 'unsafe-inline'"]
    if scripts:
        parts.append(f"script-src {' '.join(_hash(script) for script in scripts)}")
    # Neither falls back on default-src.
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
