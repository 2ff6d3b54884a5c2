"""Loops compiled by Numba where it is installed: an accelerator, not a need."""

try:
    import numba
    import numpy
except ImportError:
    numba = numpy = None

COMPILED = numba is not None


def compiled(function):
    """Compile a loop where Numba is installed; on disk too, if there is a place to keep it.

    Compiled, it lets other threads of the server work meanwhile.
    """
    if not COMPILED:
        return function
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True)(function)
