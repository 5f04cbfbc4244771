"""What is missing or cut is found in every format, and what others added is left alone."""

import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from wkflow.formats.layer_metadata import documents_of
from wkflow.formats.missing_files import Sizes, find_lost
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.steps.write_properties import write_properties

from tests.steps.stacks import grains, laid_out, write_tiffs
from tests.steps.test_announced import SHARDS

FORMATS = ("zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed")


@pytest.fixture(params=FORMATS)
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    """Run all jobs of a small conversion; receipts lie in the folder `receipts`."""
    source = write_tiffs(tmp_path / "em", grains())
    shapes = {"data_format": request.param, "shard_shape": SHARDS.get(request.param)}
    plan = laid_out(source, job_size=10_000, max_mag="2", **shapes)
    (one,) = plan.layers
    receipts = tmp_path / "receipts"
    create_layer(plan, "em").write(receipts / "create_layer" / "em.json")
    options = {"threads": 2, "tick": lambda _: None}
    written = []
    for slab in map(str, one.slabs()):
        written.append(receipts / "convert_slab" / "em" / f"{slab}.json")
        made = convert_slab(plan, "em", slab, scratch=tmp_path / "scratch", **options)
        made.write(written[-1])
    written.append(receipts / "downsample_rest" / "em.json")
    downsample_rest(plan, "em", **options).write(written[-1])
    write_properties(plan, map(str, written)).write(receipts / "write_properties.json")
    return plan


def test_a_whole_dataset_has_lost_nothing(plan: Plan, tmp_path: Path) -> None:
    """Each folder is listed once, and no file is asked for by itself."""
    with patch("os.scandir", wraps=os.scandir) as listed:
        assert find_lost(plan, tmp_path / "receipts") == []
    folders = [call.args[0] for call in listed.call_args_list]
    assert len(folders) == len(set(folders))


def test_each_file_of_a_dataset_is_missed(plan: Plan, tmp_path: Path) -> None:
    """One by one: gone, empty, cut, and a folder in its place; its job is the one that wrote it."""
    dataset = Path(plan.dataset)
    documents = documents_of(plan, plan.layers[0])
    for path in [path for path in dataset.rglob("*") if path.is_file()]:
        name, whole = path.relative_to(dataset).as_posix(), path.read_bytes()
        path.unlink()
        jobs = {found_in(plan, tmp_path, name)}
        for damaged in (b"", whole[:-2]):
            path.write_bytes(damaged)
            jobs.add(found_in(plan, tmp_path, name))
        path.unlink()
        path.mkdir()
        jobs.add(found_in(plan, tmp_path, name))
        path.rmdir()
        path.write_bytes(whole)
        (job,) = jobs
        is_shard = job.startswith(("convert_slab", "downsample_rest"))
        known = {PROPERTIES: "write_properties"} | dict.fromkeys(documents, "create_layer/em")
        assert is_shard or known[name] == job


def found_in(plan: Plan, folder: Path, name: str) -> str:
    (lost,) = find_lost(plan, folder / "receipts")
    assert lost.path == name
    return lost.job


def test_what_others_add_is_no_loss(plan: Plan, tmp_path: Path) -> None:
    """Further layers, mags, attributes; what lacks something of ours is one, whatever its size."""
    dataset = Path(plan.dataset)
    for name in [PROPERTIES, *documents_of(plan, plan.layers[0])]:
        whole = (dataset / name).read_bytes()
        if name.endswith(".wkw"):
            continue
        document = json.loads(whole)
        (dataset / name).write_text(json.dumps(document | {"mine": [1, 2]}, indent=3))
        assert find_lost(plan, tmp_path / "receipts") == []
        for other in ("{}", "[]", "7", '"zarr"', "null"):
            (dataset / name).write_text(other)
            assert found_in(plan, tmp_path, name)
        (dataset / name).write_bytes(whole)


def test_shards_of_a_receipt_that_cannot_be_read_are_known(plan: Plan, tmp_path: Path) -> None:
    """The receipt of the properties lists all: as long as they are there nothing is made anew."""
    job, _ = next(plan.jobs())
    path = tmp_path / "receipts" / f"{job}.json"
    shard = json.loads(path.read_bytes())["files"][0]["path"]
    path.unlink()
    assert find_lost(plan, tmp_path / "receipts") == []
    Path(plan.dataset, shard).unlink()
    assert found_in(plan, tmp_path, shard) == "write_properties"


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    """Nor has what is below a file, nor a link that leads nowhere a size."""
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("nowhere")
    sizes = Sizes(tmp_path)
    assert sizes.of("file") == 3
    assert [sizes.of(name) for name in ("link", "gone/x", "file/x")] == [None] * 3
