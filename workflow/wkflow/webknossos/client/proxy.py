"""Reading a finished dataset back, as files, through the datastore's proxy."""

from wkflow.model.box import Triple
from wkflow.model.mag import factors_from
from wkflow.network.network_errors import nonsense
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.dataset_files import RemoteFiles
from wkflow.webknossos.client.session import Session

PROPERTIES = "datasource-properties.json"


class Proxy:
    """The files of one dataset on the server, under paths of the server's own."""

    def __init__(self, session: Session, datastore: str, dialect: Dialect, dataset_id: str) -> None:
        self._session, self.dataset_id = session, dataset_id
        self._url = datastore.rstrip("/") + dialect.proxy(dataset_id)
        self._files = RemoteFiles(session, self._url)

    def mag_paths(self) -> dict[tuple[str, Triple], str]:
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
                (str(layer["name"]), factors_from(mag["mag"])): str(mag["path"])
                for layer in document["dataLayers"]
                for mag in layer["mags"]
            }
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise nonsense("it describes no layers", f"GET {url}") from None

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
        return self._files.part(path, begin, end)
