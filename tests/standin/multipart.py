"""A chunk's form: its fields in memory, its file in the spool."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    NeedData,
    Preamble,
)

from tests.standin.answers import refusal
from tests.standin.body import PIECE, SHORT, Body

FILE = "file"
LINE_BREAK = b"\r\n"


@dataclass
class Form:
    """What a chunk request holds; the spooled bytes are the thread's until its next request."""

    fields: dict[str, str] = field(default_factory=dict)
    spooled: Path | None = None
    size: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.spooled = None

    @property
    def file(self) -> Path | None:
        """The spooled bytes; an empty part is no part, as Play has it."""
        return self.spooled if self.size else None


def read_form(body: Body, content_type: str, spool: Path) -> Form:
    """Read a whole form; its bytes reach the disk as they come."""
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or "boundary" not in options:
        raise refusal("Expecting multipart/form-data body", status=415)
    form = Form()
    reader = _Reader(options["boundary"].encode("latin-1"), form, spool)
    try:
        reader.run(body)
    except ValueError as failure:
        form.__exit__(None, None, None)
        raise refusal(f"Unexpected end of input: {failure}") from failure
    except BaseException:
        form.__exit__(None, None, None)
        raise
    return form


class _Reader:
    """Turns the decoder's events into a form."""

    def __init__(self, boundary: bytes, form: Form, spool: Path) -> None:
        self._decoder = MultipartDecoder(boundary)
        self._end = b"\r\n--" + boundary
        self._form, self._spool = form, spool
        self._name: str | None = None
        self._output: int | None = None

    def run(self, body: Body) -> None:
        try:
            while True:
                piece = body.piece()
                self._decoder.receive_data(piece or None)
                if self._take_events(body):
                    return
        finally:
            self._close()

    def _take_events(self, body: Body) -> bool:
        while not isinstance(event := self._decoder.next_event(), NeedData):
            match event:
                case File(name=name):
                    self._open(name)
                    self._pass_on(body)
                case Field(name=name):
                    self._begin(name)
                case Data(data=data, more_data=more):
                    self._write(data, more=more)
                case Epilogue():
                    return True
                case Preamble():
                    pass
        return False

    def _begin(self, name: str) -> None:
        self._name = name
        self._form.fields[name] = ""

    def _open(self, name: str) -> None:
        self._name = None
        if name == FILE and self._form.spooled is None:
            # one file per thread, written over: fresh memory for each chunk would cost most
            self._form.spooled = self._spool / str(threading.get_ident())
            self._output = os.open(self._form.spooled, os.O_RDWR | os.O_CREAT, 0o600)

    def _pass_on(self, body: Body) -> None:
        """Write a file's bytes, up to its end, without the decoder's copies.

        The decoder is left as if the file had been empty.
        """
        if self._output is None:
            return
        early = self._decoder.buffer
        while len(early) < len(LINE_BREAK) and (piece := body.piece()):
            early.extend(piece)
        filled = len(early) - len(LINE_BREAK)
        buffer = bytearray(PIECE + SHORT)
        view = memoryview(buffer)
        view[:filled] = early[len(LINE_BREAK) :]
        while (end := buffer.find(self._end, 0, filled)) < 0:
            kept = min(filled, len(self._end))
            self._save(view[: filled - kept])
            view[:kept] = view[filled - kept : filled]
            count = body.fill(view[kept:])
            if count == 0:
                raise ValueError("a file without an end")
            filled = kept + count
        self._save(view[:end])
        early[:] = LINE_BREAK + view[end:filled]

    def _save(self, left: memoryview) -> None:
        self._form.size += len(left)
        while left and self._output is not None:
            left = left[os.write(self._output, left) :]

    def _write(self, data: bytes, *, more: bool) -> None:
        if self._name is not None:
            self._form.fields[self._name] += data.decode("utf-8", "replace")
        if not more:
            self._close()

    def _close(self) -> None:
        self._name = None
        if self._output is not None:
            os.close(self._output)
            self._output = None
