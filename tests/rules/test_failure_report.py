"""Notes of failed jobs become errors again; bad slices of one folder become one."""

import json
from pathlib import Path

import pytest
from wkflow.errors import (
    ConfigError,
    ResourceError,
    ServerError,
    SourceError,
    TransientError,
    VerificationError,
    WkflowError,
    several,
)
from wkflow.options.settings import Settings
from wkflow.rules.failure_report import (
    NAMED,
    forget,
    lines_of_failure,
    read_failures,
    shortened,
)
from wkflow.rules.job import leave_note
from wkflow.run_folder import BAD_SLICES
from wkflow.webknossos.sent_parts import ChangedError

REMEDY = "Export it again."


def fail(folder: Path, *errors: WkflowError) -> list[WkflowError]:
    """Leave the notes of jobs that failed, and read them."""
    for number, error in enumerate(errors):
        leave_note(folder / "logs" / "convert_slab" / "em" / f"z{number}.failure.json", error)
    return read_failures(folder)


def bad_slices(source: Path, count: int, begin: int = 0) -> list[WkflowError]:
    return [
        SourceError("is empty (0 bytes)", str(source / f"{number:03d}.png"), REMEDY)
        for number in range(begin, begin + count)
    ]


def test_no_note_is_no_failure(tmp_path: Path) -> None:
    """Also where there is no run folder yet."""
    assert read_failures(tmp_path) == []
    assert read_failures(tmp_path / "none") == []


@pytest.mark.parametrize("kind", WkflowError.__subclasses__())
def test_an_error_is_what_it_was(tmp_path: Path, kind: type[WkflowError]) -> None:
    """Its status too, which the command ends with."""
    (failure,) = fail(tmp_path, kind("is empty", "/data/7.png", REMEDY))
    assert type(failure) is kind
    assert str(failure) == str(kind("is empty", "/data/7.png", REMEDY))


def test_a_finer_kind_is_read_as_its_base(tmp_path: Path) -> None:
    """A run that is told to try again does so, whatever it was in detail."""
    (failure,) = fail(tmp_path, ChangedError("was another", "em/1/c/0/0/0/0", "Again."))
    assert type(failure) is TransientError
    assert failure.what == "was another"


def test_a_detail_is_what_it_was(tmp_path: Path) -> None:
    """`--verbose` prints it; a note of before there were any has none."""
    (failure,) = fail(tmp_path, ServerError("refused", "POST /data", "Ask.", "quota <~ chain"))
    assert failure.detail == "quota <~ chain"
    (note,) = (tmp_path / "logs").rglob("*.failure.json")
    document = json.loads(note.read_text())
    del document["detail"]
    note.write_text(json.dumps(document))
    (failure,) = read_failures(tmp_path)
    assert (failure.what, failure.detail) == ("refused", "")


def test_a_semicolon_makes_no_list_of_slices(tmp_path: Path) -> None:
    """One fault of a folder stays one, however it is punctuated."""
    (failure,) = fail(
        tmp_path, SourceError("no name fits; the nearest is a", str(tmp_path), "Mend.")
    )
    assert failure.what == "no name fits; the nearest is a"
    assert not (tmp_path / BAD_SLICES).exists()


def test_equal_failures_are_told_once(tmp_path: Path) -> None:
    """A full disk stops all jobs with the same words."""
    full = ResourceError("the disk is full", "/data/t", "Free space.")
    other = VerificationError("this shard is missing", "/data/t/em/1/c/0/0/0/0", "Again.")
    assert [str(one) for one in fail(tmp_path, full, full, other)] == [str(full), str(other)]


@pytest.mark.parametrize("count", [2, NAMED, NAMED + 4])
def test_bad_slices_become_one_error(tmp_path: Path, count: int) -> None:
    """The first few are named, all are in a file, and the folder is where to look."""
    source = tmp_path / "stack"
    source.mkdir()
    (failure,) = fail(tmp_path, *bad_slices(source, count))
    assert failure.where == str(source)
    assert failure.what.startswith(f"{count} slices cannot be used: 000.png: is empty (0 bytes); ")
    assert failure.what.count(".png") == min(count, NAMED)
    assert failure.what.endswith("and 4 more") == (count > NAMED)
    assert REMEDY in failure.remedy
    assert str(tmp_path / BAD_SLICES) in failure.remedy
    listed = (tmp_path / BAD_SLICES).read_text().splitlines()
    assert listed == [f"{source}/{number:03d}.png: is empty (0 bytes)" for number in range(count)]


