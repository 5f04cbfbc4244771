"""The options of an upload: where to, how, and what is kept. The token is none of them.

It stands in no file; `WK_TOKEN` has it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from wkflow.options import parsers
from wkflow.options.option_help import About
from wkflow.options.option_types import TargetPath

DEFAULT_URL = "https://webknossos.org"


class UploadOptions(BaseModel):
    """From a dataset on disk to one on a WEBKNOSSOS server."""

    upload: bool = Field(
        default=False,
        description="Send the dataset while it is converted.",
        json_schema_extra=About("Server"),
    )
    webknossos_url: Annotated[str, BeforeValidator(parsers.server_url)] = Field(
        DEFAULT_URL,
        description="Address of the WEBKNOSSOS server.",
        json_schema_extra=About("Server"),
    )
    folder: str | None = Field(
        None,
        min_length=1,
        description="Folder on the server, such as lab/raw; by default the organization's root.",
        examples=["lab/raw"],
        json_schema_extra=About(
            "Server", "Folder on the server; by default the organization's root."
        ),
    )
    transfer_mode: Literal["http", "copy", "move+symlink", "symlink"] = Field(
        "http",
        description="http sends; the others put files where the server says, for those who have "
        "its storage mounted.",
        json_schema_extra=About(
            "Server",
            "http sends; others put files into the server's storage, if mounted.",
        ),
    )
    verify: Literal["none", "sample", "full"] = Field(
        "sample",
        description="What is read back from the server and compared at the end.",
        json_schema_extra=About("Server"),
    )
    keep_local: bool = Field(
        default=False,
        description="Keep the local dataset instead of removing what was sent.",
        json_schema_extra=About("Server"),
    )
    insecure: bool = Field(
        default=False,
        description="Send tokens and passwords over plain http as well, which others on the way "
        "can read; to this machine itself they always go.",
        json_schema_extra=About(
            "Server",
            "Send tokens and passwords over plain http as well, where others can read them.",
        ),
    )
    ca_bundle: TargetPath | None = Field(
        None,
        description="Certificates to trust, as a PEM file; by default those of the system.",
        json_schema_extra=About("Server"),
    )
