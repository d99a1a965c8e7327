"""One value of a layer's output explained: from what its module read to exactly that number."""
