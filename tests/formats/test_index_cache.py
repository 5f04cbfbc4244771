"""What was made last is kept, as long as there is room."""

import numpy as np
from numpy.typing import NDArray
from wkflow.formats.index_cache import IndexCache


def test_what_is_used_is_kept() -> None:
    """The one that nobody wanted for longest goes first; a None is kept like an array."""
    made: list[int] = []

    def make(key: int) -> NDArray[np.uint8] | None:
        made.append(key)
        return None if key == 0 else np.full(1000, key, np.uint8)

    recent = IndexCache(make, most=4000)
    for key in (0, 1, 2, 1, 0, 3, 1, 4, 1):
        found = recent.get(key)
        assert found is None if key == 0 else found is not None and found[0] == key
    assert made == [0, 1, 2, 3, 4]
    recent.get(2)
    assert made == [0, 1, 2, 3, 4, 2]


def test_one_that_is_too_large_is_kept_alone() -> None:
    """Else it would be made again and again."""
    made: list[int] = []

    def make(key: int) -> NDArray[np.uint8]:
        made.append(key)
        return np.zeros(1000, np.uint8)

    recent = IndexCache(make, most=10)
    for key in (1, 1, 2, 2, 1):
        recent.get(key)
    assert made == [1, 2, 1]
