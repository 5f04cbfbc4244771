"""A dataset is shown when every planned shard is there, and not before."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.atomic_files import PARTIAL
from wkflow.errors import IncompleteError, SourceError, VerificationError
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.source import Channel
from wkflow.model.stored_mag import StoredMag
from wkflow.model.write_datasource import PROPERTIES
from wkflow.run_folder import histogram_path
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.steps.write_properties import check_receipts, write_properties
from wkflow.steps.write_report import write_report

from tests.steps.stacks import grains, laid_out, write_tiffs

Run = tuple[Plan, list[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run all jobs before the last one, in a run folder, with relative receipts."""
    volume = grains()
    volume[2, 3, 4] = 0
    plan = laid_out(write_tiffs(tmp_path / "em", volume), job_size=10_000, max_mag="2")
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    receipts = []
    (one,) = plan.layers
    for slab in one.slabs():
        receipt = convert_slab(
            plan,
            "em",
            str(slab),
            threads=2,
            tick=lambda _: None,
            scratch=Path("scratch"),
            histogram=Path(f"histograms/em/{slab}.npz"),
        )
        receipts.append(f"receipts/convert_slab/em/{slab}.json")
        receipt.write(receipts[-1])
    receipts.append("receipts/downsample_rest/em.json")
    downsample_rest(plan, "em", threads=2, tick=lambda _: None).write(receipts[-1])
    assert len(one.slabs()) > 1
    return plan, receipts


def test_a_whole_dataset_is_described(run: Run) -> None:
    """With the values of all slabs, and nobody's names but its own."""
    plan, receipts = run
    receipt = write_properties(plan, receipts)
    document = json.loads(Path(plan.dataset, PROPERTIES).read_text())
    (layer,) = document["dataLayers"]
    assert document["id"]["name"] == "target"
    view = {"intensityRange": [1.0, 249.0], "min": 0.0, "max": 249.0}
    assert layer["defaultViewConfiguration"] == view
    assert [mag["mag"] for mag in layer["mags"]] == [[1, 1, 1], [2, 2, 2]]
    assert receipt.rule == "write_properties"
    assert len(receipt.files) == plan.file_count
    assert receipt.voxels == sum(voxels for _, voxels in plan.jobs())


def test_a_layer_is_shown_as_its_source_says(run: Run) -> None:
    """In the colour and the range that the file states."""
    plan, receipts = run
    one = replace(plan.layers[0], display=Channel("DAPI", (0, 0, 255), (2.0, 99.0)))
    write_properties(replace(plan, layers=(one,)), receipts)
    (layer,) = json.loads(Path(plan.dataset, PROPERTIES).read_text())["dataLayers"]
    assert layer["defaultViewConfiguration"]["color"] == [0, 0, 255]
    assert layer["defaultViewConfiguration"]["intensityRange"] == [2.0, 99.0]


def test_a_layer_is_shown_as_somebody_asks(run: Run) -> None:
    """The limits of what can be shown go as far: the server would cut the range there."""
    plan, receipts = run
    one = replace(plan.layers[0], contrast="-5,4095", display=Channel(window=(2.0, 99.0)))
    write_properties(replace(plan, layers=(one,)), receipts)
    (layer,) = json.loads(Path(plan.dataset, PROPERTIES).read_text())["dataLayers"]
    view = {"intensityRange": [-5.0, 4095.0], "min": -5.0, "max": 4095.0}
    assert layer["defaultViewConfiguration"] == view


def test_receipts_of_an_earlier_version_say_no_range(run: Run) -> None:
    """It described the layer by the extremes of all slabs alone, and so it is again."""
    plan, receipts = run
    replace(Receipt.read(receipts[0]), histogram="").write(receipts[0])
    write_properties(plan, receipts)
    (layer,) = json.loads(Path(plan.dataset, PROPERTIES).read_text())["dataLayers"]
    assert layer["defaultViewConfiguration"] == {"min": 0.0, "max": 249.0}


