"""How a run keeps memory: it reads pages of a megabyte on several threads."""

from __future__ import annotations

import ctypes
import gc
import platform

# Numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

_LARGE = 128 * 1024
"""Bytes. What is larger goes back to the system when it is freed; glibc's own first value."""


def steady() -> None:
    """Have what was freed given back, so that a long run needs little more than a short one.

    Left alone, glibc raises its thresholds to the largest piece ever freed, and gives each thread
    an arena: the gaps between pages are then kept, once a thread. Other C libraries are left as
    they are. What exists already, modules above all, is left out of garbage collection, which
    would look through it over and over.
    """
    gc.freeze()
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE)
        libc.mallopt(_M_ARENA_MAX, 1)
