"""The upload of one mag to a dataset that is there: as that of a dataset, under its own routes."""

from wkflow.webknossos.client.api_versions import Dialect, NewMag
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import Links, Upload


class MagUpload(Upload):
    """One mag on its way; the paths of its pieces begin in the mag's folder.

    It is to be reserved when all of its files are there: at the end the server wants as many as
    were announced and no more bytes, and some servers delete the whole dataset over one that is
    too large.

    Parameters
    ----------
    datastore
        That of the dataset: no other may add to it.
    upload_id
        Chosen by us, without `/`; the same one resumes.
    organization
        Of the dataset.

    Raises
    ------
    ServerError
        If the server takes no mags: API 13.
    """

    def __init__(
        self,
        session: Session,
        datastore: str,
        dialect: Dialect,
        upload_id: str,
        mag: NewMag,
        organization: str,
        file_count: int,
    ) -> None:
        of_mags = dialect.of_mags(datastore)
        super().__init__(
            session, datastore, of_mags, upload_id, mag.layer, organization, file_count
        )
        self.mag = mag

    def reserve(
        self, total_bytes: int | None, folder_id: str | None = None, links: Links = ()
    ) -> None:
        """Announce the mag; an upload that is known already is left as it is.

        Where the same mag is on its way in another upload, the server forgets that one.

        Parameters
        ----------
        total_bytes
            An upper bound; None sets none.
        folder_id
            None: a mag is in no folder of the server.
        links
            None: a mag has no layers.

        Raises
        ------
        ServerError
            If rights forbid it, or the dataset takes no such mag.
        """
        del folder_id, links
        dialect = self._dialect
        self._reserve(
            dialect.reserve_mag_body(self.upload_id, self.mag, self.file_count, total_bytes)
        )
