"""`wkflow.view`: a dataset in Neuroglancer, served until it is closed."""

import webbrowser
from html import escape
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wkflow.access_token import TOKEN
from wkflow.api import call
from wkflow.api.call_process import stop
from wkflow.network.urls import is_url

if TYPE_CHECKING:
    from subprocess import Popen


class View:
    """A view at `link`, served to this machine alone by a process of its own.

    It ends with `close`, with the `with` block it is given to, or with this program.
    """

    def __init__(self, link: str, process: "Popen[bytes]") -> None:
        self.link, self._process = link, process

    @property
    def is_open(self) -> bool:
        """Whether it is served."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        if self.is_open:
            stop(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"View({self.link!r}{'' if self.is_open else ', closed'})"

    def _repr_html_(self) -> str:
        link = escape(self.link)
        return f'<a href="{link}" target="_blank">{link}</a>' if self.is_open else "closed"


def view(
    dataset: str | Path,
    *,
    browser: bool = True,
    port: int = 0,
    follow_links: bool = False,
    ca_bundle: str | Path | None = None,
    insecure: bool = False,
    token: str | None = None,
) -> View:
    """Show a dataset of any format in this machine's browser, with Neuroglancer.

    Parameters
    ----------
    dataset : str or Path
        Its folder, or its URL on a server.
    browser : bool, default True
        Open a browser; else only the link is given.
    port : int, default 0
        Port to serve at; 0 is a free one.
    follow_links : bool, default False
        Also read mags that lie outside of the dataset's folder.
    ca_bundle : str or Path
        Certificates of a server to trust, as a PEM file.
    insecure : bool, default False
        Send the token over plain http, where others can read it.
    token : str
        Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment.

    Returns
    -------
    View
        Its `link`, which a notebook shows, and `close`; it is a context manager.

    Raises
    ------
    WkflowError
        ConfigError if the extra `view` is not installed or the port is taken, SourceError if it is
        no dataset, ServerError or TransientError if a server does not show it.
    """
    options = {"dataset": dataset, "port": port, "follow_links": follow_links,
               "ca_bundle": ca_bundle, "insecure": insecure}  # fmt: skip
    names = [TOKEN] if is_url(str(dataset)) else []
    shown = View(*call.serve("view", options, token=token, names=names))
    if browser:
        webbrowser.open(shown.link)
    return shown
