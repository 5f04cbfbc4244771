"""The routes of chunks: a file comes in pieces, in any order, each of them once."""

import os
import posixpath
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from werkzeug.wrappers import Response

from tests.standin.answers import RefusalError, failure, nothing, refusal
from tests.standin.multipart import Form, read_form
from tests.standin.people import may_write
from tests.standin.site import Call
from tests.standin.uploads import unknown_upload

INT, LONG = 2**31, 2**63
NO_FILE = "Could not extract zipped data from upload request."
PLACING = [threading.Lock() for _ in range(64)]
"""Two chunks of one file must not both find that there is no file yet."""


@dataclass(frozen=True)
class Label:
    """What the form fields of a chunk say."""

    identifier: str
    chunk_size: int
    total: int
    number: int
    size: int

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Bind the five fields that are read; the first wrong one is named."""
        return cls(
            chunk_size=_number(fields, "resumableChunkSize", INT),
            total=_number(fields, "resumableTotalChunks", LONG),
            identifier=_text(fields, "resumableIdentifier"),
            number=_number(fields, "resumableChunkNumber", INT),
            size=_number(fields, "resumableCurrentChunkSize", INT),
        )


def _text(fields: Mapping[str, str], name: str) -> str:
    if not fields.get(name):
        raise refusal("error.required")
    return fields[name]


def _number(fields: Mapping[str, str], name: str, limit: int) -> int:
    text = _text(fields, name)
    try:
        number = int(text)
    except ValueError:
        raise refusal("error.number") from None
    if not -limit <= number < limit:
        raise refusal("error.number")
    return number


def split_identifier(identifier: str) -> tuple[str, str]:
    """Give upload id and path; an identifier without a path is more than the server can bear."""
    upload, _, path = identifier.partition("/")
    path = path.removeprefix("/")
    if not path:
        raise RefusalError(failure("Internal server error", status=500))
    return upload, path


def checked_path(path: str) -> str:
    """Give a path in its plain form; refuse one that leads out of the upload."""
    plain = posixpath.normpath(path)
    if plain.startswith(("/", "../")) or plain in {"..", "."}:
        raise refusal(f"Invalid file path: {path}")
    return plain


def send_chunk(call: Call) -> Response:
    """Take one chunk, with the checks in the server's order."""
    spool = call.site.store.spool
    with read_form(call.body, call.request.content_type or "", spool) as form:
        label = Label.of(form.fields)
        upload, path = split_identifier(label.identifier)
        call.site.log.chunk_came(upload, path, label.number)
        call.site.uploads.get(upload)
        may_write(call.user)
        if form.file is None:
            raise refusal(NO_FILE)
        path = checked_path(path)
        if call.site.uploads.record(upload, path, label.number, label.total):
            _store(call, form, label, upload, path)
        return nothing()


def _store(call: Call, form: Form, label: Label, upload: str, path: str) -> None:
    try:
        if form.size > label.size:
            raise refusal(
                f"Error receiving chunk {label.number} for upload {upload} for dataset (): Chunk "
                f"request currentChunkSize {label.size} doesn\u2019t match passed file length "
                f"{form.size}"
            )
        if call.due("hole"):
            return
        if form.file is not None:
            _alter(call, form.file, form.size)
            target = call.site.uploads.folder(upload) / path
            _place(form.file, target, (label.number - 1) * label.chunk_size, form.size)
    except (OSError, RefusalError) as cause:
        call.site.uploads.unrecord(upload, path, label.number)
        if isinstance(cause, OSError):
            raise refusal(f"Error receiving chunk {label.number}", repr(cause)) from cause
        raise


def _alter(call: Call, file: Path, size: int) -> None:
    """Flip a byte if a fault wants it."""
    fault = call.due("flip")
    if fault is None:
        return
    with file.open("r+b") as stream:
        position = fault.dice.randrange(size)
        stream.seek(position)
        byte = stream.read(1)[0]
        stream.seek(position)
        stream.write(bytes([byte ^ 0xFF]))


def _place(spooled: Path, target: Path, offset: int, size: int) -> None:
    """Move the bytes to where they belong: the first ones by renaming, others by a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if offset == 0:
        with PLACING[hash(target) % len(PLACING)]:
            if not target.exists():
                os.truncate(spooled, size)
                spooled.replace(target)
                return
    _copy(spooled, target, offset, size)


def _copy(spooled: Path, target: Path, offset: int, size: int) -> None:
    if offset < 0:
        raise OSError("Negative seek offset")
    with PLACING[hash(target) % len(PLACING)]:
        output = os.open(target, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        with spooled.open("rb") as stream:
            done = 0
            while done < size:
                done += os.copy_file_range(
                    stream.fileno(), output, size - done, done, offset + done
                )
    finally:
        os.close(output)


def ask_chunk(call: Call) -> Response:
    """Tell whether a chunk has come: 200, or 204."""
    fields = call.request.args
    number = _number(fields, "resumableChunkNumber", INT)
    upload, path = split_identifier(_text(fields, "resumableIdentifier"))
    if call.site.uploads.find(upload) is None:
        raise unknown_upload(upload)
    may_write(call.user)
    there = call.site.uploads.has(upload, checked_path(path), number)
    return nothing(200 if there else 204)
