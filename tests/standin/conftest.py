"""One stand-in for each version of the API, for all tests that only need its name checked."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.standin.sender import Sender
from tests.standin.server import Standin, standin_in

APIS = (13, 14, 15, 16)

Served = Callable[[int], Standin]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a function that gives the stand-in of a version; each is started once."""
    running: dict[int, Standin] = {}
    with ExitStack() as stack:

        def of_api(api: int) -> Standin:
            if api not in running:
                folder = tmp_path_factory.mktemp(f"api_{api}")
                running[api] = stack.enter_context(standin_in(folder, api=api, oldest=10))
            running[api].faults()
            running[api].clear_log()
            return running[api]

        yield of_api


@pytest.fixture
def sender(served: Served) -> Sender:
    """Give a client of the newest version."""
    return Sender(served(16), 16)


@pytest.fixture(params=APIS)
def any_sender(request: pytest.FixtureRequest, served: Served) -> Sender:
    """Give a client of each version."""
    return Sender(served(request.param), request.param)
