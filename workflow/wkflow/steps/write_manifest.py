"""List every file of a dataset with its SHA-256, and say where the dataset comes from."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import google_crc32c

from wkflow import __version__, atomic_files
from wkflow.errors import VerificationError
from wkflow.formats.dataset_contents import dataset_files
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.self_description import CRATE, MANIFEST, OWN_LINE
from wkflow.run_folder import MANIFEST_RULE

STRETCH_BYTES = 2**23
"""Read at once: large enough for a disk, small in memory."""

NAMED = 3
"""How many files an error names."""


def write_manifest(
    plan: Plan,
    receipts: Iterable[str],
    run_folder: Path,
    *,
    threads: int,
    tick: Callable[[int], None],
    crate: bool = False,
) -> Receipt:
    """Read every file of the dataset, hold it against its receipt, and write `manifest.sha256`.

    Lines are `DIGEST  PATH`, paths below the dataset, in their order; the first line is a comment.

    `receipts` are those of all jobs that wrote shards; `tick` is told the bytes of each file. With
    `crate` the dataset also says where it comes from; see `report.ro_crate`.

    Raises
    ------
    VerificationError
        If files differ from what was written; their receipts are removed, so that the same command
        makes them anew.
    """
    dataset = Path(plan.dataset)
    written = {file.path: (path, file) for path in receipts for file in Receipt.read(path).files}
    found = sorted(path for path, is_part in dataset_files(dataset) if is_part)
    names = [name for name in found if name not in {MANIFEST, CRATE} and (dataset / name).is_file()]

    def summed(name: str) -> "_Sum":
        one = _Sum.of(dataset / name)
        tick(one.bytes)
        return one

    with ThreadPoolExecutor(threads) as pool:
        sums = dict(zip(names, pool.map(summed, names), strict=True))
    _require_written(written, sums, plan.dataset)
    with atomic_files.atomic_write(dataset / MANIFEST) as file:
        file.write(OWN_LINE + f"{__version__}: sha256sum -c {MANIFEST}\n".encode())
        file.writelines(f"{one.sha256}  {name}\n".encode() for name, one in sums.items())
    atomic_files.flush([dataset / MANIFEST])
    listed = _Sum.of(dataset / MANIFEST)
    if crate:
        from wkflow.report.ro_crate import crate_of  # noqa: PLC0415 -- an extra

        document = crate_of(plan, run_folder, manifest=(listed.bytes, listed.sha256))
        atomic_files.write_json(dataset / CRATE, document)
    return Receipt(MANIFEST_RULE, (ShardFile(MANIFEST, listed.bytes, listed.crc32c),))


@dataclass(frozen=True, slots=True)
class _Sum:
    """Size and digests of a file."""

    bytes: int
    crc32c: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "_Sum":
        sha, crc, size = hashlib.sha256(), 0, 0
        with path.open("rb", buffering=0) as file:
            while part := file.read(STRETCH_BYTES):
                sha.update(part)
                crc = google_crc32c.extend(crc, part)
                size += len(part)
        return cls(size, f"{crc:08x}", sha.hexdigest())


def _require_written(
    written: Mapping[str, tuple[str, ShardFile]], sums: Mapping[str, _Sum], dataset: str
) -> None:
    wrong = [
        name for name, (_, file) in written.items()
        if name not in sums or (sums[name].bytes, sums[name].crc32c) != (file.bytes, file.crc32c)
    ]  # fmt: skip
    for path in {written[name][0] for name in wrong}:
        Path(path).unlink(missing_ok=True)
    if wrong:
        more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise VerificationError(
            f"files are not as they were written: {', '.join(wrong[:NAMED])}{more}", dataset,
            "The same command makes them anew; look for what changed them.",
        )  # fmt: skip
