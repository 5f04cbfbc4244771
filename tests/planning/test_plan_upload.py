"""Which files go where, how many and at most how large: said before the first is there."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning import plan_upload as module
from wkflow.planning.list_dataset_files import Contents, find_batches
from wkflow.planning.plan_upload import (
    begin_attempt,
    metadata,
    plan_contents_upload,
    plan_layers_upload,
    plan_mags_upload,
    write_batches,
)
from wkflow.webknossos.upload_plan import UploadPlan

from tests.steps.stacks import settings_of
from tests.strategies import (
    dataset_plan,
    plan_of,
    small_layer_plan,
)


def upload(**options: object) -> Settings:
    given = {"command": "upload", "source": "/data/e2006", "work_dir": "/data/run"}
    return Settings.parse(given | options, where="test")


def conversion(source: Path = Path("/data/em"), **options: object) -> Settings:
    place = {"target": None, "upload": True, "work_dir": source.parent / "run"}
    return settings_of(source, **place | options)


def contents_of(*sizes: int, name: str = "e2006") -> Contents:
    files = tuple(ShardFile(f"em/{n}", size, "") for n, size in enumerate(sizes))
    marks = tuple((file.path, file.bytes, 0) for file in files)
    return Contents(name, files, (*marks, (PROPERTIES, 100, 0)), ())


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a batch hold two files."""
    monkeypatch.setattr("wkflow.planning.list_dataset_files.BATCH_FILES", 2)


def test_metadata_is_that_of_all_layers_and_mags() -> None:
    """One file for the dataset, one for each layer, one for each mag; none twice."""
    plan = dataset_plan(small_layer_plan(mags=("2",)), small_layer_plan(name="b", mags=()))
    names = metadata(plan)
    assert sorted(names) == sorted([
        *("zarr.json", "em/zarr.json", "b/zarr.json"),
        *("em/1/zarr.json", "em/2/zarr.json", "b/1/zarr.json"),
    ])  # fmt: skip


def test_frames_are_announced() -> None:
    """Each has its shards; the metadata is that of all."""
    one = small_layer_plan(mags=())
    timed = replace(one, layer=replace(one.layer, axes=(("t", 5),)))
    single, several = (
        plan_layers_upload(conversion(), dataset_plan(each)) for each in (one, timed)
    )
    assert several.file_count - single.file_count == 4 * 5 * 4 * 3
    assert several.extras == single.extras
    assert several.byte_bound > 4 * single.byte_bound - 4 * module.METADATA_BYTES


def extension(**options: object) -> Settings:
    given = {"command": "downsample", "target": f"https://wk.example/datasets/{'5' * 24}"}
    return Settings.parse(given | {"work_dir": "/data/run"} | options, where="test")


def growing(drawn_from: str = "options") -> Plan:
    url = f"https://wk.example/datasets/{'5' * 24}"
    return replace(dataset_plan(), extends=True, drawn_from=drawn_from, destination=url)


def test_mags_go_to_their_dataset_one_by_one() -> None:
    """Not to the server of the options; what is sent is said by the plan."""
    delivery = plan_mags_upload(extension(verify="full", ca_bundle="/etc/ca.pem"), growing())
    assert delivery.url == growing().destination
    assert (delivery.dataset, delivery.name) == ("/data/run/dataset", growing().name)
    assert (delivery.batches, delivery.extras, delivery.file_count) == ((), (), 0)
    assert (delivery.transfer_mode, delivery.verify) == ("http", "full")
    assert delivery.ca_bundle == "/etc/ca.pem"
    assert delivery.recipe != plan_mags_upload(extension(), growing("others")).recipe


@pytest.mark.parametrize(
    ("options", "goes"),
    [
        ({}, True),
        ({"transfer_mode": "copy"}, True),
        ({"transfer_mode": "symlink"}, False),
        ({"transfer_mode": "move+symlink"}, False),
        ({"keep_local": True}, False),
    ],
)
def test_mags_that_were_sent_go_from_the_disk(options: dict[str, object], goes: bool) -> None:  # noqa: FBT001
    """Unless the server's are links to them, or one wants to keep them."""
    assert plan_mags_upload(extension(**options), growing()).discard == goes


def test_there_is_room_for_metadata() -> None:
    """However few voxels there are."""
    layer = Layer("em", "color", "uint8", 1, (1, 1, 1))
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(1, 1, 1), shard=(1, 1, 1))
    delivery = plan_layers_upload(conversion(), dataset_plan(plan_of(layer, (grid,))))
    assert delivery.byte_bound > 100_000


def test_where_it_goes_is_what_the_options_say() -> None:
    """Server, folder, how, and what is looked at afterwards."""
    options = {
        "webknossos_url": "https://wk.example/datasets",
        "folder": "lab/raw",
        "transfer_mode": "copy",
        "verify": "full",
        "ca_bundle": "/etc/ca.pem",
    }
    for delivery in (
        plan_contents_upload(upload(**options), contents_of(1)),
        plan_layers_upload(conversion(**options), dataset_plan()),
    ):
        assert (delivery.url, delivery.folder) == ("https://wk.example", "lab/raw")
        assert (delivery.transfer_mode, delivery.verify) == ("copy", "full")
        assert delivery.ca_bundle == "/etc/ca.pem"
    plain = plan_contents_upload(upload(), contents_of(1))
    assert (plain.folder, plain.ca_bundle, plain.transfer_mode) == (None, None, "http")


