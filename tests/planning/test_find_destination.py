"""The dataset that gets layers: of a folder, of a server, of nobody."""

import json
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning.find_destination import find_destination, properties_of

from tests.datasets import HandLayer, write_dataset
from tests.runs import noise


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "set", HandLayer("em", {"1": noise(1, 1, 9, 9, 9)}))


def test_a_folder_is_read(dataset: Path) -> None:
    """A conversion of its own has none."""
    given = {"source": "x", "target": str(dataset)}
    adding = Settings.parse({**given, "command": "add-layer"}, where="test")
    found = find_destination(adding)
    assert found is not None
    assert (found.where, found.is_remote, found.obstacle) == (str(dataset), False, "")
    assert [one.layer.name for one in found.existing.layers] == ["em"]
    assert find_destination(Settings.parse(given, where="test")) is None


@pytest.mark.parametrize("content", ["[1, 2]", "{", json.dumps("x")])
def test_properties_that_are_none_are_told(dataset: Path, content: str) -> None:
    """With the file."""
    (dataset / PROPERTIES).write_text(content)
    with pytest.raises(SourceError, match="cannot be read") as caught:
        properties_of(dataset)
    assert caught.value.where.endswith(PROPERTIES)
