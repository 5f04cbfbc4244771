"""Reading a finished dataset back, as files, through the datastore's proxy."""

from typing import Any
from urllib.parse import quote

from wkflow.errors import ServerError
from wkflow.remote.dialect import Dialect
from wkflow.remote.session import Session

Mag = tuple[int, int, int]

PROPERTIES = "datasource-properties.json"

WHOLE_FILE = 2**24
"""Bytes of a file that may come as a whole where ranges are ignored."""


class Proxy:
    """The files of one dataset on the server, under paths of the server's own."""

    def __init__(self, session: Session, datastore: str, dialect: Dialect, dataset_id: str) -> None:
        self._session, self.dataset_id = session, dataset_id
        root = f"{datastore.rstrip('/')}{dialect.data}/datasets"
        self._url = f"{root}/{quote(dataset_id, safe='')}/proxy"

    def mag_paths(self) -> dict[tuple[str, Mag], str]:
        """Give the announced folder of every mag by layer and mag, for `read`.

        Raises
        ------
        ServerError
            If the dataset is not there, or described in a way that is unknown.
        """
        url = f"{self._url}/{PROPERTIES}"
        document = self._session.json("GET", url)
        try:
            return {
                (str(layer["name"]), _mag(mag["mag"])): str(mag["path"])
                for layer in document["dataLayers"]
                for mag in layer["mags"]
            }
        except (KeyError, TypeError, ValueError):
            remedy = "Report it with the version of the server."
            raise ServerError("describes no layers", f"GET {url}", remedy) from None

    def read(self, path: str, begin: int, end: int) -> bytes | None:
        """Read the bytes from `begin` to before `end` of a file.

        Parameters
        ----------
        path
            A path of `mag_paths` with the file's path behind it.

        Returns
        -------
        fewer bytes where the file ends sooner, None where there is no such file

        Raises
        ------
        ServerError
            If the server refuses, or answers another range than was asked for.
        """
        url = f"{self._url}/{quote(path.removeprefix('./'))}"
        answer = self._session.request(
            "GET",
            url,
            # a range of compressed bytes would be another range
            headers={"Range": f"bytes={begin}-{end - 1}", "Accept-Encoding": "identity"},
            ok=(200, 206, 404, 416),
            limit=max(WHOLE_FILE, end - begin),
        )
        if answer.status_code == 404:
            return None
        if answer.status_code == 416:
            return b""
        if answer.status_code == 200:
            return answer.content[begin:end]
        found = answer.headers.get("Content-Range", f"bytes {begin}-")
        if not found.startswith(f"bytes {begin}-") or len(answer.content) > end - begin:
            remedy = "A proxy before the server may be at fault: ask its administrator."
            raise ServerError(f"answers another range ({found})", answer.where, remedy)
        return answer.content


def _mag(announced: Any) -> Mag:  # noqa: ANN401 -- a number or three
    x, y, z = [announced] * 3 if isinstance(announced, int) else announced
    return int(x), int(y), int(z)
