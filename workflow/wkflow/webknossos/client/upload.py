"""One upload: reserved, filled piece by piece, finished; resumable, and nothing is sent twice."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Self

from wkflow.errors import ServerError, TransientError
from wkflow.network.network_errors import RetryableError, full_disk
from wkflow.webknossos.client.api_versions import Announcement, Dialect
from wkflow.webknossos.client.request import Request, Response
from wkflow.webknossos.client.session import FINISH_TIMEOUT_S, Session
from wkflow.webknossos.client.upload_part import PartBody, UploadPart

Links = Sequence[Mapping[str, str]]
"""Layers of other datasets, each by `datasetId` and `layerName`."""

NEVER_SENT = ".wkflow-asks"
"""A path that no upload has: asking for it tells whether the upload itself is known."""


class UploadLostError(TransientError):
    """The server no longer knows this upload: it expired, was cancelled or is finished."""


class FinishUnsureError(TransientError):
    """The answer to a finish was lost: it may have happened, be under way, or not have come."""

    @classmethod
    def after(cls, failure: RetryableError, where: str) -> Self:
        return cls(
            f"{failure.cause}: whether the upload is finished is unknown",
            where,
            "Give the same command: it looks whether what was sent is there.",
            failure.detail,
        )


class Upload:
    """One upload; it may be used from several threads.

    Parameters
    ----------
    datastore
        Its URL.
    upload_id
        Chosen by us, without `/`; the same one resumes.
    file_count
        The server compares it at the end with the number of paths it got.

    Attributes
    ----------
    bytes_sent
        Put on the wire so far, in bodies of pieces.
    """

    def __init__(
        self,
        session: Session,
        datastore: str,
        dialect: Dialect,
        upload_id: str,
        name: str,
        organization: str,
        file_count: int,
    ) -> None:
        self.session, self._datastore, self._dialect = session, datastore.rstrip("/"), dialect
        self.upload_id, self.file_count = upload_id, file_count
        self._name, self._organization = name, organization
        self.bytes_sent, self._lock = 0, Lock()

    def reserve(
        self,
        total_bytes: int | None,
        folder_id: str | None,
        links: Links = (),
    ) -> None:
        """Announce the upload; one that is known already is left as it is.

        Parameters
        ----------
        total_bytes
            An upper bound: the server throws away an upload that exceeds it. None sets none.
        folder_id
            None stands for the root folder.
        links
            Layers of other datasets that this one is to have as well.

        Raises
        ------
        ServerError
            If quota, rights, name or folder forbid it.
        """
        announced = Announcement(
            self.upload_id, self._name, self._organization, self.file_count, total_bytes, folder_id,
            tuple(links),
        )  # fmt: skip
        self._reserve(self._dialect.reserve_body(announced))

    def _reserve(self, body: dict[str, Any]) -> None:
        self.session.request("POST", self._datastore + self._dialect.reserve, json=body)

    def is_known(self) -> bool:
        """Ask whether the server still has this upload.

        Raises
        ------
        ServerError
            If the token is no longer good.
        """
        return self._ask(NEVER_SENT, 1) != 400

    def has(self, piece: UploadPart) -> bool:
        """Ask whether a piece arrived.

        Raises
        ------
        UploadLostError
            If the server does not know the upload.
        """
        status = self._ask(piece.path, piece.number)
        if status == 400:
            raise self.lost(f"GET {self._datastore}{self._dialect.chunk_test}")
        return status == 200

    def _ask(self, path: str, number: int) -> int:
        params = {
            "resumableChunkNumber": str(number),
            "resumableIdentifier": f"{self.upload_id}/{path}",
        }
        url = self._datastore + self._dialect.chunk_test
        status = self.session.request("GET", url, params=params, ok=(200, 204, 400)).status_code
        if status == 400:
            self._check_token()
        return status

    def _check_token(self) -> None:
        """Ask something that needs a good token and no upload.

        Datastores answer 400 as well where they could not find out what a token may do. The list
        itself is of no use: some servers leave uploads out, some fail over it.
        """
        url = self._datastore + self._dialect.unfinished
        params = {"organizationName": self._organization}
        self.session.request("GET", url, params=params, ok=(200, 400, 404, 500))

    def send(self, piece: UploadPart) -> bool:
        """Send a piece until the server has it.

        Where a failure leaves open whether it arrived, the server is asked before it is sent
        again.

        Returns
        -------
        whether the server accepted it; False if it only said, asked later, that it had it

        Raises
        ------
        UploadLostError
            If the server does not know the upload any more.
        ServerError, TransientError
            If it refuses, or cannot be reached for long.
        VerificationError
            If the file is not what was written.
        """
        names = self._dialect.chunk_names(self._name, self._organization)
        fields = piece.fields(self.upload_id, self.file_count, names)
        url = self._datastore + self._dialect.chunks
        tries = self.session.tries(Request("POST", url))
        while True:
            with PartBody(piece, fields, self._count) as body:
                try:
                    self._post(url, body, tries.timeout_factor)
                except RetryableError as failure:
                    tries.pause(failure)
                    if failure.is_unsure and self.has(piece):
                        return False
                else:
                    return True

    def _post(self, url: str, body: PartBody, timeout_factor: int) -> None:
        headers = {"Content-Type": body.content_type}
        call = Request("POST", url, body=body, headers=headers, ok=(200, 201, 400))
        answer = self.session.attempt(call, timeout_factor)
        if answer.status_code == 400:
            if not self.is_known():
                raise self.lost(call.where)
            self.session.refuse(call, answer)

    def _count(self, number: int) -> None:
        with self._lock:
            self.bytes_sent += number

    def lost(self, where: str) -> UploadLostError:
        """Make the error that the server does not know this upload any more."""
        return UploadLostError(
            f"the server no longer knows the upload {self.upload_id}",
            where,
            "Give the same command: it begins a new upload.",
        )

    def finish(self) -> str:
        """Let the server make a dataset of the files; give its id. That may take an hour.

        It is repeated only where the server cannot have begun: the second finish of an upload is
        refused like that of an unknown one.

        Raises
        ------
        FinishUnsureError
            If the answer was lost.
        TransientError
            If the server's disk is full.
        ServerError
            In the server's words.
        """
        call = Request(
            "POST",
            self._datastore + self._dialect.finish,
            params=self._dialect.finish_params(self.upload_id),
            json=self._dialect.finish_body(self.upload_id),
            timeout=FINISH_TIMEOUT_S,
        )
        tries = self.session.tries(call)
        while True:
            try:
                return self._finished(self.session.attempt(call, tries.timeout_factor))
            except RetryableError as failure:
                if failure.is_unsure:
                    raise FinishUnsureError.after(failure, call.where) from None
                if failure.is_full:  # the server had begun
                    raise full_disk(failure.cause, call.where, failure.detail) from None
                tries.pause(failure)

    def _finished(self, answer: Response) -> str:
        try:
            return _id(answer.json()[self._dialect.finished_key])
        except (ServerError, LookupError, TypeError):
            raise RetryableError("the answer names no dataset", is_unsure=True) from None

    def cancel(self) -> bool:
        """Let the server forget the upload; say whether it did. Only administrators may."""
        params = self._dialect.cancel_params(self.upload_id)
        url = self._datastore + self._dialect.cancel
        try:
            self.session.request("POST", url, params=params, json={"uploadId": self.upload_id})
        except ServerError:
            return False
        return True


def _id(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value
