"""The options of an upload: where to, how, and what is kept. The token is none of them.

It stands in no file; `WK_TOKEN` has it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from wkflow.options import parsers
from wkflow.options.option_types import TargetPath

DEFAULT_URL = "https://webknossos.org"


class UploadOptions(BaseModel):
    """From a dataset on disk to one on a WEBKNOSSOS server."""

    upload: bool = Field(default=False, description="Send the dataset while it is converted.")
    webknossos_url: Annotated[str, BeforeValidator(parsers.server_url)] = Field(
        DEFAULT_URL, description="Address of the WEBKNOSSOS server."
    )
    folder: str | None = Field(
        None,
        min_length=1,
        description="Folder on the server, such as lab/raw; by default the organization's root.",
        examples=["lab/raw"],
    )
    transfer_mode: Literal["http", "copy", "move+symlink", "symlink"] = Field(
        "http",
        description="http sends; the others put files where the server says, for those who have "
        "its storage mounted.",
    )
    verify: Literal["none", "sample", "full"] = Field(
        "sample", description="What is read back from the server and compared at the end."
    )
    keep_local: bool = Field(
        default=False, description="Keep the local dataset instead of removing what was sent."
    )
    insecure: bool = Field(
        default=False,
        description="Send tokens and passwords over plain http as well, which others on the way "
        "can read; to this machine itself they always go.",
    )
    ca_bundle: TargetPath | None = Field(
        None, description="Certificates to trust, as a PEM file; by default those of the system."
    )