def test_the_page_shows_what_was_counted_in_passing(run: Run) -> None:
    """All voxels of mag 1, and not those of a coarse mag; slabs are read once, their sum later."""
    plan, receipts = run
    write_properties(plan, receipts)
    for path in receipts[:-1]:
        histogram_path(path).unlink()
    write_report(plan, receipts, Path("report.json").absolute(), "report.html")
    page = Path("report.html").read_text()
    assert "Values of all voxels of mag 1, logarithmic; the marked part is shown, 1 to 249" in page
    report = json.loads(Path("report.json").read_text())
    x, y, z = plan.layers[0].layer.size
    assert f"of {x * y * z} voxels" in report["layers"][0]["intensity_range_evidence"]
    assert report["layers"][0]["intensity_range_evidence"] in page


@pytest.mark.parametrize("damage", [None, b"", b"garbage"])
def test_a_lost_histogram_is_noticed(run: Run, damage: bytes | None) -> None:
    """Its receipt goes as that of a lost shard; nothing is made anew that is on its way."""
    plan, receipts = run
    path = histogram_path(receipts[0])
    path.unlink() if damage is None else path.write_bytes(damage)
    write_properties(plan, receipts, goes=True)
    (layer,) = json.loads(Path(plan.dataset, PROPERTIES).read_text())["dataLayers"]
    assert layer["defaultViewConfiguration"] == {"min": 0.0, "max": 249.0}
    with pytest.raises(IncompleteError, match=r"histograms of slabs are lost \(1 of \d\)"):
        write_properties(plan, receipts)
    assert [Path(path).exists() for path in receipts].count(False) == 1


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_metadata_of_every_format_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_format: str
) -> None:
    """Only a dataset's files that no plan of this one knows are removed; others' files stay."""
    shard = 16 if data_format == "wkw" else None
    source = write_tiffs(tmp_path / "em", grains(9))
    plan = laid_out(source, data_format=data_format, shard_shape=shard, max_mag="2")
    monkeypatch.chdir(tmp_path)
    receipts = ["receipts/convert_slab/em/z000000000.json", "receipts/downsample_rest/em.json"]
    options = {"threads": 2, "tick": lambda _: None, "scratch": tmp_path / "scratch"}
    convert_slab(plan, "em", "z000000000", **options).write(receipts[0])
    downsample_rest(plan, "em", **options).write(receipts[1])
    dataset = Path(plan.dataset)
    before = {path for path in dataset.rglob("*") if path.is_file()}
    (dataset / "em" / "9").mkdir()
    (dataset / "em" / "9" / "zarr.json").touch()
    (dataset / "em" / "9" / "thesis.doc").touch()
    write_properties(plan, receipts)
    (dataset / "em" / "9" / "thesis.doc").unlink()
    after = {path for path in dataset.rglob("*") if path.is_file()}
    assert after == before | {dataset / PROPERTIES}
    (layer,) = json.loads((dataset / PROPERTIES).read_text())["dataLayers"]
    assert layer["dataFormat"] == data_format


def test_what_killed_writers_left_is_swept(run: Run) -> None:
    """It would be uploaded, or counted."""
    plan, receipts = run
    left = Path(plan.dataset, "em", "1", "c", "0", "0", "0", f".0.1{PARTIAL}")
    left.touch()
    write_properties(plan, receipts)
    assert not left.exists()


