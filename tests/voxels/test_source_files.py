"""The files of a slab on this machine: those that are here stay, remote ones are fetched."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import SourceError, several
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.slab import Slab
from wkflow.run_folder import FETCHED
from wkflow.sources import fetch
from wkflow.voxels.source_files import at_hand

from tests.strategies import of_one_file, small_layer_plan


def remote(plan: LayerPlan) -> LayerPlan:
    files = tuple(f"s3://bucket/{Path(file).name}" for file in plan.source.files)
    return replace(plan, source=replace(plan.source, files=files))


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """List what is fetched, and whether it stays."""
    asked: list[tuple[str, ...]] = []

    @contextmanager
    def lend(urls: Sequence[str], folder: Path) -> Iterator[dict[str, str]]:
        asked.append(("lent", *urls))
        yield {url: f"{folder}/{Path(url).name}" for url in urls}

    def keep(url: str, folder: Path) -> str:
        asked.append(("kept", url))
        return f"{folder}/{Path(url).name}"

    monkeypatch.setattr(fetch, "fetch", lend)
    monkeypatch.setattr(fetch, "keep", keep)
    return asked


def test_files_that_are_here_stay_where_they_are(
    tmp_path: Path, fetched: list[tuple[str, ...]]
) -> None:
    """The plan is the same, and nothing is made."""
    plan = small_layer_plan()
    with at_hand(plan, Slab(0, 16), tmp_path / "scratch") as local:
        assert local is plan
    assert not fetched
    assert not list(tmp_path.iterdir())


def test_slices_are_fetched_for_their_slab(tmp_path: Path, fetched: list[tuple[str, ...]]) -> None:
    """Only those of the slab, and they go afterwards."""
    plan = remote(small_layer_plan())
    with at_hand(plan, Slab(16, 32), tmp_path) as local:
        files = local.source.files
    assert fetched == [("lent", *plan.source.files[16:32])]
    assert files[16:32] == tuple(
        f"{tmp_path}/{FETCHED}/{Path(file).name}" for file in plan.source.files[16:32]
    )
    assert (files[:16], files[32:]) == (plan.source.files[:16], plan.source.files[32:])
    assert replace(local, source=plan.source) == plan


def test_a_file_of_many_planes_is_fetched_once(
    tmp_path: Path, fetched: list[tuple[str, ...]]
) -> None:
    """It stays for the other slabs."""
    plan = remote(of_one_file(small_layer_plan()))
    with at_hand(plan, Slab(16, 32), tmp_path) as local:
        assert local.source.files == (f"{tmp_path}/{FETCHED}/0000.tif",)
    assert fetched == [("kept", *plan.source.files)]


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("count", [1, 2])
def test_errors_name_the_remote_file(tmp_path: Path, count: int) -> None:
    """The one on this machine is gone when a person reads of it."""
    plan = remote(small_layer_plan())
    with (
        pytest.raises(SourceError, match="is empty") as caught,
        at_hand(plan, Slab(16, 32), tmp_path) as local,
    ):
        raise several(
            [SourceError("is empty", local.source.files[16 + n], "") for n in range(count)]
        )
    assert caught.value.where == (plan.source.files[16] if count == 1 else "s3://bucket")
