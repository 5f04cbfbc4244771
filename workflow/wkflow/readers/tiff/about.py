"""What a TIFF says of an image besides its shape: from OME-XML, ImageJ, or an instrument."""

from dataclasses import replace

from tifffile import TiffFile

from wkflow.model.source import Channel, ImageMetadata
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.tiff.imagej import imagej_about
from wkflow.readers.tiff.metadata import instrument_about
from wkflow.readers.tiff.ome import Ome
from wkflow.readers.tiff.page import kept_samples
from wkflow.readers.tiff.series import TiffSeries

ALPHA_NOTE = "alpha is left out"


def tiff_about(tif: TiffFile, series: TiffSeries, ome: Ome | None, number: int) -> ImageMetadata:
    """Gather what is said of an image.

    A plain XResolution is none of it: it is a printing resolution, 72 dpi in most files.
    """
    header, page = series.planes.header, series.planes.keyframe
    if series.kind == "ome" and ome is not None:
        about = ome.about(series.name, (header.width, header.height), number)
    elif series.kind == "imagej":
        about = besides(lambda: imagej_about(tif, header))
    else:
        about = besides(lambda: instrument_about(tif, series, number), series.name)
    if len(about.channels) != header.channels or set(about.channels) == {Channel()}:
        about = replace(about, channels=())
    if ome is not None and number == 0:
        about = replace(about, notes=(*about.notes, *ome.notes))
    if not series.planes.has_sample_channels and kept_samples(page) < page.samplesperpixel:
        about = replace(about, notes=(*about.notes, ALPHA_NOTE))
    return about
