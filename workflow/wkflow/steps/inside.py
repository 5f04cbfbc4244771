"""What is written to a dataset, or removed from it, lies in it: also behind links."""

from pathlib import Path

from wkflow.errors import ConfigError


def is_inside(dataset: Path, path: str) -> bool:
    """Whether a path leads to below a dataset, through all links."""
    root, real = dataset.resolve(), (dataset / path).resolve()
    return real != root and real.is_relative_to(root)


def require_inside(dataset: Path, path: str) -> None:
    """Refuse a folder that leads out of the dataset.

    Raises
    ------
    ConfigError
        If it does.
    """
    if not is_inside(dataset, path):
        raise ConfigError(
            f"leads out of the dataset, to {(dataset / path).resolve()}", str(dataset / path),
            "Give the dataset to which it leads, or replace the link by a folder.",
        )  # fmt: skip
