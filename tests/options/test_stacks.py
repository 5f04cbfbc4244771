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


def test_patterns_are_read_when_options_are() -> None:
    """And stay as they are spelled."""
    assert settings_of(SOURCE).pattern is None
    assert settings_of(SOURCE, pattern=None).pattern is None
    assert settings_of(SOURCE, pattern="{c}/z{z}.tif").pattern == "{c}/z{z}.tif"
    with pytest.raises(ConfigError, match=r"pattern.* has the field \{z\} twice"):
        settings_of(SOURCE, pattern="{z}{z}")
