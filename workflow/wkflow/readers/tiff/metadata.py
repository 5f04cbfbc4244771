"""What instruments say of the images they save as TIFF: the size of a voxel, channels."""

import re
from collections.abc import Callable
from typing import Any

from tifffile import TiffFile

from wkflow.model.source import NO_CHANNELS, Channel, ImageMetadata
from wkflow.model.units import to_nm, voxel_size
from wkflow.readers.base.optional_metadata import in_part
from wkflow.readers.tiff.imagej import resolution
from wkflow.readers.tiff.series import TiffSeries

Sizes = tuple[float | None, float | None, float | None]
"""Of a voxel along x, y and z, in nanometers."""

UNKNOWN: Sizes = (None, None, None)

CENTIMETER = 3
"""ResolutionUnit."""

SLIDES = frozenset({"ndpi", "qpi", "scn"})
"""Slide scanners whose XResolution is that of the specimen."""


def instrument_about(tif: TiffFile, series: TiffSeries, number: int) -> ImageMetadata:
    """Ask the format that tifffile found, or the tags of an electron microscope.

    `number` is that of the image: a slide comes first, pictures of its label and so on follow.
    """
    name = series.name
    if series.kind == "lsm":
        return _lsm(tif, name)
    if series.kind in SLIDES:
        return ImageMetadata(name, _slide(series))
    if series.kind == "stk":
        size, notes = _stk(tif.stk_metadata or {})
        return ImageMetadata(name, size, notes=notes)
    if series.kind == "svs":  # what follows the slide repeats its description
        return ImageMetadata(
            name, _svs(series.planes.keyframe.description) if number == 0 else UNKNOWN
        )
    if series.kind == "mmstack":
        return _micromanager(tif, name)
    return ImageMetadata(name, _electron(tif))


def _lsm(tif: TiffFile, name: str) -> ImageMetadata:
    """Zeiss LSM: voxel sizes in meters, colours as red, green, blue, 0."""
    said: dict[str, Any] = tif.lsm_metadata or {}
    x, y, z = (to_nm(said.get(f"VoxelSize{axis}"), "m") for axis in "XYZ")
    listed: dict[str, Any] = said.get("ChannelColors") or {}
    names, colours = listed.get("ColorNames") or [], listed.get("Colors") or []
    channels, notes = in_part(
        lambda: _lsm_channels(names, colours), NO_CHANNELS, "colours of channels"
    )
    return ImageMetadata(name, (x, y, z), channels, notes)


def _lsm_channels(names: list[Any], colours: list[Any]) -> tuple[Channel, ...]:
    return tuple(
        Channel(str(label), (int(colour[0]), int(colour[1]), int(colour[2])))
        for label, colour in zip(names, colours, strict=False)
    )


def _slide(series: TiffSeries) -> Sizes:
    page = series.planes.keyframe
    if page.tags.valueof(296) != CENTIMETER:
        return UNKNOWN
    x, y = (to_nm(1 / found, "cm") if (found := resolution(page, a)) else None for a in "xy")
    return x, y, None


def _stk(said: dict[str, Any]) -> tuple[Sizes, tuple[str, ...]]:
    """MetaMorph: calibration along x and y, and a distance for each plane."""
    unit = said.get("CalibrationUnits", "")
    distances = [float(distance) for distance in said.get("ZDistance", ())]
    depth = next((distance for distance in distances if distance > 0), None)
    x, y = (said.get(f"{axis}Calibration") for axis in "XY")
    return voxel_size((x, y, depth), [unit] * 3)


def _svs(description: str) -> Sizes:
    """Aperio: `|MPP = 0.4990|`, micrometers per pixel."""
    found = re.search(r"\bMPP = ([0-9]*[.]?[0-9]+)", description)
    extent = to_nm(float(found[1]), "um") if found else None
    return extent, extent, None


def _micromanager(tif: TiffFile, name: str) -> ImageMetadata:
    said: dict[str, Any] = (tif.micromanager_metadata or {}).get("Summary", {})
    width = to_nm(said.get("PixelSize_um"), "um")
    names = said.get("ChNames") or []
    channels = tuple(Channel(str(one)) for one in names) if isinstance(names, list) else ()
    return ImageMetadata(name, (width, width, to_nm(said.get("z-step_um"), "um")), channels)


def _electron(tif: TiffFile) -> Sizes:
    """Ask the readers below in turn."""
    return next((found for ask in ELECTRON if (found := ask(tif)) != UNKNOWN), UNKNOWN)


def _fei(tif: TiffFile) -> Sizes:
    """FEI and Thermo Fisher: meters."""
    if not tif.pages.first.is_fei:
        return UNKNOWN
    scan = (tif.fei_metadata or {}).get("Scan", {})
    return to_nm(scan.get("PixelWidth"), "m"), to_nm(scan.get("PixelHeight"), "m"), None


def _zeiss(tif: TiffFile) -> Sizes:
    """Zeiss SEM: a name, a number, and a unit."""
    if not tif.pages.first.is_sem:
        return UNKNOWN
    said = tif.sem_metadata or {}
    _, number, unit = said.get("ap_image_pixel_size") or said.get("ap_pixel_size") or ("", 0, "")
    extent = to_nm(number, str(unit))
    return extent, extent, None


def _digital_micrograph(tif: TiffFile) -> Sizes:
    """Gatan: names of units in 65003 to 65005, extents in 65009 to 65011, along x, y and z.

    A stack over time or energy has another unit along z, and no extent then.
    """
    tags = tif.pages.first.tags
    if 65009 not in tags:
        return UNKNOWN
    x, y, z = (to_nm(tags.valueof(65009 + i), str(tags.valueof(65003 + i))) for i in range(3))
    return x, y, z


ELECTRON: tuple[Callable[[TiffFile], Sizes], ...] = (_fei, _zeiss, _digital_micrograph)
