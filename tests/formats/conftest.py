"""No reader may leave a file open, here neither."""

from tests.readers.conftest import no_file_left_open  # noqa: F401 -- for each test
