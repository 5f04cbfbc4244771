"""Names of layers: what the server and every file system take."""

import re

RESERVED = frozenset({
    *("zarr.json", "datasource-properties.json", "manifest.sha256", "ro-crate-metadata.json"),
})  # fmt: skip
"""Files of a dataset that stand where its layers stand."""

FIRST_PRINTED = 32
"""The first character that is no control character."""


def layer_name(value: object) -> str:
    """Read a layer name: what the server and every file system take."""
    text = str(value)
    wrong = text.startswith(".") or text in RESERVED
    if wrong or not re.fullmatch(r"[A-Za-z0-9_$@\-.]{1,200}", text):
        raise ValueError(
            "is a name that WEBKNOSSOS refuses: letters, digits, _ $ @ - . only, and no dot first; "
            f"{suggest(text, least=1)!r} would do"
        )
    if is_periodic(text):
        raise ValueError("ends in 20 repeats, which Snakemake takes for a rule that needs itself")
    return text


def is_periodic(name: str) -> bool:
    """Whether Snakemake refuses a name as the value of a wildcard.

    >>> is_periodic("ab" * 20), is_periodic("ab" * 19), is_periodic("a" * 20 + "b")
    (True, False, False)
    """
    return re.search(r"(.+)\1{19}$", name) is not None


def suggest(text: str, *, least: int = 3) -> str:
    """Make a name that WEBKNOSSOS takes out of any text.

    >>> suggest("my data (2)"), suggest("a"), suggest(".."), suggest("0" * 20)
    ('my_data_2', 'a_dataset', 'dataset', '00000000000000000000_dataset')
    """
    name = re.sub(r"[^A-Za-z0-9_\-.]+", "_", text).strip("_.")[:190]
    is_good = len(name) >= least and not is_periodic(name)
    return name if is_good else f"{name}_dataset".strip("_")
