"""The options of the executor, and what it tells Snakemake of itself."""

from dataclasses import dataclass, field, replace

import snakemake_executor_plugin_kubernetes as official


@dataclass
class ExecutorSettings(official.ExecutorSettings):  # type: ignore[misc]  # no types
    """The official options, and how long a pod may take to start."""

    grace: int = field(
        default=20,
        metadata={
            "help": "Seconds that a pod may wait for an image that cannot be pulled or a claim "
            "that does not exist, before the run ends."
        },
    )
    patience: int = field(
        default=1800,
        metadata={
            "help": "Seconds that a pod may wait for room on the cluster while no other job of "
            "this run is running, or that the API server may give no answer, before the run ends."
        },
    )


common_settings = replace(
    official.common_settings,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_default_storage_provider_args=False,
    auto_deploy_default_storage_provider=False,  # else each pod begins with `pip install`
)
