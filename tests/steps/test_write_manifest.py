"""The manifest lists every file as `sha256sum` sums it, and only what was written."""

import json
import subprocess
from pathlib import Path

import pytest
from wkflow.errors import VerificationError
from wkflow.model.plan import Plan
from wkflow.model.self_description import CRATE, MANIFEST
from wkflow.run_folder import CLAIM, CONFIG
from wkflow.steps.write_manifest import write_manifest
from wkflow.steps.write_properties import write_properties

from tests.steps.test_write_properties import Run, run

__all__ = ["run"]


@pytest.fixture
def whole(run: Run) -> Run:
    """Describe the dataset; the run folder is the current one."""
    plan, receipts = run
    write_properties(plan, receipts)
    Path(CLAIM).write_text("{}")
    return plan, receipts


def manifest(plan: Plan, receipts: list[str], *, crate: bool = False) -> list[int]:
    told: list[int] = []
    write_manifest(plan, receipts, Path.cwd(), threads=2, tick=told.append, crate=crate)
    return told


def checked(plan: Plan) -> subprocess.CompletedProcess[str]:
    command = ["sha256sum", "--check", "--strict", MANIFEST]
    return subprocess.run(command, cwd=plan.dataset, text=True, capture_output=True, check=False)


def files(plan: Plan) -> list[str]:
    root = Path(plan.dataset)
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(set(found) - {MANIFEST, CRATE})


def test_sha256sum_finds_every_file_as_it_is(whole: Run) -> None:
    """In order, all of them, and their bytes are told."""
    plan, receipts = whole
    told = manifest(plan, receipts)
    assert checked(plan).returncode == 0
    lines = Path(plan.dataset, MANIFEST).read_text().splitlines()
    assert [line.partition("  ")[2] for line in lines[1:]] == files(plan)
    assert sum(told) == sum(Path(plan.dataset, name).stat().st_size for name in files(plan))


def test_a_foreign_file_is_not_listed(whole: Run) -> None:
    """It may change as its owner likes."""
    plan, receipts = whole
    Path(plan.dataset, "notes.txt").write_text("mine")
    manifest(plan, receipts)
    assert "notes.txt" not in Path(plan.dataset, MANIFEST).read_text()


def test_what_differs_from_its_receipt_is_made_anew(whole: Run) -> None:
    """A flipped bit: its receipt goes, and no manifest vouches for the file."""
    plan, receipts = whole
    (shard, *_) = sorted(Path(plan.dataset, "em/1").rglob("c/*/*/*/*"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(VerificationError, match="not as they were written"):
        manifest(plan, receipts)
    assert sum(not Path(path).exists() for path in receipts) == 1
    assert not Path(plan.dataset, MANIFEST).exists()


def test_a_changed_dataset_fails_the_check(whole: Run) -> None:
    """A test that the check is one."""
    plan, receipts = whole
    manifest(plan, receipts)
    Path(plan.dataset, "zarr.json").write_text("{}")
    assert checked(plan).returncode == 1


def test_the_crate_says_where_the_dataset_comes_from(whole: Run) -> None:
    """As other programs read it: the package's own reader; URLs show no password."""
    rocrate = pytest.importorskip("rocrate.rocrate")
    plan, receipts = whole
    Path(CONFIG).write_text("source: https://me:secret@example.org/em\nvoxel_size: [4, 4, 40]\n")
    manifest(plan, receipts, crate=True)
    crate = rocrate.ROCrate(plan.dataset)
    text = Path(plan.dataset, CRATE).read_text()
    assert "secret" not in text
    assert crate.get("#run")["instrument"]["name"] == "wkflow"
    assert crate.get("#option-voxel_size")["value"] == "[4, 4, 40]"
    assert crate.root_dataset["isBasedOn"]["name"].endswith("example.org/em")
    digest = subprocess.run(
        ["sha256sum", MANIFEST], cwd=plan.dataset, text=True, capture_output=True, check=True
    ).stdout.split()[0]
    assert crate.get(MANIFEST)["sha256"] == digest
    assert {"em/", MANIFEST} <= {part.id for part in crate.root_dataset["hasPart"]}
    assert json.loads(text)["@context"]


def test_a_run_without_a_config_has_a_crate_too(whole: Run) -> None:
    """As plain Snakemake leaves none."""
    pytest.importorskip("rocrate")
    plan, receipts = whole
    manifest(plan, receipts, crate=True)
    assert "#option-source" not in Path(plan.dataset, CRATE).read_text()
