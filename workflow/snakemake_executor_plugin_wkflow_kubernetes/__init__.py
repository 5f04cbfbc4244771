"""Snakemake's Kubernetes executor for runs that share a volume: `--executor wkflow-kubernetes`.

The official plugin takes for granted that nothing is shared, so only declared files would travel;
our shards are not declared, they lie in the dataset's folder. Here the run folder, the source and
the dataset are on a volume that is mounted at the same path in every pod, the head's too.

Snakemake imports every plugin that is installed, at every start: so this costs nothing where the
official one is not there.
"""

from importlib.util import find_spec

if find_spec("snakemake_executor_plugin_kubernetes"):
    from snakemake_executor_plugin_wkflow_kubernetes.executor import Executor
    from snakemake_executor_plugin_wkflow_kubernetes.settings import (
        ExecutorSettings,
        common_settings,
    )
else:
    from snakemake_executor_plugin_wkflow_kubernetes.plugin_missing import (  # type: ignore[assignment]  # whichever can be had
        Executor,
        ExecutorSettings,
        common_settings,
    )

__all__ = ["Executor", "ExecutorSettings", "common_settings"]
