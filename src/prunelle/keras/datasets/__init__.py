"""Data sets that Keras gives by name: their files, what checks them, and how they are read."""
