"""Stacks whose slices are arrays, opened in place of files."""

from collections.abc import Callable

import pytest

from tests.steps.arrays import noise, opener
from tests.voxels.array_stacks import Case, stack_of

MakeStack = Callable[[int, tuple[int, int, int]], Case]


@pytest.fixture
def make_stack(monkeypatch: pytest.MonkeyPatch) -> MakeStack:
    """Give what makes a stack of so many slices of 6 x 7, of a grain, and lets them be opened."""

    def make(planes: int, grain: tuple[int, int, int]) -> Case:
        case = stack_of(noise(1, 1, planes, 7, 6, 1), grain, [])
        monkeypatch.setattr("wkflow.voxels.layer_reader.open_images", opener(case.files))
        return case

    return make
