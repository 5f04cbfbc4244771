"""Routes that hand out the files of a dataset as they are, in ranges of bytes if asked."""

import re
from collections.abc import Iterator
from pathlib import Path

from werkzeug.wrappers import Response

from tests.standin.answers import RefusalError, missing, refusal
from tests.standin.body import PIECE
from tests.standin.datasource import Document, attachments, find_layer, mag_name
from tests.standin.site import Call
from tests.standin.streaming import located, readable_source, served_source

RANGE = re.compile(r"bytes=(?:(?P<start>\d+)-(?P<end>\d+)|-(?P<suffix>\d+))")
SUSPICIOUS = re.compile(r"%2e%2e|%2f", re.IGNORECASE)


def properties(call: Call, key: str) -> Response:
    """Describe the dataset as it is, with paths below the proxy's."""

    def serve(layer: Document) -> None:
        start = f"./layers/{layer['name']}"
        for mag in layer["mags"]:
            mag["path"] = f"{start}/mags/{mag_name(mag['mag'])}"
        for kind, one in attachments(layer):
            one["path"] = f"{start}/attachments/{kind}/{one['name']}"

    return served_source(call, key, serve)


def mag_file(call: Call, key: str, layer: str, mag: str, path: str) -> Response:
    _, held = located(call, key, layer, mag)
    return _file(call, Path(held["path"]), path)


def attachment_file(
    call: Call, key: str, layer: str, kind: str, name: str, path: str = ""
) -> Response:
    found = find_layer(readable_source(call, key), layer)
    for held_kind, one in attachments(found or {}):
        if (held_kind, one["name"]) == (kind, name):
            return _file(call, Path(one["path"]), path)
    raise missing()


def _file(call: Call, root: Path, path: str) -> Response:
    raw = str(call.request.environ.get("RAW_URI", "")).partition("?")[0]
    if ".." in path or path.startswith("/") or SUSPICIOUS.search(raw):
        raise refusal(f"Invalid path: {path}")
    file = root / path if path else root
    if not file.is_file():
        raise missing()
    size = file.stat().st_size
    span = _span(call.request.headers.get("Range"), size)
    headers = {"Accept-Ranges": "bytes"}
    start, end = span or (0, size)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    fault = call.due("flip") if call.request.method == "GET" and end > start else None
    flipped = fault.dice.randrange(start, end) if fault else None
    status = 200 if span is None else 206
    pieces = _pieces(file, start, end, flipped)
    return Response(pieces, status, headers, mimetype="application/octet-stream")


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """Give first and last-but-one byte of a range; both ends, or a suffix, have to be named."""
    if header is None:
        return None
    match = RANGE.fullmatch(header)
    if match is None:
        raise refusal(
            f"Invalid range header “{header}”, only single start-end byte ranges and "
            "suffix-ranges are supported."
        )
    if match["suffix"] is not None:
        start, end = max(0, size - int(match["suffix"])), size
    else:
        start, end = int(match["start"]), min(size, int(match["end"]) + 1)
    if start >= end:
        headers = {"Content-Range": f"bytes */{size}"}
        raise RefusalError(Response(b"", 416, headers))
    return start, end


def _pieces(file: Path, start: int, end: int, flipped: int | None) -> Iterator[bytes]:
    with file.open("rb") as stream:
        stream.seek(start)
        while start < end:
            data = stream.read(min(PIECE, end - start))
            if flipped is not None and start <= flipped < start + len(data):
                here = flipped - start
                data = data[:here] + bytes([data[here] ^ 0xFF]) + data[here + 1 :]
            start += len(data)
            yield data
