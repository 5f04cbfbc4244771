"""The options about values: what a window may be, and what goes with it."""

import pytest
from pydantic import ValidationError
from wkflow.options.values import ValueOptions, value_window


@pytest.mark.parametrize(
    ("given", "window"),
    [("auto", "auto"), ("300,4000", "300.0,4000.0"), ("-0.5, 1e3", "-0.5,1000.0"),
     ([300, 4000], "300.0,4000.0"), (("-1000", 3000.5), "-1000.0,3000.5")],
)  # fmt: skip
def test_a_window_is_two_numbers(given: object, window: str) -> None:
    """On the command line a text, in YAML and from Python a list as well."""
    assert value_window(given) == window
    assert value_window(window) == window


@pytest.mark.parametrize(
    "slip",
    ["4000,300", "5,5", "300", "1,2,3", "low,high", "nan,5", "0,inf", "full", "", [1], [1, None]],
)
def test_anything_else_is_no_window(slip: object) -> None:
    """Upside down, empty, not finite, no numbers."""
    with pytest.raises(ValueError, match="LOW below HIGH"):
        value_window(slip)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": "0,9", "category": "segmentation"}, "names of segments"),
        ({"invert": True, "category": "segmentation"}, "invert does not go with category"),
        ({"window": "0,9", "dtype": "float32"}, "uint8 or uint16, not with float32"),
        ({"window": "auto", "dtype": "int16"}, "uint8 or uint16, not with int16"),
        ({"invert": True, "dtype": "float32"}, "invert needs a window"),
    ],
)
def test_what_has_no_meaning_is_refused(options: dict[str, object], words: str) -> None:
    """Before a file is opened."""
    with pytest.raises(ValidationError, match=words):
        ValueOptions.model_validate(options)


def test_what_has_a_meaning_is_taken() -> None:
    """By default values stay."""
    plain = ValueOptions.model_validate({"category": "segmentation", "dtype": "float32"})
    assert (plain.window, plain.invert) == (None, False)
    both = ValueOptions.model_validate({"window": "auto", "invert": True, "dtype": "uint16"})
    assert (both.window, both.invert) == ("auto", True)