def test_what_is_discarded_is_what_was_only_a_means() -> None:
    """Never a dataset that was there before."""
    assert not plan_contents_upload(upload(), contents_of(1)).discard
    assert plan_layers_upload(conversion(), dataset_plan()).discard
    assert not plan_layers_upload(conversion(keep_local=True), dataset_plan()).discard


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("sizes", [(), (5,), (5, 6, 7)])
def test_a_dataset_that_exists_is_announced_exactly(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """Number and bytes of all files, the properties among them; a list for each batch."""
    contents = contents_of(*sizes)
    delivery = plan_contents_upload(upload(), contents)
    assert delivery.file_count == len(sizes) + 1
    assert delivery.byte_bound == sum(sizes) + 100
    assert delivery.extras == (PROPERTIES,)
    write_batches(contents, tmp_path)
    lists = [Receipt.read(tmp_path / "receipts" / f"{name}.json") for name in delivery.batches]
    assert tuple(file for one in lists for file in one.files) == contents.files
    assert len(list((tmp_path / "receipts").rglob("*.json"))) == len(lists) == -(-len(sizes) // 2)


def test_what_is_on_the_disk_is_what_is_announced(tmp_path: Path) -> None:
    """From the folder to the server's numbers."""
    for name, text in (
        ("em/1/0", "abc"),
        ("em/empty", ""),
        (PROPERTIES, '{"dataLayers": [{"name": "em"}]}'),
    ):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(text)
    contents = find_batches(tmp_path / "data", follow_links=False)
    delivery = plan_contents_upload(upload(source=tmp_path / "data"), contents)
    assert delivery.dataset == str(tmp_path / "data")
    assert (delivery.name, delivery.file_count) == ("data", 2)
    assert delivery.byte_bound == 3 + (tmp_path / "data" / PROPERTIES).stat().st_size


@pytest.mark.usefixtures("small_batches")
def test_lists_of_files_are_replaced_only_if_they_changed(tmp_path: Path) -> None:
    """A newer list would be sent again; one that was cut short is made whole."""
    write_batches(contents_of(1, 2, 3), tmp_path)
    paths = sorted((tmp_path / "receipts").rglob("*.json"))
    before = [path.stat().st_ino for path in paths]
    write_batches(contents_of(1, 2, 3), tmp_path)
    assert [path.stat().st_ino for path in paths] == before
    write_batches(contents_of(1, 2, 4), tmp_path)
    first, second = (path.stat().st_ino for path in paths)
    assert first == before[0]
    assert second != before[1]


@pytest.mark.usefixtures("small_batches")
@given(count=st.integers(0, 9), jobs=st.none() | st.integers(1, 50))
def test_jobs_are_connections(count: int, jobs: int | None) -> None:
    """Of all batches that are sent at once together: no more than asked for, and nearly all."""
    delivery = plan_contents_upload(upload(jobs=jobs), contents_of(*[1] * count))
    wanted = jobs or module.JOBS
    assert min(delivery.connections, delivery.at_once) >= 1
    assert delivery.at_once <= max(1, len(delivery.batches))
    assert wanted - delivery.at_once < delivery.connections * delivery.at_once <= wanted


def test_the_name_is_the_option_s_or_the_dataset_s() -> None:
    """The folder may be called otherwise."""
    assert plan_contents_upload(upload(), contents_of(1, name="own")).name == "own"
    assert plan_contents_upload(upload(name="given"), contents_of(1, name="own")).name == "given"


def test_the_recipe_changes_with_what_the_server_has_of_it() -> None:
    """Another place, name, or content is another upload; how it is looked at is not."""
    base = plan_contents_upload(upload(), contents_of(1, 2))
    touched = replace(contents_of(1, 2), marks=(("em/0", 1, 7), *contents_of(1, 2).marks[1:]))
    others = [
        plan_contents_upload(upload(), contents_of(1, 3)),
        plan_contents_upload(upload(), touched),
        plan_contents_upload(upload(name="other"), contents_of(1, 2)),
        plan_contents_upload(upload(folder="lab"), contents_of(1, 2)),
        plan_contents_upload(upload(webknossos_url="https://wk.example"), contents_of(1, 2)),
        plan_contents_upload(upload(transfer_mode="copy"), contents_of(1, 2)),
    ]
    assert len({one.recipe for one in (base, *others)}) == len(others) + 1
    for options in ({"verify": "full"}, {"jobs": 9}, {"ca_bundle": "/etc/ca.pem"}):
        assert plan_contents_upload(upload(**options), contents_of(1, 2)).recipe == base.recipe


def test_the_recipe_changes_with_the_plan() -> None:
    """Whether its shards stay on the disk is the server's business least of all."""

    def recipe(plan: Plan, **options: object) -> str:
        return plan_layers_upload(conversion(**options), plan).recipe

    plan = dataset_plan()
    passing = replace(plan, layers=tuple(replace(one, passing=True) for one in plan.layers))
    assert recipe(plan) == recipe(passing) == recipe(plan, keep_local=True)
    grown = dataset_plan(small_layer_plan((70, 50, 41)))
    assert len({recipe(one) for one in (plan, grown, replace(plan, name="other"))}) == 3


def test_an_upload_goes_on_while_its_recipe_holds(tmp_path: Path) -> None:
    """The delivery gets number and name of its upload, and is otherwise what it was."""
    delivery = plan_contents_upload(upload(), contents_of(1, 2))

    def begun(one: UploadPlan) -> UploadPlan:
        return begin_attempt(one, tmp_path)

    first = begun(delivery)
    assert replace(first, upload_id="") == delivery
    assert first.upload_id
    assert begun(delivery) == begun(first) == first
    changed = begun(replace(delivery, recipe="other"))
    assert changed.attempt == 2
    assert changed.upload_id != first.upload_id
