"""Settings and plan in, delivery out: which files go where."""

from dataclasses import replace
from math import prod
from pathlib import Path

from wkflow.formats.table import format_of
from wkflow.model.added_layers import recipe_of
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan, digest
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning.list_dataset_files import Contents
from wkflow.run_folder import BATCHES, RunFolder
from wkflow.webknossos.attempt import renewed
from wkflow.webknossos.upload_plan import UploadPlan

"""The folder, below `receipts`, of lists of files that no job of ours wrote."""

METADATA_BYTES = 2**20
"""More than all metadata of one mag takes."""

CONNECTIONS = 2
"""Of one job, beside conversion; several such jobs run at once."""

AT_ONCE = 1
"""Batches of a dataset that exists: two jobs took 6.3 s for 2.3 GB, one 6.8 s and 37 MiB less."""

JOBS = 5
"""Connections that send a dataset which exists, as the official tool has them."""


def plan_layers_upload(settings: Settings, plan: Plan) -> UploadPlan:
    """Say how a dataset that is being converted is sent: a batch is what one job writes.

    There are none where nothing goes over the network.
    """
    address = _address(settings, plan.name, plan.recipe())
    if plan.adds_to:  # what is said of that dataset, and how it is called, may change meanwhile
        recipe = digest(recipe_of(replace(plan, name="")), settings.folder, settings.transfer_mode)
        address = replace(address, adds_to=plan.adds_to, links=plan.links, recipe=recipe)
    if settings.transfer_mode != "http":
        return address
    extras = (*metadata(plan), PROPERTIES)
    return replace(
        address,
        batches=tuple(job for job, _ in plan.jobs()),
        extras=extras,
        file_count=plan.file_count + len(extras),
        byte_bound=sum(_bound(one) for one in plan.layers),
    )


def plan_mags_upload(settings: Settings, plan: Plan) -> UploadPlan:
    """Say how the mags of a dataset that a server has are sent: each by itself."""
    address = _address(settings, plan.name, plan.drawn_from)
    return replace(address, url=plan.destination)


def plan_contents_upload(settings: Settings, contents: Contents) -> UploadPlan:
    """Say how a dataset that exists is sent."""
    address = _address(settings, settings.name or contents.name, digest(contents.marks))
    if settings.transfer_mode != "http":
        return address
    count = len(contents.batches())
    jobs = settings.jobs or JOBS
    at_once = max(1, min(AT_ONCE, count, jobs))
    return replace(
        address,
        connections=jobs // at_once,
        at_once=at_once,
        notes=contents.notes,
        batches=tuple(f"{BATCHES}/p{number:06d}" for number in range(count)),
        extras=(PROPERTIES,),
        file_count=len(contents.marks),
        byte_bound=sum(size for _, size, _ in contents.marks),
    )


def _address(settings: Settings, name: str, contents: str) -> UploadPlan:
    """Give a delivery of nothing yet; `contents` digests what it will be of."""
    to = (settings.server_url, settings.folder, settings.transfer_mode)
    return UploadPlan(
        dataset=str(settings.dataset),
        name=name,
        url=settings.server_url,
        folder=settings.folder,
        transfer_mode=settings.transfer_mode,
        verify=settings.verify,
        ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
        insecure=settings.insecure,
        connections=CONNECTIONS,
        discard=settings.discards,
        batches=(),
        extras=(),
        file_count=0,
        byte_bound=0,
        recipe=digest(contents, name, *to),
        details=settings.details.to_dict(),
    )


def metadata(plan: Plan) -> list[str]:
    """List the files that describe layers and arrays, relative to the dataset."""
    names = [
        name
        for one in plan.layers
        for name in format_of(one.layer.data_format).document_names(one.layer, one.made)
    ]
    return list(dict.fromkeys(names))


def _bound(one: LayerPlan) -> int:
    """Bytes that the files of a layer will not exceed: no codec grows a chunk by 1/128."""
    total = 0
    for grid in one.made:
        chunks = prod(grid.shards) * prod(
            -(-shard // chunk) for shard, chunk in zip(grid.shard, grid.chunk, strict=True)
        )
        chunk_bytes = prod(grid.chunk) * one.layer.voxel_bytes
        total += chunks * one.layer.frames * (chunk_bytes + chunk_bytes // 128 + 128)
        total += METADATA_BYTES
    return total


def begin_attempt(delivery: UploadPlan, run_folder: Path) -> UploadPlan:
    """Give the delivery its upload: the one that is under way, or a new one."""
    attempt = renewed(run_folder, delivery.recipe)
    return replace(delivery, attempt=attempt.number, upload_id=attempt.upload_id)


def write_batches(contents: Contents, run_folder: Path) -> None:
    """List the files of each batch where the upload's jobs look for receipts."""
    for number, files in enumerate(contents.batches()):
        path = RunFolder(run_folder).receipt(f"{BATCHES}/p{number:06d}")
        receipt = Receipt(BATCHES, files)
        if not (path.exists() and Receipt.read(path) == receipt):
            receipt.write(path)
