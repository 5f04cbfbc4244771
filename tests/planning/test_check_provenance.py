"""What a dataset cannot say of itself is told before a voxel is read."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.model.self_description import CRATE, MANIFEST
from wkflow.planning import check_provenance as module
from wkflow.planning.check_provenance import check_provenance

from tests.steps.stacks import settings_of


@pytest.mark.parametrize(
    ("name", "option"), [(MANIFEST, "manifest"), (MANIFEST, "ro_crate"), (CRATE, "ro_crate")]
)
def test_files_of_other_programs_are_in_the_way(tmp_path: Path, name: str, option: str) -> None:
    """They may be all that somebody has of older sums."""
    settings = settings_of(tmp_path / "em", **{option: True})
    check_provenance(settings)
    settings.dataset.mkdir()
    (settings.dataset / name).write_text("00  a\n")
    with pytest.raises(ConfigError, match="another program") as caught:
        check_provenance(settings)
    assert name in caught.value.where
    check_provenance(settings_of(tmp_path / "em"))


def test_a_crate_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how it is installed."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    check_provenance(settings_of(tmp_path / "em", manifest=True))
    with pytest.raises(ConfigError, match="rocrate"):
        check_provenance(settings_of(tmp_path / "em", ro_crate=True))


@pytest.mark.parametrize("option", ["manifest", "ro_crate"])
def test_what_does_not_stay_has_no_manifest(tmp_path: Path, option: str) -> None:
    """A dataset that goes to a server is removed here, unless it is kept."""
    with pytest.raises(ConfigError, match=f"{option} needs a dataset that stays"):
        settings_of(tmp_path / "em", target=None, upload=True, **{option: True})
    settings_of(tmp_path / "em", target=None, upload=True, keep_local=True, **{option: True})
