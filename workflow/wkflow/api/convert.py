"""`wkflow.convert`."""

# Made by `python -m wkflow.api.write_functions`. Do not edit.

from collections.abc import Mapping, Sequence
from pathlib import Path

from wkflow.api import call
from wkflow.api.choices import (
    Category,
    DataFormat,
    DistributionStrategy,
    Dtype,
    InterpolationMode,
    MissingSlices,
    OnMismatch,
    RawByteOrder,
    RawDtype,
    RawOrder,
    SamplingMode,
    SliceOrder,
    TransferMode,
    Verify,
)
from wkflow.api.run_result import RunResult


def convert(
    source: str | Path,
    target: str | Path | None = None,
    *,
    voxel_size: Sequence[float] | str | None = None,
    unit: str | None = None,
    name: str | None = None,
    layer_name: str | None = None,
    category: Category | None = None,
    data_format: DataFormat = "zarr3",
    chunk_shape: int | Sequence[int] | str = (32, 32, 32),
    shard_shape: int | Sequence[int] | str | None = None,
    chunks_per_shard: int | Sequence[int] | str | None = None,
    compress: bool = True,
    compression: str = "auto",
    batch_size: int | None = None,
    downsample: bool = True,
    max_mag: int | str | None = None,
    interpolation_mode: InterpolationMode = "default",
    sampling_mode: SamplingMode = "anisotropic",
    contrast: str = "auto",
    on_mismatch: OnMismatch = "refuse",
    slice_order: SliceOrder = "numbers",
    overwrite_existing: bool = False,
    assume_yes: bool = False,
    channels: int | Sequence[int] | str | None = None,
    dtype: Dtype | None = None,
    raw_shape: int | Sequence[int] | str | None = None,
    raw_dtype: RawDtype | None = None,
    raw_order: RawOrder = "F",
    raw_byte_order: RawByteOrder = "little",
    raw_offset: int = 0,
    window: Sequence[float] | str | None = None,
    invert: bool = False,
    bounding_box: Sequence[int] | str | None = None,
    slices: Sequence[int] | str | None = None,
    transpose: Sequence[str] | str | None = None,
    flip: Sequence[str] | str | None = None,
    missing_slices: MissingSlices = "keep",
    pattern: str | None = None,
    layers: Sequence[Mapping[str, object]] | str | None = None,
    source_metadata: bool = True,
    manifest: bool = False,
    ro_crate: bool = False,
    upload: bool = False,
    webknossos_url: str | None = None,
    folder: str | None = None,
    transfer_mode: TransferMode = "http",
    verify: Verify = "sample",
    keep_local: bool = False,
    insecure: bool = False,
    ca_bundle: str | Path | None = None,
    tags: Sequence[str] | str | None = None,
    teams: Sequence[str] | str | None = None,
    description: str | None = None,
    metadata: Mapping[str, object] | Sequence[str] | str | None = None,
    public: bool | None = None,
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
    """Convert an image stack on disk to a WEBKNOSSOS dataset with its magnifications.

    The same call again resumes what was interrupted. With `upload` the dataset is one on a server.

    Parameters
    ----------
    source : str or Path
        Folder of slices, folder of such folders (a layer each), one file of any format, a zip
        archive of these, or a URL (http, s3, gs); for `wkflow upload` a dataset.
    target : str or Path
        Folder that becomes the dataset; left out when it is uploaded. For `wkflow downsample` and
        `wkflow add-layer` a dataset that exists: its folder, or its URL on a server.
    voxel_size : Sequence[float] or str
        Size of one voxel along x,y,z, in `unit`; by default what the files state.
    unit : str
        Unit of the voxel size, long (micrometer) or short (um); by default nanometer, or the unit
        of a WEBKNOSSOS dataset whose voxel size is kept.
    name : str
        Name of the dataset; by default that of the target, else of the source.
    layer_name : str
        Name of the only layer, or prefix of the names of several.
    category : {"color", "segmentation"}
        Kind of all layers; by default from names, then from voxels.
    data_format : {"zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"}, default zarr3
        Storage format of the dataset.
    chunk_shape : int or Sequence[int] or str, default (32, 32, 32)
        Voxels compressed as one piece: one number or x,y,z.
    shard_shape : int or Sequence[int] or str
        Voxels of one file in mag 1 (of all new mags in `wkflow downsample`): one number or x,y,z, a
        multiple of the chunk; by default 128x128x1 chunks, clipped to the layer.
    chunks_per_shard : int or Sequence[int] or str
        Another way to give the shard shape: in chunks, one number or x,y,z.
    compress : bool, default True
        Compress the chunks.
    compression : str, default auto
        CODEC:LEVEL, or auto: the fastest level of zstd that is within 2 % of the smallest on some
        chunks of the layer.
    batch_size : int
        Slices held in memory at once: a multiple of the shard depth.
    downsample : bool, default True
        Build the magnifications above 1.
    max_mag : int or str
        Coarsest magnification (8 or 8-8-4); by default that in which a slice is about 100 voxels
        across, at least 4.
    interpolation_mode : {"default", "median", "mode", "nearest", "bilinear", "bicubic"}, default
        default
        How voxels merge; default: median, mode for segmentation.
    sampling_mode : {"anisotropic", "isotropic", "constant_z"}, default anisotropic
        Which axes each magnification halves.
    contrast : str, default auto
        Values of color layers shown black and white at first: auto, what the file states, else
        percentiles of the voxels; full, the smallest and the largest; LOW,HIGH.
    on_mismatch : {"refuse", "pad"}, default refuse
        Slices of other sizes: refuse them, or pad with zeros.
    slice_order : {"numbers", "names"}, default numbers
        Order of slices: by the values of the numbers in their names, where a second number or word
        that names channels makes layers; or all files of a folder as one stack, in natural order of
        their names.
    overwrite_existing : bool, default False
        Replace the dataset at the target, when the new one is whole.
    assume_yes : bool, default False
        Answer yes where a person is asked: to remove the old dataset first, if the disk does not
        hold both.
    channels : int or Sequence[int] or str
        Which channels become layers: `rgb` (the first three as one layer), `split` (each), or a
        selection such as 0,2; by default RGB images stay one layer, others are split.
    dtype : {"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32"}
        Voxel type of all layers; values are rounded, scaled by a window alone, and refused if they
        do not fit. By default that of the images.
    raw_shape : int or Sequence[int] or str
        Voxels x,y,z of a file without a header.
    raw_dtype : {"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
        "float32", "float64"}
        Voxel type of a file without a header.
    raw_order : {"F", "C"}, default F
        Order in such a file: F if x runs fastest, C if z does.
    raw_byte_order : {"little", "big"}, default little
        Byte order in such a file.
    raw_offset : int, default 0
        Bytes before the first voxel of such a file.
    window : Sequence[float] or str
        Values LOW,HIGH that become 0 and the largest of the dtype, which is uint8 or uint16; those
        between are mapped linearly, those beyond are clipped and counted. auto: exact percentiles
        of all voxels of each layer, which are read once more for it.
    invert : bool, default False
        Make dark bright and bright dark, after the window if there is one.
    bounding_box : Sequence[int] or str
        Part of the source to convert: x,y,z of its first voxel and its size along these, in voxels
        as the whole dataset would count them, of which it keeps its place. For a source that states
        no place these are its own voxels, from 0 on. Every layer is cut alike. Of `wkflow
        downsample`: the box of mag 1 that was changed; shards of coarser mags that do not depend on
        it stay.
    slices : Sequence[int] or str
        Slices to convert: START:STOP or START:STOP:STEP, counted along z from 0 as in bounding_box;
        STOP is not converted. A step makes voxels as much larger along z. In YAML it needs quotes.
    transpose : Sequence[str] or str
        Which axes of the source become x, y and z of the dataset, such as yxz; their voxel sizes
        and mags go with them. Where z is exchanged, each job reads all slices; what would be
        decoded more than four times is refused.
    flip : Sequence[str] or str
        Axes of the dataset along which all layers are mirrored, after transpose: within what the
        whole source spans, so that layers and parts stay where they belong.
    missing_slices : {"keep", "previous", "close", "refuse"}, default keep
        Slices that the numbers in names leave out: keep their places, blank; repeat the slice
        before (previous); close up; or refuse.
    pattern : str
        How the names of slices are read: {z}, {channel} (a layer each) and {t} (an axis of time),
        with * for anything and / between folders; by default from the names.
    layers : Sequence[Mapping[str, object]] or str
        Further layers of the dataset, each from a source of its own: a list of mappings with
        `source` and options of a layer (`layer_name`, `category`, `channels`, `dtype`, ...). What
        one leaves out has its default; the options beside the list are those of the first source.
        In the sheet of a batch these are rows with one target.
    source_metadata : bool, default True
        Keep what the first file of each layer says of itself beside the layer, as
        source-metadata.*: OME-XML, CZI and LIF XML, DM, ND2 and TIFF tags; of NIfTI and DICOM
        headers numbers and codes only.
    manifest : bool, default False
        Write manifest.sha256 into the dataset, for `sha256sum -c`: every file is read once more and
        compared with what its job wrote.
    ro_crate : bool, default False
        Write ro-crate-metadata.json into the dataset: source, options, versions, times, and the
        digest of the manifest, which is written too. Needs the extra rocrate.
    upload : bool, default False
        Send the dataset while it is converted.
    webknossos_url : str, by default $WK_URL, else https://webknossos.org
        Address of the WEBKNOSSOS server.
    folder : str
        Folder on the server, such as lab/raw; by default the organization's root.
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
    tags : Sequence[str] or str
        Tags of the dataset on the server, in place of those that it has there.
    teams : Sequence[str] or str
        Teams that may see the dataset, by their names on the server, in place of those that may.
    description : str
        Text that describes the dataset on the server, in Markdown.
    metadata : Mapping[str, object] or Sequence[str] or str
        Keys and values that the server shows beside the dataset, in place of those that it has
        there: a mapping, or key=value.
    public : bool
        Whether everybody may see the dataset; by default the server decides.
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
        Voxels that one job converts, in bytes: about; by default 1G, less for small layers that are
        uploaded meanwhile, doubled until the dataset takes at most 6000 jobs.
    upload_on_cluster : bool, default False
        Send from compute nodes, which need a way to the server and get the token; by default the
        machine of the command sends.
    follow_links : bool, default False
        Also read what lies outside of the source or the dataset, where files or links in it lead
        there; archives and downloads never lead out.
    work_dir : str or Path
        Run folder: config, plan, receipts, logs; by default TARGET.wkflow.
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
    return call.run("convert", locals())
