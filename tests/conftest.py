"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Let interrupts be heard: a shell's background jobs, and all they start, ignore them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
