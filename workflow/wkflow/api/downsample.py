"""`wkflow.downsample`."""

# Made by `python -m wkflow.api.write_functions`. Do not edit.

from collections.abc import Mapping, Sequence
from pathlib import Path

from wkflow.api import call
from wkflow.api.choices import (
    AccessMode,
    DistributionStrategy,
    InterpolationMode,
    MissingShards,
    SamplingMode,
    TransferMode,
    Verify,
)
from wkflow.api.run_result import RunResult


def downsample(
    target: str | Path,
    *,
    layer_name: str | None = None,
    chunk_shape: int | Sequence[int] | str = (32, 32, 32),
    shard_shape: int | Sequence[int] | str | None = None,
    compress: bool = True,
    compression: str = "auto",
    max_mag: int | str | None = None,
    interpolation_mode: InterpolationMode = "default",
    sampling_mode: SamplingMode = "anisotropic",
    bounding_box: Sequence[int] | str | None = None,
    manifest: bool = False,
    ro_crate: bool = False,
    transfer_mode: TransferMode = "http",
    verify: Verify = "sample",
    keep_local: bool = False,
    insecure: bool = False,
    ca_bundle: str | Path | None = None,
    from_mag: int | str | None = None,
    overwrite_mags: bool = False,
    missing_shards: MissingShards = "judge",
    access_mode: AccessMode | None = None,
    jobs: int | None = None,
    distribution_strategy: DistributionStrategy = "multiprocessing",
    job_resources: Mapping[str, object] | str | None = None,
    memory: int | str | None = None,
    job_size: int | str | None = None,
    upload_on_cluster: bool = False,
    follow_links: bool = False,
    work_dir: str | Path | None = None,
    report: bool = True,
    token: str | None = None,
    progress: bool | None = None,
    snakemake: Sequence[str] = (),
) -> RunResult:
    """Compute the missing magnifications of a dataset that exists, on disk or on a server.

    It stays as it was until all are there. The same call again resumes.

    Parameters
    ----------
    target : str or Path
        The dataset: its folder, or its URL on a server.
    layer_name : str
        The only layer that gets magnifications; by default all do.
    chunk_shape : int or Sequence[int] or str, default (32, 32, 32)
        Voxels compressed as one piece in new mags: one number or x,y,z.
    shard_shape : int or Sequence[int] or str
        Voxels of one file of new mags; by default 128x128x1 chunks.
    compress : bool, default True
        Compress the chunks.
    compression : str, default auto
        CODEC:LEVEL, or auto: the fastest level of zstd that is within 2 % of the smallest on some
        chunks of the layer.
    max_mag : int or str
        Coarsest magnification (8 or 8-8-4); by default that in which a slice is about 100 voxels
        across, at least 4.
    interpolation_mode : {"default", "median", "mode", "nearest", "bilinear", "bicubic"}, default
        default
        How voxels merge; default: median, mode for segmentation.
    sampling_mode : {"anisotropic", "isotropic", "constant_z"}, default anisotropic
        Which axes each magnification halves.
    bounding_box : Sequence[int] or str
        Make the mags that are there anew where they depend on this box of mag 1.
    manifest : bool, default False
        Write manifest.sha256 into the dataset, for `sha256sum -c`: every file is read once more and
        compared with what its job wrote.
    ro_crate : bool, default False
        Write ro-crate-metadata.json into the dataset: source, options, versions, times, and the
        digest of the manifest, which is written too. Needs the extra rocrate.
    transfer_mode : {"http", "copy", "move+symlink", "symlink"}, default http
        http sends; the others put files where the server says, for those who have its storage
        mounted.
    verify : {"none", "sample", "full"}, default sample
        What is read back from the server and compared at the end.
    keep_local : bool, default False
        Keep the local dataset instead of removing what was sent.
    insecure : bool, default False
        Send tokens and passwords over plain http as well, which others on the way can read; to this
        machine itself they always go.
    ca_bundle : str or Path
        Certificates to trust, as a PEM file; by default those of the system.
    from_mag : int or str
        Mag of a dataset that others are computed from; by default the coarsest that is whole, with
        overwrite_mags the finest.
    overwrite_mags : bool, default False
        Make mags anew that the dataset has already.
    missing_shards : {"judge", "refuse", "zeros"}, default judge
        Files of a mag that are not there: zeros, where the writer plainly leaves zeros out, else
        refused; or always one of these.
    access_mode : {"direct_path", "zarr_streaming", "proxy_path"}
        How the voxels of a dataset on a server are read; by default proxy_path, and direct_path
        where the transfer mode is not http.
    jobs : int
        Cores to use, by default all; on a cluster jobs at once, by default 100; for `wkflow upload`
        parallel connections, by default 5.
    distribution_strategy : {"multiprocessing", "sequential", "slurm", "slurm+batching",
        "kubernetes"}, default multiprocessing
        Use several cores, or one, or a cluster; slurm+batching means fewer and larger jobs.
    job_resources : Mapping[str, object] or str
        What each job of a cluster gets: mem=32G,time=02:00:00,partition=short or JSON; by default
        the plan's estimate. What is unknown is passed to sbatch.
    memory : int or str
        Memory to use (8G, 500M); by default 80 % of what is free.
    job_size : int or str
        Voxels that one job makes, in bytes; by default about 1G.
    upload_on_cluster : bool, default False
        Send from compute nodes, which need a way to the server and get the token; by default the
        machine of the command sends.
    follow_links : bool, default False
        Also read what lies outside of the dataset, where links in it lead there.
    work_dir : str or Path
        Run folder: config, plan, receipts, logs; by default TARGET.downsample.
    report : bool, default True
        Draw report.html in the run folder: pictures of all layers, their mags, and what the run
        did.
    token : str
        Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment. It is written
        nowhere, and this process's environment stays as it is.
    progress : bool
        Show a bar, or none; by default one in a notebook and in a terminal.
    snakemake : Sequence[str]
        Options for Snakemake itself, as behind `--` on the command line; what it prints is `output`
        of the result.

    Returns
    -------
    RunResult
        The dataset, its layers, the report, and where the receipts are.

    Raises
    ------
    WkflowError
        What went wrong, with `what`, `where` and `remedy`: ConfigError for an option, SourceError
        for an image, ServerError, TransientError, ResourceError, VerificationError.
    KeyboardInterrupt
        When it was interrupted; everything is stopped by then, and the same call resumes.
    """
    return call.run("downsample", locals())
