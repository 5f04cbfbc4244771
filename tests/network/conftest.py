"""A home and an environment without proxies, certificates and passwords."""

from tests.webknossos.conftest import bare_environment  # noqa: F401 -- for each test
