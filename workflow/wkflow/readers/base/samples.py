"""Decoded samples on their way into the caller's array."""

from typing import Any

from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.source_errors import REMEDY


def fits(out: NDArray[Any], stored_samples: int) -> bool:
    """Tell whether a decoder may write its `stored_samples` per voxel straight into `out`."""
    return out.shape[2] == stored_samples and out.flags.c_contiguous


def store(decoded: NDArray[Any], out: NDArray[Any], path: str) -> None:
    """Copy `decoded` into `out`; what follows the last sample of `out` is alpha and is left out.

    Parameters
    ----------
    decoded : array, shape (height, width) or (height, width, samples)
    out : array, shape (height, width, kept samples)
    path : str
        The file, for the error.
    """
    samples = decoded.reshape(*decoded.shape[:2], -1)
    if samples.shape[:2] != out.shape[:2] or samples.shape[2] < out.shape[2]:
        raise SourceError(
            f"decodes to an array of {samples.shape}, its header promises {out.shape}",
            path,
            REMEDY,
        )
    out[...] = samples[:, :, : out.shape[2]]
