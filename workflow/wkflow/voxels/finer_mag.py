"""The voxels that a mag is computed from: ours, or those of a mag that was there before."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from wkflow.formats.contract import ReadBox
from wkflow.formats.dataset_files import Files, LocalFiles
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid
from wkflow.model.plan import LayerPlan
from wkflow.model.stored_mag import StoredMag
from wkflow.network.urls import is_url

OpenFrame = Callable[[int], AbstractContextManager[ReadBox]]
"""From a frame to what reads boxes of it."""

CONNECTIONS = 8
"""To a server, of one job: each waits most of the time."""


@contextmanager
def finer_voxels(dataset: Path, plan: LayerPlan, grid: Grid) -> Iterator[OpenFrame]:
    """Give what reads one of the mags of a plan; files are closed at the end.

    Raises
    ------
    SourceError
        While reading, if a mag that was there before is damaged.
    VerificationError
        If one of ours is.
    """
    if plan.given and grid == plan.grids[0]:
        from wkflow.formats.mag_reader import open_mag  # noqa: PLC0415 -- conversions need none

        with opened_files(plan.given) as files:
            mag = open_mag(files, plan.given, plan.layer, grid)
            yield lambda frame: nullcontext(mag.region(frame))
        return
    codec = Codec.parse(plan.codec, plan.layer.data_format)
    yield lambda frame: MagVoxels(dataset, plan.layer, grid, codec, frame).reading()


@contextmanager
def opened_files(given: StoredMag) -> Iterator[Files]:
    """Open the files of a dataset that exists, here or on a server."""
    if is_url(given.root):
        yield from _remote_files(given)
        return
    files = LocalFiles(Path(given.root))
    try:
        yield files
    finally:
        files.close()


def _remote_files(given: StoredMag) -> Iterator[Files]:
    from wkflow.access_token import reading_token  # noqa: PLC0415
    from wkflow.webknossos.client.dataset_files import RemoteFiles  # noqa: PLC0415 -- most datasets are local
    from wkflow.webknossos.client.session import Session  # noqa: PLC0415

    with Session(
        reading_token(),
        connections=CONNECTIONS,
        ca_bundle=given.ca_bundle,
        insecure=given.insecure,
    ) as session:
        yield RemoteFiles(session, given.root)


def threads_for(plan: LayerPlan, threads: int) -> int:
    """Give the threads of a job: more than cores where it waits for a server."""
    is_remote = plan.given is not None and is_url(plan.given.root)
    return max(threads, CONNECTIONS) if is_remote else threads
