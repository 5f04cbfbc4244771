"""The ladder of magnifications, as the official tool climbs it.

The rules were found by experiment with `webknossos` 4.3.3 and are compared with it in
`tests/conformance`.
"""

from collections.abc import Iterable
from math import ceil, log2

from wkflow.errors import ConfigError
from wkflow.model.box import Triple
from wkflow.model.mag import Mag

COARSEST_EDGE_VX = 100
"""A coarsest slice of about 100 x 100 voxels still shows what the dataset is."""

FINEST = Mag(1, 1, 1)


def default_coarsest(size: Triple) -> Mag:
    """Give the mag in which a slice is about 100 voxels across, but at least 4.

    >>> str(default_coarsest((1023, 611, 37)))
    '16'
    """
    factor = 2 ** ceil(log2(max(size[0], size[1]) / COARSEST_EDGE_VX))
    return Mag(*(int(max(factor, 4)),) * 3)


def list_mags(
    size: Triple,
    voxel_size: tuple[float, float, float],
    *,
    sampling_mode: str,
    max_mag: Mag | None = None,
    aligned_with: Iterable[Mag] = (),
    start: Mag = FINEST,
) -> list[Mag]:
    """List the mags above `start`, finest first.

    Parameters
    ----------
    size : (x, y, z)
        The layer's extent in voxels. A single slice is never reduced along z.
    voxel_size : (x, y, z)
        In any unit; only ratios count, and only for `anisotropic`.
    sampling_mode : 'anisotropic', 'isotropic' or 'constant_z'
    max_mag : Mag, optional
        Where the ladder ends; by default `default_coarsest(size)`.
    aligned_with : mags
        Of the dataset's other layers. WEBKNOSSOS wants one mag for each largest component, so a
        step whose largest component is among them takes that mag.
    start : Mag
        What there is; the finest by default.

    Raises
    ------
    ConfigError
        If `max_mag` or a mag of another layer cannot be reached, or two steps have the same
        largest component.
    """
    coarsest = max_mag or default_coarsest(size)
    if size[2] == 1 or sampling_mode == "constant_z":
        coarsest, sampling_mode = Mag(coarsest.x, coarsest.y, start.z), "constant_z"
    if start.largest < coarsest.largest and not coarsest.is_over(start):
        raise _unreachable(coarsest, start, size, voxel_size, sampling_mode)
    others = {mag.largest: mag for mag in aligned_with}
    mags: list[Mag] = []
    current = start
    while current.largest < coarsest.largest:
        below = current
        current = others.get(below.largest * 2) or _step(
            below, coarsest, voxel_size, anisotropic=sampling_mode == "anisotropic"
        )
        if current == below or not current.is_over(below):
            wanted = coarsest if current == below else current
            raise _unreachable(wanted, start, size, voxel_size, sampling_mode)
        if current.largest > below.largest:
            mags.append(current)
    return mags


def _step(
    mag: Mag, coarsest: Mag, voxel_size: tuple[float, float, float], *, anisotropic: bool
) -> Mag:
    """Double all axes, or only the finest ones where that makes the voxel more nearly cubic."""
    factors = (2, 2, 2)
    if anisotropic:
        edges = [m * v for m, v in zip(mag.factors, voxel_size, strict=True)]
        finest_doubled = [2 * edge if edge == min(edges) else edge for edge in edges]
        if max(edges) / min(edges) >= max(finest_doubled) / min(finest_doubled):
            x, y, z = (2 if edge == min(edges) else 1 for edge in edges)
            factors = (x, y, z)
    x, y, z = (
        max(m, min(m * f, c))
        for m, f, c in zip(mag.factors, factors, coarsest.factors, strict=True)
    )
    return Mag(x, y, z)


def _unreachable(
    wanted: Mag, start: Mag, size: Triple, voxel_size: tuple[float, float, float], mode: str
) -> ConfigError:
    cube = Mag(*(max(wanted.largest, start.largest),) * 3)
    free = list_mags(size, voxel_size, sampling_mode=mode, max_mag=cube, start=start)
    reachable = ", ".join(map(str, free)) or "none"
    return ConfigError(
        f"magnification {wanted} cannot be reached from {start} in sampling mode {mode}; "
        f"reachable: {reachable}",
        "coarsest_mag",
        "Give one number, or a sampling_mode that fits it (isotropic, constant_z).",
    )
