"""What the system allows this process and its children."""

import os
from contextlib import suppress

if os.name == "posix":
    import resource

ALLOCATOR = {
    "MALLOC_TOP_PAD_": str(64 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(64 * 2**20),
}
"""For glibc: keep freed memory for the next chunk instead of faulting its pages in again."""


def raise_open_files() -> None:
    """Let this process and its children open as many files as they may at most."""
    if os.name == "posix":
        with suppress(OSError, ValueError):  # macOS says "unlimited" and does not mean it
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def most_open_files() -> int | None:
    """Give how many files a process may be allowed to open at once; None if any number."""
    if os.name != "posix":
        return None
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if most == resource.RLIM_INFINITY else most


def available_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
