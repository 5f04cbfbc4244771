"""Metadata of CZI as ZEN writes them."""

from pathlib import Path

import numpy as np
import pytest
from pylibCZIrw.czi import ChannelDisplaySettingsDataClass, Rgb8Color, TintingMode, create_czi
from wkflow.model.source import Channel, Header, ImageMetadata
from wkflow.readers import probe
from wkflow.readers.czi.metadata import about_czi

ZEN = """<ImageDocument><Metadata>
<Information><Image><Dimensions><Channels>
<Channel Id="Channel:0" Name="DAPI"/>
<Channel Id="Channel:1" Name="Bright"><Color>#00FFFFFF</Color></Channel>
</Channels></Dimensions></Image></Information>
<Scaling><Items>
<Distance Id="X"><Value>8.3026582e-008</Value></Distance>
<Distance Id="Y"><Value>1E-07</Value></Distance>
<Distance Id="Z"><Value>0</Value></Distance>
</Items></Scaling>
<DisplaySetting><Channels>
<Channel Id="Channel:0" Name="x"><Low>0.2</Low><High>0.6</High><Color>#FF00A1FF</Color></Channel>
<Channel Id="Channel:1"><High>0.4</High></Channel>
</Channels></DisplaySetting>
</Metadata></ImageDocument>"""


def header(channels: int) -> Header:
    return Header(4, 4, 1, 1, "uint8", channels)


def test_what_zen_writes_is_understood() -> None:
    """Meters become nanometers, shares of the white become values; zero is no length."""
    about = about_czi(ZEN, header(2), 255.0, ("a note",))
    assert about.voxel_nm == (83.02658, 100.0, None)
    assert about.channels[0] == Channel("DAPI", (0, 161, 255), (51.0, 153.0))
    assert about.channels[1] == Channel("Bright", None, (0.0, 102.0))
    assert about.notes == ("a note",)


def test_floats_have_no_window() -> None:
    """A share of what is not said."""
    assert about_czi(ZEN, header(2), None, ()).channels[0].window is None


@pytest.mark.parametrize("xml", ["", "<ImageDocument>", "no XML", "<ImageDocument/>"])
def test_voxels_do_not_depend_on_metadata(xml: str) -> None:
    """Missing or damaged, they tell nothing; the latter is said."""
    is_damaged = xml in {"<ImageDocument>", "no XML"}
    notes = ("its metadata are no whole XML and are left out",) * is_damaged
    assert about_czi(xml, header(1), 255.0, ()) == ImageMetadata(notes=notes)


def test_planes_that_are_declared_and_not_there_are_said() -> None:
    """A run that was stopped has fewer than were planned."""
    xml = ZEN.replace("<Image>", "<Image><SizeZ>10</SizeZ><SizeC>2</SizeC><SizeT>x</SizeT>")
    notes = about_czi(xml, header(2), 255.0, ()).notes
    assert notes == ("its metadata declare SizeZ 10, it holds 1",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1E-07", "wide"),
        ("#FF00A1FF", "blue"),
        ("#FF00A1FF", "#12"),
        ("<Low>0.2", "<Low>dark"),
        ("<Low>0.2", "<Low>0.7"),
    ],
)
def test_what_makes_no_sense_is_nothing(old: str, new: str) -> None:
    """An odd number or colour is as if it were not there."""
    about = about_czi(ZEN.replace(old, new), header(2), 255.0, ())
    odd = (about.voxel_nm[1], about.channels[0].colour, about.channels[0].window)
    assert odd.count(None) == 1


def test_channels_that_are_not_all_there_are_not_named() -> None:
    """Of one channel of two there is no telling which."""
    assert about_czi(ZEN, header(1), 255.0, ()).channels == ()


def test_the_writer_agrees(tmp_path: Path) -> None:
    """What libCZI's writer is told comes back."""
    path = str(tmp_path / "about.czi")
    colour = Rgb8Color(np.uint8(1), np.uint8(2), np.uint8(250))
    setting = ChannelDisplaySettingsDataClass(
        is_enabled=True,
        tinting_mode=TintingMode.Color,
        tinting_color=colour,
        black_point=0.25,
        white_point=0.5,
    )
    with create_czi(path) as writer:
        writer.write(np.zeros((4, 5, 1), "uint16"))
        writer.write_metadata(
            "name", {0: "GFP"}, scale_x=0.1e-6, scale_y=0.2e-6, scale_z=1e-6,
            display_settings={0: setting},
        )  # fmt: skip
    (found,) = probe(path)
    assert found.about.voxel_nm == (100.0, 200.0, 1000.0)
    assert found.about.channels == (Channel("GFP", (1, 2, 250), (16383.75, 32767.5)),)
