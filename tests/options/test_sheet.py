"""The rows of a sheet as options, and everything that can be wrong with them."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings
from wkflow.options.sheet import COLUMNS, read_sheet, sheet_schema


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with sources a, b and c, in which the command is given."""
    for name in "abc":
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_of(text: str, **defaults: object) -> list[Settings]:
    Path("s.csv").write_text(text)
    return [row.settings for row in read_sheet(Path("s.csv"), defaults)]


def faults_of(text: str, **defaults: object) -> list[str]:
    """Give all faults of a sheet; what a person reads has at most five lines, and counts them."""
    with pytest.raises(ConfigError) as caught:
        settings_of(text, **defaults)
    assert len(str(caught.value).splitlines()) <= 5
    faults = caught.value.detail.splitlines() or [caught.value.what]
    assert len(faults) == 1 or f"{len(faults)} faults" in caught.value.what
    return faults


def test_a_row_wins_over_what_holds_for_all(folder: Path) -> None:
    """An empty cell is not given; columns are called as options or as flags."""
    text = 'source,--Target,voxel-size,dataset_name,compress\na,x,"1,1,2",abc,no\nb,y,,,\n'
    first, second = settings_of(text, voxel_size="3,3,3", command="convert")
    assert (first.voxel_size, second.voxel_size) == ((1, 1, 2), (3, 3, 3))
    assert (first.name, first.compress, second.compress) == ("abc", False, True)
    assert (first.source, second.target) == (str(folder / "a"), str(folder / "y"))


def test_all_faults_are_told_at_once_with_row_and_column(folder: Path) -> None:
    """The first ones are shown, and how many there are."""
    text = "source,target,voxel_sise,unit\na,x,,furlong\nnone,y,,league\nb,,,um\nc,x,,,q\n"
    unknown, surplus, unit, other_unit, missing, no_target, same = faults_of(text)
    assert unknown == "column voxel_sise: no such option, did you mean voxel_size?"
    assert surplus == "row 5: 'q' stands below no column"
    assert unit.startswith("row 2, unit: 'furlong'")
    assert other_unit.startswith("row 3, unit: 'league'")
    assert same.startswith(f"row 5, target: {folder / 'x'} is the target of row 2 as well")
    assert missing == f"row 3, source: there is no {folder / 'none'}"
    assert no_target == "row 4, target: required, and not given"


@pytest.mark.usefixtures("folder")
def test_a_fault_of_what_holds_for_all_is_told_once() -> None:
    """It is an option of the command, and of no row."""
    (fault,) = faults_of("source,target\na,x\nb,y\n", unit="furlong")
    assert fault.startswith("--unit: ")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("source,target\n# none yet\n", "holds no datasets"),
        ("source,target,source\na,x,b\n", "column source: is there twice"),
        ("source,target,jobs\na,x,2\n", "column jobs: holds for all datasets: give it as --jobs"),
        ("source,target,layers\na,x,b\n", "column layers: is no column: a row is a layer"),
        ("source,target,command\na,x,send\n", "row 2, command: 'send' is none of convert, upload"),
    ],
)
def test_sheets_without_sense_are_refused(text: str, words: str) -> None:
    """Before anything is looked at."""
    assert words in faults_of(text)[0]


def test_no_dataset_is_written_into_what_another_row_uses(folder: Path) -> None:
    """Also through links, and whichever row comes first."""
    (folder / "link").symlink_to(folder / "a")
    text = "source,target\na,x\nb,link/x\nc,x/y\na,c\n"
    told = "\n".join(faults_of(text))
    assert f"row 3, target: {folder}/a/x lies inside the source of row 2" in told
    assert f"row 4, target: {folder}/x/y lies inside the target of row 2" in told
    assert f"row 5, target: {folder}/c is the source of row 4" in told
    (folder / "out" / "in").mkdir(parents=True)
    (fault,) = faults_of("source,target\nout/in,x\na,out\n")
    assert fault == f"row 3, target: {folder}/out holds the source of row 2, {folder}/out/in"


@pytest.mark.usefixtures("folder")
def test_names_that_are_one_when_cleaned_collide_on_a_server() -> None:
    """In one folder of it; elsewhere they do not."""
    Path("my a").mkdir()
    Path("my_a").mkdir()
    (fault,) = faults_of("source,upload\nmy a,yes\nmy_a,yes\n")
    assert fault == "row 3, source: the dataset would be called my_a, as that of row 2"
    assert len(settings_of("source,folder\nmy a,lab\nmy_a,raw\n", upload=True)) == 2


@pytest.mark.usefixtures("folder")
def test_a_row_may_be_for_another_command() -> None:
    """What holds for all is taken where it is an option of it; what stands in the row has to be."""
    text = "source,target,command,max_mag\na,x,,\nb,,upload,\n,c,downsample,8\n"
    made, sent, added = settings_of(text, voxel_size="1,1,2", jobs=3, upload=None, memory="1G")
    assert [one.kind.name for one in (made, sent, added)] == ["CONVERT", "UPLOAD", "DOWNSAMPLE"]
    assert (made.voxel_size, sent.voxel_size, added.voxel_size) == ((1, 1, 2), None, None)
    assert (made.jobs, sent.jobs, added.jobs) == (3, None, 3)
    assert added.max_mag == "8"
    faults = faults_of("source,target,command,max_mag\na,,upload,8\n,none,downsample,\n")
    assert faults[0] == "row 2: max_mag does not go with the command upload"
    assert faults[1].startswith("row 3, target: there is no ")
    text = "source,target,command\na,x,\n,c,downsample\n,c,downsample\nc,,upload\n"
    faults = faults_of(text)
    assert any("is the target of row 3 as well" in one for one in faults)
    assert any(one.startswith("row 3, target: ") and "source of row 5" in one for one in faults)


@pytest.mark.usefixtures("folder")
def test_layers_of_all_datasets_are_refused() -> None:
    """They would be the same in each."""
    (fault,) = faults_of("source,target\na,x\n", layers=[{"source": "b"}])
    assert fault == "--layers: does not hold for all rows: a row is a layer"


def test_a_missing_source_among_hundreds_is_named(folder: Path) -> None:
    """By its row; nothing else is told."""
    for number in range(300):
        (folder / f"s{number}").mkdir()
    (folder / "s15").rmdir()
    rows = "".join(f"s{number},out/{number}\n" for number in range(300))
    (fault,) = faults_of(f"source,target\n{rows}")
    assert fault == f"row 17, source: there is no {folder}/s15"


def test_the_schema_knows_the_columns() -> None:
    """An editor is told of options that are columns, and of no others."""
    schema = json.loads(sheet_schema())
    assert schema["type"] == "array"
    assert set(schema["items"]["properties"]) == COLUMNS
    assert schema["items"]["additionalProperties"] is False
    judge = Draft202012Validator(schema)
    layer = {"source": "a", "target": "x", "layer_name": "em", "voxel_size": [1, 1, 2.5]}
    sent = {"source": "b", "upload": True, "voxel_size": "1,1,2", "category": "segmentation"}
    assert judge.is_valid([layer, sent, {"target": "x", "command": "downsample", "max_mag": 8}])
    for wrong in ({"sorce": "a"}, {"jobs": 2}, {"category": "colour"}, {"layers": []}):
        assert not judge.is_valid([layer | wrong]), wrong
    assert not judge.is_valid(layer)