def test_what_an_earlier_plan_had_more_is_removed(run: Run) -> None:
    """Shards beyond the end and mags that nobody asks for now; the number of files is planned."""
    plan, receipts = run
    layer = Path(plan.dataset, "em")
    more = [layer / "1/c/0/9/0/0", layer / "2/c/0/0/0/9", layer / "8/c/0/0/0/0"]
    for path in (*more, layer / "8" / "zarr.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    write_properties(plan, receipts)
    assert not any(path.exists() for path in more)
    assert not (layer / "8").exists()
    assert len(list(layer.glob("*/c/0/*/*/*"))) == plan.file_count


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_a_lost_shard_is_noticed(run: Run, damage: str) -> None:
    """Its receipt goes, so that the same command makes it anew; the others stay."""
    plan, receipts = run
    shard = Path(plan.dataset, "em/1/c/0/0/0/1")
    if damage == "missing":
        shard.unlink()
    else:
        shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(VerificationError, match=r"missing|bytes") as caught:
        write_properties(plan, receipts)
    assert shard.relative_to(plan.dataset).as_posix() in caught.value.what
    assert not Path(plan.dataset, PROPERTIES).exists()
    assert [Path(path).exists() for path in receipts].count(False) == 1


def test_all_that_is_lost_is_noticed_at_once(run: Run) -> None:
    """Shards of several jobs; the properties stay as they were."""
    plan, receipts = run
    write_properties(plan, receipts)
    for name in ("em/1/c/0/0/0/0", "em/1/c/0/0/0/1", "em/2/c/0/0/0/0"):
        Path(plan.dataset, name).unlink()
    with pytest.raises(IncompleteError, match=r"c/0/0/0/0 is missing; .*em/2/c.*") as caught:
        write_properties(plan, receipts)
    assert len(str(caught.value).splitlines()) == 2
    assert [Path(path).exists() for path in receipts].count(False) == 3
    assert Path(plan.dataset, PROPERTIES).exists()


def test_shards_that_were_sent_may_be_gone(run: Run) -> None:
    """Where they leave the disk meanwhile the dataset is described as if they were there."""
    plan, receipts = run
    properties = Path(plan.dataset, PROPERTIES)
    whole, described = write_properties(plan, receipts), properties.read_text()
    properties.unlink()
    for shard in Path(plan.dataset).glob("em/1/c/*/*/*/*"):
        shard.unlink()
    assert write_properties(plan, receipts, goes=True) == whole
    assert properties.read_text() == described
    with pytest.raises(VerificationError, match="missing"):
        write_properties(plan, receipts)


def test_all_shards_have_a_receipt_wherever_they_are(run: Run) -> None:
    """Though they are not looked for, they are counted; no receipt goes."""
    plan, receipts = run
    with pytest.raises(VerificationError, match=f"{plan.file_count} were planned"):
        write_properties(plan, receipts[1:], goes=True)
    assert not Path(plan.dataset, PROPERTIES).exists()
    assert all(Path(path).exists() for path in receipts)


def test_all_planned_shards_have_a_receipt(run: Run) -> None:
    """A job that was forgotten is noticed by the number of files."""
    plan, receipts = run
    with pytest.raises(VerificationError, match=f"{plan.file_count} were planned"):
        write_properties(plan, receipts[:-1])
    assert not Path(plan.dataset, PROPERTIES).exists()


def test_receipts_are_read_and_checked_without_a_word_in_the_dataset(run: Run) -> None:
    """All of them, by their paths, in their order; properties are another's."""
    plan, receipts = run
    read = check_receipts(plan, receipts)
    assert list(read) == receipts
    assert [one.rule for one in read.values()] == ["convert_slab"] * (len(receipts) - 1) + [
        "downsample_rest"
    ]
    assert sum(len(one.files) for one in read.values()) == plan.file_count
    assert not Path(plan.dataset, PROPERTIES).exists()


def test_of_a_dataset_that_was_there_only_new_shards_are_counted(run: Run) -> None:
    """Nobody has a receipt of the others; each new one is looked at."""
    plan, receipts = run
    one = replace(plan.layers[0], given=StoredMag(plan.dataset, "em/1", "zarr3"))
    extension = replace(plan, layers=(one,), extends=True)
    assert list(check_receipts(extension, receipts[-1:])) == receipts[-1:]
    with pytest.raises(VerificationError, match="were planned"):
        check_receipts(extension, receipts)
    shard = Path(plan.dataset, "em/2/c/0/0/0/0")
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(VerificationError, match="bytes") as caught:
        check_receipts(extension, receipts[-1:])
    assert shard.relative_to(plan.dataset).as_posix() in caught.value.what
    assert not Path(receipts[-1]).exists()


def test_fractions_of_which_nothing_is_left_are_not_published(run: Run) -> None:
    """No slab by itself can tell; where one slab has larger values, the layer is well."""
    plan, receipts = run
    slabs = [path for path in receipts if "convert_slab" in path]
    for path in slabs:
        replace(Receipt.read(path), lowest=0, highest=1, rounded=True).write(path)
    with pytest.raises(SourceError, match="holds fractions, and as uint8 only 0 to 1") as caught:
        write_properties(plan, receipts)
    assert "Leave --dtype out" in caught.value.remedy
    assert not (Path(plan.dataset) / PROPERTIES).exists()
    replace(Receipt.read(slabs[0]), highest=200).write(slabs[0])
    write_properties(plan, receipts)
