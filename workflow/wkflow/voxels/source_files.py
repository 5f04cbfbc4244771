"""The files of a slab, on this machine."""

import posixpath
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from wkflow.model.layer_plan import LayerPlan
from wkflow.model.slab import Slab
from wkflow.network.urls import is_url, shown
from wkflow.run_folder import FETCHED
from wkflow.sources.display_names import names_of_members, naming

"""In the run folder's scratch: files that were fetched."""


@contextmanager
def at_hand(plan: LayerPlan, slab: Slab, scratch: Path) -> Iterator[LayerPlan]:
    """Give the plan of a layer with files that can be opened; what was fetched goes afterwards.

    Slices of a remote stack are fetched for the slab, one remote file once for all slabs. Errors
    name the remote file, or the archive and its member.
    """
    references = plan.source.references
    if references.archive:
        with naming(names_of_members(references.root, references.archive)):
            yield plan
        return
    files, _ = plan.slab_sources(slab)
    remote = [file for file in dict.fromkeys(files) if is_url(file)]
    if not remote:
        yield plan
        return
    with _fetched(remote, scratch / FETCHED, stays=not plan.source.is_stack) as local:
        here = tuple(local.get(file, file) for file in plan.source.files)
        origins = {path: shown(url) for url, path in local.items()}
        origins |= {str(Path(path).parent): posixpath.dirname(url) for path, url in origins.items()}
        with naming(origins):
            yield replace(plan, source=replace(plan.source, files=here))


def _fetched(
    remote: list[str], folder: Path, *, stays: bool
) -> AbstractContextManager[dict[str, str]]:
    from wkflow.sources.fetch import fetch, keep  # noqa: PLC0415 -- most sources are local

    if stays:
        return nullcontext({file: keep(file, folder) for file in remote})
    return fetch(remote, folder)
