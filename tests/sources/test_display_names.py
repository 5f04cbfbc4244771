"""Errors and notes name the archive and the member, never where it was unpacked."""

import struct
import warnings
from pathlib import Path
from zipfile import ZipFile

import pytest
from wkflow.errors import SourceError
from wkflow.model.slab import Slab
from wkflow.rules.failure_report import read_failures
from wkflow.rules.job import leave_note
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.voxels.source_files import at_hand

from tests.steps.stacks import grains, plan_of, write_tiffs


def packed(tmp_path: Path, *bad: str, within: str = "slices/") -> Path:
    """Pack five slices, of which some are cut short; give the archive."""
    folder = write_tiffs(tmp_path / "em", grains(5))
    for name in bad:
        path = folder / name
        path.write_bytes(path.read_bytes()[:-700])
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{within}{path.name}")
    return tmp_path / "a.zip"


def test_a_bad_header_is_of_the_archive(tmp_path: Path) -> None:
    """The plan names archive and member."""
    (tmp_path / "em").mkdir()
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("slices/0.tif", struct.pack("<4sI", b"II*\0", 10**6))
        archive.writestr("slices/1.tif", b"")
    for is_alone in (False, True):
        with pytest.raises(SourceError) as caught:
            plan_of(tmp_path / "a.zip", layer_name="x" if is_alone else None)
        assert caught.value.where == f"{tmp_path}/a.zip: slices"
        assert caught.value.what.startswith("0.tif: ")
        assert "unpacked" not in str(caught.value)


def test_an_archive_without_images_is_named(tmp_path: Path) -> None:
    """Not the folder into which it was unpacked."""
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme", "nothing")
    with pytest.raises(SourceError, match="holds no readable images") as caught:
        plan_of(tmp_path / "a.zip")
    assert caught.value.where == str(tmp_path / "a.zip")


@pytest.mark.parametrize("within", ["", "slices/"])
@pytest.mark.parametrize(
    "bad", [("slice_3.tif",), ("slice_1.tif", "slice_3.tif")], ids=["one", "several"]
)
def test_bad_voxels_are_of_the_archive(tmp_path: Path, within: str, bad: tuple[str, ...]) -> None:
    """The job says so, and so does the command, which gathers what jobs noted."""
    plan = plan_of(packed(tmp_path, within=within))
    (one,) = plan.layers
    for name in bad:  # after planning, which looks at all headers
        (file,) = (Path(file) for file in one.source.files if file.endswith(name))
        file.write_bytes(file.read_bytes()[:-700])
    create_layer(plan, one.layer.name)
    with pytest.raises(SourceError) as caught:
        convert_slab(
            plan, one.layer.name, str(one.slabs()[0]), threads=1, tick=lambda _: None,
            scratch=tmp_path / "s",
        )  # fmt: skip
    assert "unpacked" not in str(caught.value)
    folder = f"{tmp_path}/a.zip" + (": slices" if within else "")
    leave_note(tmp_path / "run" / "logs" / "x.failure.json", caught.value)
    (told,) = read_failures(tmp_path / "run")
    assert told.where.startswith(folder)
    assert all(name in str(told) for name in bad)
    assert ("2 slices" in told.what) == (len(bad) == 2)


def test_what_is_at_hand_is_named_after_the_archive(tmp_path: Path) -> None:
    """Also in remedies."""
    (one,) = plan_of(packed(tmp_path)).layers

    def read() -> None:
        with at_hand(one, Slab(0, 5), tmp_path) as local:
            file = local.source.files[0]
            raise SourceError("may not be read", file, f"chmod u+r {file}")

    with pytest.raises(SourceError) as caught:
        read()
    member = f"{tmp_path}/a.zip: slices/slice_0.tif"
    assert caught.value.args[:3] == ("may not be read", member, f"chmod u+r {member}")


def test_notes_name_the_archive(tmp_path: Path) -> None:
    """A plan is read by people as well."""
    assert "unpacked" not in "".join(plan_of(packed(tmp_path)).notes)


@pytest.mark.parametrize("twin", ["a/0.tif", "a//0.tif", "./a/0.tif", "a\\0.tif"])
def test_two_members_of_one_name_are_refused(tmp_path: Path, twin: str) -> None:
    """One of them would be lost."""
    with warnings.catch_warnings(action="ignore"), ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/0.tif", b"one")
        archive.writestr(twin, b"another")
    with pytest.raises(SourceError, match=r"holds a/0\.tif twice") as caught:
        plan_of(tmp_path / "a.zip")
    assert (caught.value.where, caught.value.exit_status) == (str(tmp_path / "a.zip"), 3)
