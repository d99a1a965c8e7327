"""What the file of a picture announces, worked out from its bytes without decoding: a module a format.

Each has ``inspect(content, file) -> Announced``: size, and what decoding takes (``limits``). On the way it checks what
decoders do not: that the file ends where it says it does, and, where a format has them, its checksums. The weights of
the steps are nanoseconds of ``benchmarks/decoding.py``: noise and photos at several qualities, on one core.
"""
