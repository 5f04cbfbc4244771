"""An upload against a server that forgets, breaks off and doubts."""

import email
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

import pytest
from wkflow.errors import ServerError, TransientError, VerificationError
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.upload import FinishUnsureError, Upload, UploadLostError
from wkflow.webknossos.client.upload_part import UploadPart, pieces_of

from tests.webknossos.client.listener import (
    TOKEN,
    Asked,
    Listener,
    Reply,
    asking,
    document,
    hasty,
    in_turn,
    refusal,
)

CONTENT = bytes(range(256)) * 4000
CHUNK = 400_000


class Store:
    """Keeps chunks as the protocol says; `mishaps` go before, `after` once a chunk was kept."""

    def __init__(self, version: int = 14, *, is_known: bool = True) -> None:
        self.dialect, self.is_known = Dialect(version), is_known
        self.kept: dict[tuple[str, int], bytes] = {}
        self.before: list[Reply] = []
        self.after: list[Reply] = []
        self.posts = self.questions = 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "GET" and asked.path == self.dialect.chunk_test:
            self.questions += 1
            key = asked.query["resumableIdentifier"], int(asked.query["resumableChunkNumber"])
            status = 200 if key in self.kept else 204
            return Reply(status) if self.is_known else refusal("No such upload.")
        if asked.path != self.dialect.chunks:
            return Reply(404)
        self.posts += 1
        if self.before:
            return self.before.pop(0)
        if not self.is_known:
            return refusal("No such upload.")
        fields, content = form_of(asked)
        key = fields["resumableIdentifier"], int(fields["resumableChunkNumber"])
        self.kept.setdefault(key, content)
        return self.after.pop(0) if self.after else Reply(200)


def form_of(asked: Asked) -> tuple[dict[str, str], bytes]:
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + asked.body).get_payload()
    assert isinstance(parts, list)
    named = {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in parts
        if isinstance(part, Message)
    }
    content = named.pop("file")
    assert isinstance(content, bytes)
    return {key: bytes(value).decode() for key, value in named.items()}, content


@contextmanager
def uploading(store: Store, per_request: int = 10) -> Iterator[tuple[Listener, Upload]]:
    with asking(store, budget=hasty(per_request=per_request)) as (listener, session):
        yield (
            listener,
            Upload(session, listener.url + "/", store.dialect, "up", "n", "org", 2),
        )


@pytest.fixture
def pieces(tmp_path: Path) -> list[UploadPart]:
    """Cut a file of three pieces."""
    path = tmp_path / "shard"
    path.write_bytes(CONTENT)
    return pieces_of(path, "lay/1/c/0/ö 1", len(CONTENT), CHUNK)


@pytest.mark.parametrize("version", [13, 14, 15, 16])
def test_all_pieces_arrive(version: int, pieces: list[UploadPart]) -> None:
    """Under their names and numbers."""
    store = Store(version)
    with uploading(store) as (listener, upload):
        assert not upload.has(pieces[0])
        assert all(upload.send(piece) for piece in pieces)
        assert [upload.has(piece) for piece in pieces] == [True] * 3
        assert upload.bytes_sent == sum(len(asked.body) for asked in listener.asked)
    assert b"".join(store.kept[f"up/{pieces[0].path}", n] for n in (1, 2, 3)) == CONTENT
    fields, _ = form_of(listener.asked[1])
    assert ("owningOrganization" in fields) == (version == 13)
    assert {asked.token for asked in listener.asked} == {TOKEN}


@pytest.mark.parametrize("reply", [Reply(429), Reply(503), Reply(408)], ids=lambda r: str(r.status))
def test_a_busy_server_gets_the_piece_later(reply: Reply, pieces: list[UploadPart]) -> None:
    """There is nothing to ask: it did not begin."""
    store = Store()
    store.before = [reply, reply]
    with uploading(store) as (_, upload):
        assert upload.send(pieces[0])
    assert (store.posts, store.questions) == (3, 0)


AMBIGUOUS = {
    "cut": Reply(cut=0),
    "half an answer": Reply(200, b"xx", cut=1),
    "500": Reply(500),
    "502": Reply(502),
    "504": Reply(504),
}


