"""Pieces tile a file; their bodies are forms that an independent parser reads."""

import email
import tracemalloc
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import TransientError, VerificationError
from wkflow.webknossos.client.upload_part import PartBody, UploadPart, pieces_of

FIELDS = {"resumableChunkSize": "4", "name": "Bär / 1"}


@given(size=st.integers(0, 10**12), chunk=st.integers(2**28, 2**31 - 1))
def test_pieces_tile_the_file(size: int, chunk: int) -> None:
    """In order, without gap, each where the server will write it."""
    end = 0
    pieces = pieces_of(Path("f"), "a/f", size, chunk)
    for number, piece in enumerate(pieces, 1):
        assert (piece.number, piece.count, piece.file_size) == (number, len(pieces), size)
        assert piece.offset == end == (number - 1) * piece.chunk_size
        assert 0 < piece.length <= chunk
        end += piece.length
    assert end == size


def file_of(folder: Path, content: bytes, chunk: int) -> list[UploadPart]:
    path = folder / "f"
    path.write_bytes(content)
    return pieces_of(path, "lay/1/c/0/f", len(content), chunk)


def read_by(body: PartBody, size: int) -> bytes:
    blocks = []
    while block := body.read(size):
        assert len(block) <= size
        blocks.append(block)
    return b"".join(blocks)


def parts_of(body: bytes, content_type: str) -> list[Message]:
    parsed = email.message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = parsed.get_payload()
    assert isinstance(parts, list)
    assert not parsed.defects
    return [part for part in parts if isinstance(part, Message)]


CONTENT = bytes(range(256)) * 3 + b"\r\n--\r\n"


@pytest.mark.parametrize("size", [1, 7, 100, 2**17])
def test_another_parser_finds_the_parts(tmp_path: Path, size: int) -> None:
    """Text without a type, then the file, in the order given, however it is read."""
    first, second = file_of(tmp_path, CONTENT, 500)
    for piece in (first, second):
        with PartBody(piece, FIELDS) as body:
            sent = read_by(body, size)
            assert len(sent) == len(body)
            assert body.is_whole
        *texts, file = parts_of(sent, body.content_type)
        named = [part.get_param("name", header="content-disposition") for part in texts]
        values = [part.get_payload(decode=True) for part in texts]
        assert dict(zip(named, values, strict=True)) == {k: v.encode() for k, v in FIELDS.items()}
        assert [part["Content-Type"] for part in texts] == [None] * len(FIELDS)
        assert file.get_param("name", header="content-disposition") == "file"
        assert (file.get_filename(), file.get_content_type()) == (
            "upload", "application/octet-stream",
        )  # fmt: skip
        found = file.get_payload(decode=True)
        assert found == CONTENT[piece.offset : piece.offset + piece.length]


def test_fields_are_in_the_order_of_the_protocol(tmp_path: Path) -> None:
    """With those of version 13 before the last."""
    piece = file_of(tmp_path, b"x" * 10, 4)[2]
    fields = piece.fields("up", 5, {"owningOrganization": "org", "name": "n"})
    assert list(fields.items()) == [
        ("resumableChunkSize", "4"),
        ("resumableTotalSize", "10"),
        ("resumableType", "application/octet-stream"),
        ("resumableIdentifier", "up/lay/1/c/0/f"),
        ("resumableFilename", "f"),
        ("resumableRelativePath", "lay/1/c/0/f"),
        ("resumableTotalChunks", "3"),
        ("resumableChunkNumber", "3"),
        ("resumableCurrentChunkSize", "2"),
        ("owningOrganization", "org"),
        ("name", "n"),
        ("totalFileCount", "5"),
    ]


def test_little_memory_is_needed(tmp_path: Path) -> None:
    """A piece of any size is read block by block."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**25)
    (piece,) = pieces_of(path, "large", 2**25, 2**26)
    tracemalloc.start()
    try:
        with PartBody(piece, FIELDS) as body:
            while body.read(2**17):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_bytes_are_counted_as_they_go(tmp_path: Path) -> None:
    """For the progress that a person sees, and for the sum of all that was sent."""
    (piece,) = file_of(tmp_path, CONTENT, 1000)
    ticks: list[int] = []
    with PartBody(piece, FIELDS, tick=ticks.append) as body:
        body.read(50)
        body.read(9)
    assert ticks == [50, 9]


@pytest.mark.parametrize("content", [b"", b"x" * 9, b"x" * 11])
def test_another_length_is_noticed(tmp_path: Path, content: bytes) -> None:
    """Before a byte of it is sent."""
    pieces = file_of(tmp_path, b"x" * 10, 4)
    (tmp_path / "f").write_bytes(content)
    for piece in pieces:
        with PartBody(piece, {}) as body, pytest.raises(VerificationError) as caught:
            read_by(body, 100)
        assert caught.value.where == str(tmp_path / "f")


def test_a_file_cut_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    """There is no waiting for bytes that do not come."""
    (piece,) = file_of(tmp_path, b"x" * 1000, 1000)
    with PartBody(piece, {}) as body:
        body.read(500)  # the head
        body.read(10)
        (tmp_path / "f").write_bytes(b"x" * 100)
        with pytest.raises(VerificationError, match="not as long as it was"):
            read_by(body, 200)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """It is made anew by the same command."""
    (piece,) = pieces_of(tmp_path / "gone", "gone", 5, 10)
    with PartBody(piece, {}) as body, pytest.raises(VerificationError, match="is gone"):
        read_by(body, 100)


def test_a_failing_disk_is_no_fault_of_the_network(tmp_path: Path) -> None:
    """It is named, and the network is not asked again for it."""
    (piece,) = pieces_of(tmp_path, "folder", 5, 10)
    with PartBody(piece, {}) as body, pytest.raises(TransientError) as caught:
        read_by(body, 100)
    assert caught.value.where == str(tmp_path)
