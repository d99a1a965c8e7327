"""How far a network's answers can be trusted: calibrated, held back, widened to sets, or called unlike all it learned.

Everything is chosen on validation examples and measured on test ones. Arrays in, records out; no file is read here.
"""