def test_a_single_bad_slice_stays_as_it_is(tmp_path: Path) -> None:
    """One sentence needs no list."""
    (bad,) = bad_slices(tmp_path, 1)
    assert [str(one) for one in fail(tmp_path, bad)] == [str(bad)]
    assert not (tmp_path / BAD_SLICES).exists()


def test_slabs_with_several_bad_slices_are_joined(tmp_path: Path) -> None:
    """A slab's note names all of its slices; together they are counted one by one."""
    source = tmp_path / "stack"
    source.mkdir()
    faults = [
        SourceError(what, str(source / name), REMEDY)
        for name, what in (("1.png", "is empty"), ("2.png", "is no PNG file"))
    ]
    (failure,) = fail(tmp_path, several(faults), *bad_slices(source, 1, begin=9))
    assert failure.what.startswith("3 slices cannot be used: 1.png: is empty; 2.png: is no PNG")


def test_folders_are_told_one_by_one(tmp_path: Path) -> None:
    """Two layers are two places to look at, and the file lists the slices of both."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    failures = fail(tmp_path, *bad_slices(tmp_path / "a", 2), *bad_slices(tmp_path / "b", 3))
    assert [Path(one.where).name for one in failures] == ["a", "b"]
    assert len((tmp_path / BAD_SLICES).read_text().splitlines()) == 5


def test_notes_are_forgotten(tmp_path: Path) -> None:
    """Before the next run, however deep they lie; logs stay."""
    fail(tmp_path, *bad_slices(tmp_path, 3))
    log = tmp_path / "logs" / "convert_slab" / "em" / "z0.log"
    log.write_text("a word")
    forget(tmp_path)
    assert read_failures(tmp_path) == []
    assert log.exists()


def test_a_dry_run_names_a_few(tmp_path: Path) -> None:
    """And says where the run lists all of them."""
    faults = [SourceError("is empty", f"/d/{number}.tif", "Mend it.") for number in range(8)]
    told = shortened(several(faults), tmp_path)
    assert told.what.startswith("8 slices cannot be used: 0.tif: is empty; 1.tif")
    assert told.what.endswith("4.tif: is empty; and 3 more")
    assert str(tmp_path / BAD_SLICES) in told.remedy
    few = several(faults[:3])
    assert shortened(few, tmp_path) is few


def run_in(folder: Path) -> Settings:
    """Give the options of a run with its folder there."""
    given = {"source": str(folder / "stack"), "target": str(folder / "my data")}
    return Settings.parse(given, where="test")


def test_failures_are_told_with_remedy_and_log(tmp_path: Path) -> None:
    """Two in full; of more, where they are."""
    made = run_in(tmp_path)
    errors = [
        SourceError("cannot be read", str(tmp_path / "stack" / "a.tif"), "Bring it back."),
        ConfigError("is no folder", "/x", "Choose another."),
        ConfigError("is no folder", "/y", "Choose another."),
    ]
    for number, error in enumerate(errors):
        note = made.run_folder / "logs" / "convert_slab" / f"{number}.failure.json"
        note.parent.mkdir(parents=True, exist_ok=True)
        leave_note(note, error)
    log = f"{tmp_path}/my data.wkflow/.snakemake/log/1.log"
    assert lines_of_failure(made, [".snakemake/log/1.log"]) == [
        *str(errors[0]).splitlines(),
        *str(errors[1]).splitlines(),
        f"and 1 further failures: {made.run_folder / 'logs'}",
        f"log      {log}",
        "the same command goes on from here",
    ]


def test_a_death_without_a_word_is_told_by_the_log(tmp_path: Path) -> None:
    """Snakemake wrote there what it saw."""
    told = lines_of_failure(run_in(tmp_path), ["/var/1.log"])
    assert told == ["log      /var/1.log", "the same command goes on from here"]
