"""`wkflow.verify`: prove that the files of a dataset are whole."""

from pathlib import Path
from typing import cast

from wkflow.api import call
from wkflow.inspection.verification import Verification

__all__ = ["Verification", "verify"]


def verify(
    dataset: str | Path,
    *,
    follow_links: bool = False,
    work_dir: str | Path | None = None,
    decode: bool = False,
    jobs: int | None = None,
) -> Verification:
    """Hold each shard against its receipt; where there is none, decode all chunks.

    Nothing is written.

    Parameters
    ----------
    dataset : str or Path
        Its folder.
    follow_links : bool, default False
        Also read mags that lie outside of the dataset's folder.
    work_dir : str or Path
        Run folder with the receipts; by default DATASET.wkflow and DATASET.downsample.
    decode : bool, default False
        Decode all chunks, also where receipts say what was written.
    jobs : int
        Threads that read and decode; by default all cores.

    Returns
    -------
    Verification
        How much was proven, and how.

    Raises
    ------
    WkflowError
        VerificationError if a file is missing, damaged or different: its `detail` names all.
        SourceError if it is no dataset.
    """
    options = {"dataset": dataset, "follow_links": follow_links, "work_dir": work_dir,
               "decode": decode, "jobs": jobs}  # fmt: skip
    return cast("Verification", call.look("verify", options))
