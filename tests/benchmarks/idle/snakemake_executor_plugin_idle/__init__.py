"""An executor that says at once that a job is done, and leaves empty files where its output is.

Snakemake finds it by its name, where its folder is in the path: what remains is the scheduler.
"""

import sys
from pathlib import Path

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.real import RealExecutor
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface
from snakemake_interface_executor_plugins.settings import CommonSettings, ExecMode

common_settings = CommonSettings(
    non_local_exec=True, implies_no_shared_fs=False, job_deploy_sources=False
)


class Executor(RealExecutor):
    """A cluster whose jobs take no time."""

    @property
    def cores(self) -> str:
        """What a job on a cluster may take."""
        return "all"

    def run_job(self, job: JobExecutorInterface) -> None:
        """Make the outputs, and call the job done."""
        for file in job.output:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).touch()
        told = SubmittedJobInfo(job, external_jobid="idle")
        self.report_job_submission(told)
        self.report_job_success(told)

    def get_exec_mode(self) -> ExecMode:
        """Say where jobs would run, if they did."""
        return ExecMode.REMOTE

    def get_python_executable(self) -> str:
        """Say what would start jobs, if they were started."""
        return sys.executable

    def cancel(self) -> None:
        """Leave nothing behind: nothing runs."""

    def shutdown(self) -> None:
        """Leave nothing behind: nothing runs."""
