"""Loops compiled by Numba where it is installed: an accelerator, not a need."""

try:
    import numba
    import numpy
except ImportError:
    numba = numpy = None

COMPILED = numba is not None


def compiled(function):
    """Compile a loop where Numba is installed; on disk too, if there is a place to keep it."""
    if not COMPILED:
        return function
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:
        return numba.njit(function)
