"""Layers with sources of their own: how they are read, refused, and told apart."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from wkflow.errors import ConfigError
from wkflow.options.layers import each_layer
from wkflow.options.settings import Settings


def settings_of(*layers: Any, **options: object) -> Settings:  # noqa: ANN401 -- whatever stands there
    given = {"source": "em", "target": "out", "layers": list(layers), **options}
    return Settings.parse(given, where="config")


@pytest.mark.parametrize(
    "given",
    [
        [{"source": "cells", "category": "segmentation", "dtype": None}],
        "[{source: cells, category: segmentation}]",
        '[{"source": "cells", "category": "segmentation"}]',
    ],
)
def test_a_list_is_read_from_yaml_a_flag_or_python(given: object) -> None:
    """Paths become absolute, and nulls count as not given; what is written is read again."""
    settings = Settings.parse({"source": "em", "target": "out", "layers": given}, where="")
    place = str(Path("cells").absolute())
    assert settings.layers == ({"source": place, "category": "segmentation"},)
    again = Settings.parse(yaml.safe_load(yaml.safe_dump(settings.to_dict())), where="")
    assert again.layers == settings.layers
    assert again.further_sources == (place,)


def test_a_layer_has_its_own_options_and_shares_the_datasets() -> None:
    """What it leaves out has its default, whatever the first layer has."""
    settings = settings_of(
        {"source": "cells", "layer_name": "cells", "raw_shape": "4,4,4", "raw_dtype": "uint8"},
        category="color", dtype="uint8", voxel_size="1,1,2", work_dir="run", on_mismatch="pad",
    )  # fmt: skip
    first, second = each_layer(settings)
    assert (first.source, first.category, first.dtype) == (settings.source, "color", "uint8")
    assert (second.layer_name, second.category, second.dtype) == ("cells", None, None)
    assert (second.raw_shape, second.on_mismatch) == ((4, 4, 4), "refuse")
    for one in (first, second):
        assert (one.voxel_size, one.run_folder) == ((1, 1, 2), settings.run_folder)
        assert (one.dataset_name, one.layers) == ("out", None)


def test_without_a_list_there_is_one_layer() -> None:
    """It is the run itself."""
    settings = Settings.parse({"source": "em", "target": "out"}, where="")
    assert each_layer(settings) == [settings]
    assert settings.further_sources == ()


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([{"layer_name": "x"}], "must be a list of layers, each with a source"),
        (["cells"], "must be a list of layers"),
        (["[unclosed"], "must be a list of layers"),
        ([{"source": "a", "voxel_size": "1,1,1"}], "entry 1: voxel_size is no option of a layer"),
        ([{"source": "a", "categry": "color"}], "did you mean category?"),
        (
            [{"source": "a"}, {"source": "b", "dtype": "uint9"}],
            "entry 2: dtype: 'uint9' is none of",
        ),
        ([{"source": "http://u:p@x.org/a"}], "entry 1: the password of source"),
    ],
)
def test_a_wrong_layer_is_named(layers: list[object], words: str) -> None:
    """By the number of its entry."""
    with pytest.raises(ConfigError, match="layers") as caught:
        settings_of(*layers)
    assert words in str(caught.value)


def test_only_a_conversion_has_layers() -> None:
    """An upload sends what is there."""
    with pytest.raises(ConfigError, match="layers does not go with the command upload"):
        Settings.parse({"command": "upload", "source": "x", "layers": "[{source: a}]"}, where="")