@pytest.mark.parametrize("reply", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_arrived_is_not_sent_again(reply: Reply, pieces: list[UploadPart]) -> None:
    """Where the answer was lost, the server is asked, and its word is not taken for certain."""
    store = Store()
    store.after = [reply]
    with uploading(store) as (_, upload):
        assert not upload.send(pieces[1])
    assert (store.posts, store.questions) == (1, 1)


@pytest.mark.parametrize("reply", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_did_not_arrive_is_sent_again(reply: Reply, pieces: list[UploadPart]) -> None:
    """After the question."""
    store = Store()
    store.before = [reply]
    with uploading(store) as (_, upload):
        assert upload.send(pieces[0])
    assert (store.posts, store.questions) == (2, 1)
    assert store.kept["up/lay/1/c/0/ö 1", 1] == CONTENT[:CHUNK]


def test_a_line_cut_in_the_middle_is_no_question(tmp_path: Path) -> None:
    """Half a form is no piece: it is sent again, and only what was sent is counted."""
    path = tmp_path / "large"
    content = b"x" * 2**25  # more than sockets hold
    path.write_bytes(content)
    (piece,) = pieces_of(path, "large", len(content), len(content))
    store = Store()
    with uploading(store) as (listener, upload):
        listener.greed = [1000]
        assert upload.send(piece)
        assert len(content) < upload.bytes_sent < 2 * len(content)
    assert (store.posts, store.questions) == (1, 0)
    assert store.kept["up/large", 1] == content


def test_silence_is_answered_by_a_question(pieces: list[UploadPart]) -> None:
    """A server may work though it does not answer in time."""
    store = Store()
    with asking(store) as (listener, patient):
        session = type(patient)(TOKEN, timeout=0.2, budget=hasty())
        with session:
            upload = Upload(session, listener.url, store.dialect, "up", "n", "org", 2)
            listener.answer = Slow(store, 0.6)
            assert not upload.send(pieces[0])
    assert (store.posts, store.questions) == (1, 1)


class Slow:
    """Keeps the first chunk at once, and says so late."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store, self._seconds = store, seconds

    def __call__(self, asked: Asked) -> Reply:
        reply = self._store(asked)
        if asked.method == "POST":
            time.sleep(self._seconds)
        return reply


def test_a_forgotten_upload_is_lost(pieces: list[UploadPart]) -> None:
    """Told by a question, never by the words of the refusal."""
    with uploading(Store(is_known=False)) as (_, upload):
        assert not upload.is_known()
        for ask in (upload.send, upload.has):
            with pytest.raises(UploadLostError, match="no longer knows the upload up") as caught:
                ask(pieces[0])
            assert caught.value.exit_status == TransientError.exit_status
            assert type(pickle.loads(pickle.dumps(caught.value))) is UploadLostError  # noqa: S301


def test_a_dead_token_is_no_lost_upload(pieces: list[UploadPart]) -> None:
    """Datastores answer 400 to both; another question tells them apart."""
    store = Store(is_known=False)

    def answer(asked: Asked) -> Reply:
        dead = asked.path == store.dialect.unfinished
        return Reply(403, b"Token may be expired: invalid access token") if dead else store(asked)

    with uploading(store) as (listener, upload):
        listener.answer = answer
        for ask in (lambda: upload.send(pieces[0]), lambda: upload.has(pieces[0]), upload.is_known):
            with pytest.raises(ServerError, match="invalid access token"):
                ask()
    assert listener.asked[-1].query == {"organizationName": "org"}


def test_a_refused_piece_of_a_known_upload_is_an_error(pieces: list[UploadPart]) -> None:
    """In the server's words, which sound alike."""
    store = Store()
    store.before = [refusal("Could not find running upload.")]
    with uploading(store) as (_, upload):
        with pytest.raises(ServerError, match="Could not find running upload"):
            upload.send(pieces[0])
        assert upload.is_known()
    assert store.posts == 1


@pytest.mark.parametrize("status", [401, 403, 404, 413])
def test_lasting_refusals_are_final(status: int, pieces: list[UploadPart]) -> None:
    """Nobody waits for them to pass."""
    store = Store()
    store.before = [Reply(status, b"No.")]
    with (
        uploading(store) as (_, upload),
        pytest.raises(ServerError, match="No"),
    ):
        upload.send(pieces[0])
    assert (store.posts, store.questions) == (1, 0)


def test_in_the_end_a_piece_is_given_up(pieces: list[UploadPart]) -> None:
    """Later, the same command resumes."""
    store = Store()
    store.before = [Reply(503)] * 9
    with (
        uploading(store, per_request=2) as (_, upload),
        pytest.raises(TransientError, match="3 tries") as caught,
    ):
        upload.send(pieces[0])
    assert caught.value.where.endswith("/data/v14/datasets/upload/dataset")


def test_a_file_that_changed_is_not_sent(pieces: list[UploadPart]) -> None:
    """Nor is the network blamed for it."""
    pieces[0].file.write_bytes(CONTENT[:-1])
    store = Store()
    with uploading(store) as (_, upload):
        with pytest.raises(VerificationError):
            upload.send(pieces[0])
        assert upload.session.retries == 0
    assert not store.kept


@pytest.mark.parametrize("version", [13, 16])
def test_a_reservation_may_be_repeated(version: int) -> None:
    """A lost answer does no harm: the id is known then."""
    with asking(in_turn(Reply(cut=0), Reply(502), Reply(200))) as (listener, session):
        upload = Upload(session, listener.url, Dialect(version), "up", "n", "org", 2)
        upload.reserve(99, "folder")
    assert len(listener.asked) == 3
    assert {asked.path for asked in listener.asked} == {Dialect(version).reserve}
    numbers = listener.asked[0].json
    numbers = numbers.get("resumableUploadInfo", numbers)
    assert (numbers["uploadId"], numbers["totalFileSizeInBytes"]) == ("up", 99)


FINISHED = {13: document({"newDatasetId": "5"}), 14: document({"datasetId": "5"})}


@pytest.mark.parametrize("version", FINISHED)
def test_a_finish_gives_the_dataset(version: int) -> None:
    """A server that had not begun is asked again."""
    answers = in_turn(Reply(429), Reply(503), FINISHED[version])
    with asking(answers) as (listener, session):
        upload = Upload(session, listener.url, Dialect(version), "up", "n", "org", 2)
        assert upload.finish() == "5"
    last = listener.asked[-1]
    assert last.path == Dialect(version).finish
    assert (last.query, last.body) in (({"uploadId": "up"}, b""), ({}, b'{"uploadId": "up"}'))


@pytest.mark.parametrize(
    "reply",
    [
        *(*AMBIGUOUS.values(), document({}), document(None), Reply(200, b"<html>")),
        Reply(200, b'{"datase', {"Content-Type": "application/json"}),
    ],
)  # fmt: skip
def test_a_lost_answer_to_a_finish_is_told(reply: Reply) -> None:
    """It is not asked twice: the caller looks whether the dataset is there."""
    with asking(in_turn(reply)) as (listener, session):
        upload = Upload(session, listener.url, Dialect(14), "up", "n", "org", 2)
        with pytest.raises(FinishUnsureError) as caught:
            upload.finish()
        assert len(listener.asked) == 1
    assert caught.value.exit_status == TransientError.exit_status


def test_a_refused_finish_is_told() -> None:
    """In the server's words."""
    chain = "[Server Time 1] Could not verify. <~ Chunks missing for uploaded file a."
    with asking(in_turn(refusal("Could not finalize upload.", chain))) as (listener, session):
        upload = Upload(session, listener.url, Dialect(14), "up", "n", "org", 2)
        with pytest.raises(
            ServerError, match="finalize upload: Chunks missing for uploaded file a"
        ):
            upload.finish()
        assert len(listener.asked) == 1


@pytest.mark.parametrize(
    ("status", "done"), [(200, True), (400, False), (403, False), (404, False)]
)
def test_a_cancel_may_be_refused(status: int, done: object) -> None:
    """Only administrators may; the id is in query and body, as servers differ."""
    with asking(in_turn(Reply(status))) as (listener, session):
        for version in (13, 14):
            upload = Upload(session, listener.url, Dialect(version), "up", "n", "org", 2)
            assert upload.cancel() is done
    assert [asked.json for asked in listener.asked] == [{"uploadId": "up"}] * 2
    assert [asked.query for asked in listener.asked] == [{}, {"uploadId": "up"}]
