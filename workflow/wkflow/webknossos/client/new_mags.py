"""Mags that a dataset on a server is to get: allowed, reserved, finished, and seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from wkflow.errors import ServerError, TransientError
from wkflow.model.mag import Mag, name_of
from wkflow.network.network_errors import RetryableError, nonsense
from wkflow.webknossos.client.api_versions import NewMag
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.mag_upload import MagUpload
from wkflow.webknossos.client.request import Request
from wkflow.webknossos.client.upload import FinishUnsureError

TRIES = 2
"""To let the server finish a mag, in one run."""

VIRTUAL_ALONE = 14
"""Since this version of the interface only datasets of the server's own keeping get mags."""

ASK_S = 2.0
"""Between two looks whether a mag is there."""


@dataclass(frozen=True, slots=True)
class NewMags:
    """Adds mags to a dataset, one by one, and changes nothing else of it.

    The official client writes the whole data source back after each mag, to extend the bounding
    box, which downsampling never does. That would remove what somebody else added meanwhile.
    """

    dataset: RemoteDataset

    def check_allowed(self, transfer_mode: str, mags: Iterable[tuple[str, Mag]] = ()) -> None:
        """Refuse now what the server would refuse when all is computed.

        Parameters
        ----------
        mags
            Those that are planned, with the names of their layers.

        Raises
        ------
        ServerError
            If there is no token or a wrong one, if its user may not change the dataset, or if the
            server takes no mags for it in this way, or not these.
        """
        server, url = self.dataset.server, self.dataset.url
        if not server.session.has_token:
            remedy = "Copy yours from WEBKNOSSOS (account, auth token) into WK_TOKEN."
            raise ServerError("no token was given, and only users may add mags", url, remedy)
        if transfer_mode == "http":
            server.dialect.of_mags(url)
        server.user()
        info = server.dataset(self.dataset.id)
        if not info.get("isEditable", True):
            remedy = "Ask an administrator of its organization."
            raise ServerError("the user of this token may not change the dataset", url, remedy)
        if not info.get("isVirtual", True) and server.dialect.version >= VIRTUAL_ALONE:
            raise ServerError(
                "the server adds mags to datasets that were uploaded, not to folders it found",
                url,
                "Give `wkflow downsample` the folder itself, where it is.",
            )
        for layer, mag in mags:
            self._check_room(layer, mag)

    def _check_room(self, layer: str, mag: Mag) -> None:
        """Servers tell mags apart by their largest factor."""
        for factors in self.dataset.mags_of(layer):
            if max(factors) == mag.largest:
                raise ServerError(
                    f"layer {layer} has mag {name_of(factors)}, and so cannot get mag {mag}",
                    self.dataset.url,
                    "Delete that mag there, or choose another --from-mag.",
                )

    def lists(self, mag: NewMag) -> bool:
        """Ask the server whether a mag is part of the dataset by now."""
        return mag.factors in self.dataset.again().mags_of(mag.layer)

    def appears(self, mag: NewMag, wait_s: float) -> bool:
        """Look for a mag, once at least, until it is there or the time is over."""
        deadline = monotonic() + wait_s
        while not (found := self.lists(mag)) and monotonic() < deadline:
            sleep(ASK_S)
        return found

    def upload_of(self, mag: NewMag, upload_id: str, file_count: int) -> MagUpload:
        """Make the upload of a mag: to the datastore of this dataset, whichever others there are.

        Raises
        ------
        ServerError
            If the server takes no mags: API 13.
        """
        dataset, server = self.dataset, self.dataset.server
        where = (server.session, dataset.datastore, server.dialect)
        return MagUpload(*where, upload_id, mag, dataset.organization, file_count)

    def finish(self, upload: MagUpload, wait_s: float = 60.0) -> None:
        """Let the server add a mag that was sent; look for it where an answer was lost.

        Raises
        ------
        UploadLostError
            If the server does not know the upload any more, and does not list the mag, before it
            is asked.
        ServerError
            In the server's words.
        TransientError
            If it does not say whether it did.
        """
        was_asked = False
        for _ in range(TRIES):
            if self.lists(upload.mag):
                return
            if not upload.is_known():
                if was_asked:  # servers forget an upload before they are done with its files
                    break
                raise upload.lost(self.dataset.url)
            was_asked = True
            try:
                upload.finish()
            except FinishUnsureError:
                if self.appears(upload.mag, wait_s):
                    return
            else:
                return
        raise TransientError(
            "the server was asked to add a mag, and does not say whether it did",
            self.dataset.url,
            "Give the same command in some minutes: it looks whether the mag is there.",
        )

    def reserve_path(self, mag: NewMag) -> str:
        """Ask where the files of a mag may be laid: for those who reach the storage.

        Asked again, the server forgets what it said before.

        Returns
        -------
        path or URL of the mag's folder, which is not there yet
        """
        where = self._route("reserveMagUploadToPath")
        found = self.dataset.server.session.json("POST", where, json=_path_body(mag))
        if not isinstance(found, str):
            raise nonsense("it is no path", f"POST {where}")
        return found

    def finish_path(self, mag: NewMag) -> None:
        """Tell that the files are where `reserve_path` said.

        A second time is refused by some servers; so after a lost answer, the dataset is looked at.

        Raises
        ------
        ServerError
            In the server's words.
        """
        call = Request("POST", self._route("finishMagUploadToPath"), json=_path_body(mag))
        tries = self.dataset.server.session.tries(call)
        while True:
            try:
                self.dataset.server.session.attempt(call, tries.timeout_factor)
            except RetryableError as failure:
                if failure.is_unsure and self.lists(mag):
                    return
                tries.pause(failure)
            except ServerError:
                if self.lists(mag):
                    return
                raise
            else:
                return

    def _route(self, name: str) -> str:
        dataset = self.dataset
        return dataset.server.at(f"/datasets/{quote(dataset.id, safe='')}/{name}")


def _path_body(mag: NewMag) -> dict[str, Any]:
    """Give the body of both calls; a mag that is pending yields to this one."""
    properties = mag.properties()
    return {"layerName": mag.layer, **properties, "pathPrefix": None, "overwritePending": True}
