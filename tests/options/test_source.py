"""The options about images: which channels, which dtype, and files without a header."""

import pytest
from hypothesis import given
from pydantic import ValidationError
from wkflow.model.layer import COLOR_DTYPES, SEGMENTATION_DTYPES
from wkflow.model.source import RawLayout
from wkflow.options.source import SourceOptions

from tests.strategies import raw_layouts


def options(**given: object) -> SourceOptions:
    return SourceOptions.model_validate(given)


def test_images_are_taken_as_they_are() -> None:
    """Unless an option says otherwise."""
    plain = options()
    assert (plain.channels, plain.dtype, plain.raw_layout) == (None, None, None)


@pytest.mark.parametrize("dtype", sorted(COLOR_DTYPES | SEGMENTATION_DTYPES))
def test_a_layer_may_have_any_dtype_of_webknossos(dtype: str) -> None:
    """All that a layer can hold, and none besides."""
    assert options(dtype=dtype).dtype == dtype


@pytest.mark.parametrize("dtype", ["float64", "float16", "bool", "uint24", "UINT8"])
def test_no_other_dtype_is_taken(dtype: str) -> None:
    """It is refused before a file is opened."""
    with pytest.raises(ValidationError, match="dtype"):
        options(dtype=dtype)


@given(layout=raw_layouts())
def test_files_without_a_header_are_read_as_the_options_say(layout: RawLayout) -> None:
    """Shape, dtype, order, byte order and offset are all that there is to know."""
    given = options(
        raw_shape=list(layout.shape),
        raw_dtype=layout.dtype,
        raw_order=layout.order,
        raw_byte_order=layout.byte_order,
        raw_offset=layout.offset,
    )
    assert given.raw_layout == layout


def test_a_layout_needs_shape_and_dtype() -> None:
    """The others have a default: x fastest, little-endian, nothing before the voxels."""
    both = options(raw_shape="4,5,6", raw_dtype="uint8").raw_layout
    assert both == RawLayout((4, 5, 6), "uint8", "F", "little", 0)
    for half in ({"raw_shape": "4,5,6"}, {"raw_dtype": "uint8"}):
        with pytest.raises(ValidationError, match="raw_shape and raw_dtype go together"):
            options(**half)


@pytest.mark.parametrize(
    "slip",
    [
        {"raw_shape": "4,5"},
        {"raw_shape": "4,5,0"},
        {"raw_dtype": "complex64"},
        {"raw_order": "c"},
        {"raw_byte_order": "big-endian"},
        {"raw_offset": -1},
        {"channels": "red"},
        {"channels": "0,-1"},
    ],
)
def test_slips_are_refused(slip: dict[str, object]) -> None:
    """Each names its option."""
    with pytest.raises(ValidationError) as caught:
        options(**slip)
    assert [error["loc"] for error in caught.value.errors()] == [tuple(slip)]
