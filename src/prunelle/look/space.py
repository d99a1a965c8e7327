"""Features in two dimensions."""

from __future__ import annotations

from typing import Literal

import numpy as np

Projection = Literal["pca", "tsne"]


def project(features: np.ndarray, how: Projection) -> tuple[np.ndarray, float | None]:
    """``features: (N, D)`` → ``(N, 2)``, and for PCA the share of the variance that is left.

    PCA is linear: distances mean something. t-SNE (van der Maaten & Hinton 2008) keeps neighbours together, and
    neither distances between groups nor their sizes mean anything; it starts from PCA, so it is the same each time.

    Raises:
        ValueError: fewer than 3 pictures.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(features) < 3:
        raise ValueError("a map of features needs at least 3 pictures.")
    reduced = PCA(min(50, *features.shape), svd_solver="full", random_state=0)
    points = reduced.fit_transform(features.astype(np.float64))
    if points.shape[1] < 2:
        points = np.pad(points, ((0, 0), (0, 1)))
    if how == "pca":
        return points[:, :2], float(reduced.explained_variance_ratio_[:2].sum())
    perplexity = min(30.0, (len(points) - 1) / 3)
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=0).fit_transform(points)
    return np.asarray(placed, np.float64), None
