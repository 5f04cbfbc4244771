"""The options of every run: which machines it uses, how much of them, where it keeps its state."""

from typing import Literal

from pydantic import BaseModel, Field

from wkflow.options.option_help import About
from wkflow.options.option_types import ByteCount, Memory, Resources, TargetPath


class RunOptions(BaseModel):
    """How a run is carried out: no voxel depends on them."""

    jobs: int | None = Field(
        None,
        gt=0,
        description="Cores to use, by default all; on a cluster jobs at once, by default 100; for "
        "`wkflow upload` parallel connections, by default 5.",
        examples=["8"],
        json_schema_extra=About(
            "Machine",
            "Cores to use, by default all; on a cluster jobs at once, by default 100.",
            upload="Parallel connections, by default 5.",
        ),
    )
    distribution_strategy: Literal[
        "multiprocessing", "sequential", "slurm", "slurm+batching", "kubernetes"
    ] = Field(
        "multiprocessing",
        description="Use several cores, or one, or a cluster; slurm+batching means fewer and "
        "larger jobs.",
        json_schema_extra=About(
            "Cluster", "Several cores, or one, or a cluster; batching: fewer, larger jobs."
        ),
    )
    job_resources: Resources | None = Field(
        None,
        description="What each job of a cluster gets: mem=32G,time=02:00:00,partition=short or "
        "JSON; by default the plan's estimate. What is unknown is passed to sbatch.",
        examples=["mem=32G,time=02:00:00"],
        json_schema_extra=About(
            "Cluster", "What each job of a cluster gets; by default the plan's estimate."
        ),
    )
    memory: Memory | None = Field(
        None,
        description="Memory to use (8G, 500M); by default 80 % of what is free.",
        json_schema_extra=About("Machine"),
    )
    job_size: ByteCount | None = Field(
        None,
        gt=0,
        description="Voxels that one job converts, in bytes: about; by default 1G, less for small "
        "layers that are uploaded meanwhile, doubled until the dataset takes at most 6000 jobs.",
        examples=["1G"],
        json_schema_extra=About(
            "Machine",
            "Voxels that one job converts, in bytes; by default about 1G.",
            downsample="Voxels that one job makes, in bytes; by default about 1G.",
        ),
    )
    upload_on_cluster: bool = Field(
        default=False,
        description="Send from compute nodes, which need a way to the server and get the token; "
        "by default the machine of the command sends.",
        json_schema_extra=About(
            "Cluster", "Send from compute nodes, which need a way to the server and get the token."
        ),
    )
    follow_links: bool = Field(
        default=False,
        description="Also read what lies outside of the source or the dataset, where files or "
        "links in it lead there; archives and downloads never lead out.",
        json_schema_extra=About(
            "Source",
            "Also read what lies outside of the source, where links in it lead there.",
            upload="Also send what lies outside of the dataset, where links in it lead there.",
            downsample="Also read what lies outside of the dataset, where links in it lead there.",
        ),
    )
    work_dir: TargetPath | None = Field(
        None,
        description="Run folder: config, plan, receipts, logs; by default TARGET.wkflow.",
        json_schema_extra=About(
            "Machine",
            remote_convert="Run folder: config, plan, receipts, logs; by default ./NAME.upload.",
            upload="Run folder: config, receipts, logs; by default ./NAME.upload.",
            downsample="Run folder: config, plan, receipts, logs; by default TARGET.downsample.",
        ),
    )
    report: bool = Field(
        default=True,
        description="Draw report.html in the run folder: pictures of all layers, their mags, and "
        "what the run did.",
        json_schema_extra=About("Machine", "Draw report.html in the run folder."),
    )
