"""`wkflow.init`: a YAML file of options to begin with."""

from pathlib import Path
from typing import cast

from wkflow.api import call


def init(folder: str | Path = ".", *, force: bool = False) -> Path:
    """Write FOLDER/config.yaml with the options that matter and what they mean.

    `wkflow.run` takes it.

    Parameters
    ----------
    folder : str or Path, default .
        It is made where there is none.
    force : bool, default False
        Replace a file that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WkflowError
        ConfigError if a file of that name is there already, or the folder is none.
    """
    return cast("Path", call.look("init", {"folder": folder, "force": force}))
