"""How the names of slices are read: the options."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError

from tests.steps.stacks import settings_of

SOURCE = Path("/data/em")


def test_places_of_missing_slices_are_kept() -> None:
    """Unless somebody wants something else."""
    assert settings_of(SOURCE).missing_slices == "keep"
    assert settings_of(SOURCE, missing_slices="close").missing_slices == "close"
    with pytest.raises(ConfigError, match="missing_slices"):
        settings_of(SOURCE, missing_slices="zero")
