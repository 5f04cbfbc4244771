"""What leads out of a dataset is neither written nor removed."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError, ServerError
from wkflow.path_safety import require_inside
from wkflow.webknossos.place_files import place_folder


@pytest.mark.parametrize(
    ("path", "is_fine"),
    [
        ("em/1", True), ("em/link/1", True), ("em/nothing/yet", True),
        ("..", False), ("../other", False), ("a/../../other", False), ("/etc", False), (".", False),
        ("", False), ("out/1", False), ("out", False), ("em/../out/2", False),
    ],
)  # fmt: skip
def test_a_path_leads_into_the_dataset_or_is_refused(
    tmp_path: Path, path: str, *, is_fine: bool
) -> None:
    """Through links, too."""
    dataset = tmp_path / "data"
    (dataset / "em").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (dataset / "out").symlink_to(tmp_path / "other")
    (dataset / "em" / "link").symlink_to(dataset / "em")
    if is_fine:
        require_inside(dataset, path)
        return
    with pytest.raises(ConfigError, match="leads out of the dataset"):
        require_inside(dataset, path)


@pytest.mark.parametrize("place", ["/data/../etc", "file:///data/%2e%2e/etc"])
def test_places_that_a_server_names_hold_no_parent(tmp_path: Path, place: str) -> None:
    """Nothing is put there."""
    with pytest.raises(ServerError, match="makes no sense"):
        place_folder("copy", tmp_path, place)
