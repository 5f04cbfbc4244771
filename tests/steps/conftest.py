"""Servers for the steps that speak to one."""

from tests.standin.conftest import served  # noqa: F401 -- a stand-in of each version
