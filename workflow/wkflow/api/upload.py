"""`wkflow.upload`."""

# Made by `python -m wkflow.api.write_functions`. Do not edit.

from collections.abc import Mapping, Sequence
from pathlib import Path

from wkflow.api import call
from wkflow.api.choices import TransferMode, Verify
from wkflow.api.run_result import RunResult


def upload(
    source: str | Path,
    *,
    name: str | None = None,
    webknossos_url: str | None = None,
    folder: str | None = None,
    transfer_mode: TransferMode = "http",
    verify: Verify = "sample",
    insecure: bool = False,
    ca_bundle: str | Path | None = None,
    tags: Sequence[str] | str | None = None,
    teams: Sequence[str] | str | None = None,
    description: str | None = None,
    metadata: Mapping[str, object] | Sequence[str] | str | None = None,
    public: bool | None = None,
    jobs: int | None = None,
    follow_links: bool = False,
    work_dir: str | Path | None = None,
    report: bool = True,
    token: str | None = None,
    progress: bool | None = None,
    snakemake: Sequence[str] = (),
) -> RunResult:
    """Send a dataset on disk, of any tool, to a WEBKNOSSOS server and prove that it has arrived.

    `jobs` are parallel connections. The same call again resumes.

    Parameters
    ----------
    source : str or Path
        The dataset to send: its folder.
    name : str
        Name of the dataset on the server; by default that of its folder.
    webknossos_url : str, by default $WK_URL, else https://webknossos.org
        Address of the WEBKNOSSOS server.
    folder : str
        Folder on the server, such as lab/raw; by default the organization's root.
    transfer_mode : {"http", "copy", "move+symlink", "symlink"}, default http
        http sends; the others put files where the server says, for those who have its storage
        mounted.
    verify : {"none", "sample", "full"}, default sample
        What is read back from the server and compared at the end.
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
        Parallel connections, by default 5.
    follow_links : bool, default False
        Also send what lies outside of the dataset, where links in it lead there.
    work_dir : str or Path
        Run folder: config, receipts, logs; by default ./NAME.upload.
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
    return call.run("upload", locals())
