"""Image stacks to WEBKNOSSOS datasets with their magnifications, as a Snakemake workflow.

>>> import wkflow
>>> [name for name in wkflow.__all__ if name.islower()][:5]
['add_layer', 'batch', 'convert', 'delete_dataset', 'doctor']

They do what the commands of that name do: `help(wkflow.convert)`. What goes wrong is raised as a
`WkflowError`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wkflow.api.add_layer import add_layer
    from wkflow.api.batch import batch
    from wkflow.api.batch_result import BatchResult
    from wkflow.api.convert import convert
    from wkflow.api.doctor import Checks, doctor
    from wkflow.api.downsample import downsample
    from wkflow.api.info import DatasetDescription, info
    from wkflow.api.init import init
    from wkflow.api.plan import plan
    from wkflow.api.planned_run import PlannedRun
    from wkflow.api.remote_convert import remote_convert
    from wkflow.api.run import run
    from wkflow.api.run_result import RunResult
    from wkflow.api.server_datasets import ListedDataset, delete_dataset, list_datasets
    from wkflow.api.upload import upload
    from wkflow.api.verify import Verification, verify
    from wkflow.api.view import View, view
    from wkflow.errors import (
        ConfigError,
        IncompleteError,
        ResourceError,
        ServerError,
        SnakemakeError,
        SourceError,
        TransientError,
        UnansweredError,
        VerificationError,
        WkflowError,
    )

__all__ = [
    "BatchResult",
    "Checks",
    "ConfigError",
    "DatasetDescription",
    "IncompleteError",
    "ListedDataset",
    "PlannedRun",
    "ResourceError",
    "RunResult",
    "ServerError",
    "SnakemakeError",
    "SourceError",
    "TransientError",
    "UnansweredError",
    "Verification",
    "VerificationError",
    "View",
    "WkflowError",
    "add_layer",
    "batch",
    "convert",
    "delete_dataset",
    "doctor",
    "downsample",
    "info",
    "init",
    "list_datasets",
    "plan",
    "remote_convert",
    "run",
    "upload",
    "verify",
    "view",
]

_PLACES = {
    "BatchResult": "api.batch_result",
    "Checks": "api.doctor",
    "DatasetDescription": "api.info",
    "ListedDataset": "api.server_datasets",
    "PlannedRun": "api.planned_run",
    "RunResult": "api.run_result",
    "Verification": "api.verify",
    "View": "api.view",
    "delete_dataset": "api.server_datasets",
    "list_datasets": "api.server_datasets",
}


def __getattr__(name: str) -> object:
    """Import what is asked for: jobs and the command line import this package, and none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES.get(name) or (f"api.{name}" if name.islower() else "errors")
    found: object = getattr(import_module(f"{__name__}.{place}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List what is imported when it is asked for, as completion wants it."""
    return sorted({*globals(), *__all__})
