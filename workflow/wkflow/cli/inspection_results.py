"""What the commands that look find: one object each, also for their Python functions."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wkflow.errors import ConfigError
from wkflow.network.urls import is_url

if TYPE_CHECKING:
    from wkflow.inspection.check import Checks
    from wkflow.inspection.describe_dataset import DatasetDescription
    from wkflow.inspection.verification import Verification

Tick = Callable[[int], object]


def info_of(
    dataset: str, *, follow_links: bool, ca_bundle: str | None, insecure: bool
) -> "DatasetDescription":
    """Describe a dataset on disk or on a server.

    Raises
    ------
    WkflowError
        If it is none, or a server does not show it.
    """
    from wkflow.inspection.describe_dataset import describe_dataset  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415

    given = _given(follow_links=follow_links, ca_bundle=ca_bundle, insecure=insecure)
    return describe_dataset(open_dataset(dataset, where="wkflow info", **given))


def verification_of(
    dataset: str,
    *,
    follow_links: bool,
    work_dir: str | None,
    decode: bool,
    jobs: int | None,
    bar: Callable[[int], Tick],
) -> "Verification":
    """Verify a dataset on disk; `bar` is told how many bytes there are, and gives what counts them.

    Raises
    ------
    ConfigError
        If it is a URL.
    SourceError
        If it is no dataset.
    """
    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.verify_dataset import stored_bytes, verify_dataset  # noqa: PLC0415
    from wkflow.inspection.written_files import run_folders_of  # noqa: PLC0415
    from wkflow.process_limits import available_cores  # noqa: PLC0415

    if is_url(dataset):
        raise ConfigError(
            "is no folder on this machine", dataset,
            "`wkflow verify` wants one. `wkflow upload` proves by itself what it sends.",
        )  # fmt: skip
    opened = open_dataset(dataset, where="wkflow verify", follow_links=follow_links or None)
    folders = [Path(work_dir)] if work_dir else run_folders_of(Path(opened.target.root))
    return verify_dataset(
        opened,
        () if decode else folders,
        threads=max(1, jobs or available_cores()),
        tick=bar(stored_bytes(opened)),
    )


def checks_of(*, webknossos_url: str | None, ca_bundle: str | None, insecure: bool) -> "Checks":
    """Look at this machine, its packages, and the server, if there is one or a token."""
    from wkflow.access_token import user_token  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.check import Checks  # noqa: PLC0415
    from wkflow.inspection.check_machine import check_machine  # noqa: PLC0415
    from wkflow.inspection.check_packages import check_packages  # noqa: PLC0415
    from wkflow.options.upload import DEFAULT_URL  # noqa: PLC0415

    checks = [*check_machine(Path.cwd()), *check_packages()]
    can_convert = not any(check.status for check in checks)
    if url := webknossos_url or os.environ.get("WK_URL") or (user_token() and DEFAULT_URL):
        from wkflow.inspection.check_server import check_server  # noqa: PLC0415 -- only who has one

        checks += check_server(url, ca_bundle=ca_bundle, insecure=insecure)
    return Checks(tuple(checks), can_convert)


@contextmanager
def served_view(
    dataset: str,
    *,
    port: int,
    follow_links: bool,
    ca_bundle: str | None,
    insecure: bool,
    say: Callable[[str], object],
) -> Iterator[str]:
    """Serve a view of a dataset for the block; give its link. `say` is told what is not shown.

    Raises
    ------
    ConfigError
        If Neuroglancer is not installed, or the port is taken.
    WkflowError
        If it is no dataset, or a server does not show it.
    """
    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.precomputed_view import shown_layers  # noqa: PLC0415

    given = _given(follow_links=follow_links, ca_bundle=ca_bundle, insecure=insecure)
    opened = open_dataset(dataset, where="wkflow view", **given)
    try:
        from wkflow.inspection.neuroglancer_view import serving  # noqa: PLC0415
    except ImportError as lack:
        if str(lack.name).startswith("wkflow"):  # a fault of the installation
            raise
        raise ConfigError(
            f"needs a package that is not installed ({lack.name})", "wkflow view",
            "pip install 'wkflow[view]'",
        ) from None  # fmt: skip
    with shown_layers(opened) as (layers, notes), serving(layers, port=port, say=say) as link:
        for note in notes:
            say(note)
        yield link


def _given(*, follow_links: bool, ca_bundle: str | None, insecure: bool) -> dict[str, object]:
    """Give the options that say how a dataset is opened, as they are typed."""
    return {
        "follow_links": follow_links or None,
        "ca_bundle": ca_bundle,
        "insecure": insecure or None,
    }
