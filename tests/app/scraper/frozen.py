"""A thread that hangs for real: the kernel stops it as a debugger would, and the others go on."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_PTRACE_DETACH = 17
_PTRACE_SEIZE = 0x4206
_PTRACE_INTERRUPT = 0x4207

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """Freeze a thread of a child process by its id; that of the main thread is the process's."""
    _ptrace(_PTRACE_SEIZE, thread)
    _ptrace(_PTRACE_INTERRUPT, thread)
    os.waitpid(thread, 0x40000000)  # __WALL: threads that are not the main one as well
    try:
        yield
    finally:
        _ptrace(_PTRACE_DETACH, thread)


def _ptrace(request: int, thread: int) -> None:
    if _libc.ptrace(request, thread, None, None) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
