"""What stands for the plugin where the official one is not installed: it says how to get it."""

from dataclasses import dataclass, field
from typing import NoReturn

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import AbstractExecutor
from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase

_UNUSED = {"help": "Needs pip install 'wkflow[kubernetes]'."}


@dataclass
class ExecutorSettings(ExecutorSettingsBase):  # type: ignore[misc]  # no types
    """Takes the flags that our profile gives, so that the error is about what is missing."""

    namespace: str = field(default="default", metadata=_UNUSED)
    persistent_volumes: list[str] = field(
        default_factory=list, metadata={**_UNUSED, "nargs": "+", "type": str}
    )
    service_account_name: str | None = field(default=None, metadata={**_UNUSED, "type": str})
    grace: int = field(default=0, metadata=_UNUSED)
    patience: int = field(default=0, metadata=_UNUSED)


common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    auto_deploy_default_storage_provider=False,
)


class Executor(AbstractExecutor):  # type: ignore[misc]  # no types
    """Refuses to start."""

    def __init__(self, *_: object) -> None:
        _refuse()

    def run_job(self, _job: object) -> NoReturn:
        _refuse()

    def shutdown(self) -> None: ...

    def cancel(self) -> None: ...

    def handle_job_success(self, _job: object) -> None: ...

    def handle_job_error(self, _job: object) -> None: ...


def _refuse() -> NoReturn:
    raise WorkflowError(
        "The client of Kubernetes is not installed here. "
        "Install it: pip install 'wkflow[kubernetes]'"
    )
