"""A stand-in of each version of the server, for what is asked of one before a plan is drawn."""

from tests.standin.conftest import served  # noqa: F401
