"""A server on loopback with what we use of the protocols of S3 and Google Cloud Storage.

S3: ListObjectsV2, HeadObject, GetObject, https://docs.aws.amazon.com/AmazonS3/latest/API/.
Google: objects list and get, https://cloud.google.com/storage/docs/json_api/v1/objects.
"""

import json
import socket
from base64 import b64encode
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape
from zlib import crc32

from tests.sources.website import Loopback

PAGE = 3
"""Objects that a listing gives at once."""

TIME = "2026-01-02T03:04:05.000Z"


class Buckets(Loopback):
    """Holds `objects` by "bucket/key".

    `faults` are those of the next requests: a status, or "cut" in the middle of a body. If
    `is_locked`, it refuses who does not sign. `asked` lists method and path of each request, and
    whether it was signed.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.objects = dict[str, bytes]()
        self.faults = list[int | str]()
        self.asked = list[tuple[str, str, bool]]()
        self.is_locked = False

    def below(self, bucket: str, prefix: str) -> list[tuple[str, bytes]]:
        keys = [
            key.partition("/")[2] for key in sorted(self.objects) if key.startswith(f"{bucket}/")
        ]
        return [(key, self.objects[f"{bucket}/{key}"]) for key in keys if key.startswith(prefix)]


class _Handler(BaseHTTPRequestHandler):
    server: Buckets
    protocol_version = "HTTP/1.1"
    timeout = 3

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        is_signed = "Authorization" in self.headers
        self.server.asked.append((self.command, self.path, is_signed))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if isinstance(fault, int):
            self._say(fault, b"")
        elif self.server.is_locked and not is_signed:
            self._refuse(403, "AccessDenied")
        elif "/storage/v1/b/" in url.path:
            self._google(url.path, parse_qs(url.query), fault)
        else:
            self._s3(unquote(url.path), parse_qs(url.query), fault)

    do_HEAD = do_GET  # noqa: N815 -- as the base wants it

    def _s3(self, path: str, query: dict[str, list[str]], fault: str | None) -> None:
        bucket, _, key = path.strip("/").partition("/")
        if not any(name.startswith(f"{bucket}/") for name in self.server.objects):
            self._refuse(404, "NoSuchBucket")
        elif not key:
            self._list_s3(bucket, query)
        elif (body := self.server.objects.get(f"{bucket}/{key}")) is None:
            self._refuse(404, "NoSuchKey")
        else:
            self._content(body, fault)

    def _list_s3(self, bucket: str, query: dict[str, list[str]]) -> None:
        all_of = self.server.below(bucket, query.get("prefix", [""])[0])
        page, token = _page(all_of, query.get("continuation-token"))
        if "max-keys" in query:
            page = page[: int(query["max-keys"][0])]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{TIME}</LastModified>"
            f"<ETag>{escape(_tag(body))}</ETag><Size>{len(body)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key, body in page
        )
        more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
        self._say(200, (
            '<?xml version="1.0"?><ListBucketResult '
            'xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{bucket}</Name><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>{more}{entries}"
            "</ListBucketResult>"
        ).encode(), {"Content-Type": "application/xml"})  # fmt: skip

    def _google(self, path: str, query: dict[str, list[str]], fault: str | None) -> None:
        bucket, _, rest = path.partition("/storage/v1/b/")[2].partition("/o")
        key = unquote(rest.removeprefix("/"))
        body = self.server.objects.get(f"{bucket}/{key}")
        if not key:
            prefix = query.get("prefix", [""])[0]
            page, token = _page(self.server.below(bucket, prefix), query.get("pageToken"))
            entries = [_resource(bucket, name, content) for name, content in page]
            self._json({"kind": "storage#objects", "items": entries}
                       | ({"nextPageToken": token} if token else {}))  # fmt: skip
        elif body is None:
            self._json({"error": {"code": 404, "message": f"No such object: {key}"}}, 404)
        elif query.get("alt") == ["media"] or path.startswith("/download"):
            self._content(body, fault)
        else:
            self._json(_resource(bucket, key, body))

    def _content(self, body: bytes, fault: str | None) -> None:
        headers = {"ETag": _tag(body), "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"}
        wanted, status, part = self.headers.get("Range", ""), 200, body
        if wanted:
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            last = min(int(end or len(body)), len(body) - 1)
            status, part = 206, body[int(begin) : last + 1]
            headers["Content-Range"] = f"bytes {begin}-{last}/{len(body)}"
        self._say(status, part, headers, fault)

    def _json(self, document: dict[str, Any], status: int = 200) -> None:
        self._say(status, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str) -> None:
        self._say(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _say(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        fault: str | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: len(body) // 2] if fault == "cut" else body)
        if fault == "cut":
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _page(
    found: list[tuple[str, bytes]], token: list[str] | None
) -> tuple[list[tuple[str, bytes]], str]:
    begin = int(token[0]) if token else 0
    return found[begin : begin + PAGE], str(begin + PAGE) if begin + PAGE < len(found) else ""


def _tag(body: bytes) -> str:
    return f'"{md5(body).hexdigest()}"'  # noqa: S324 -- as S3 has it


def _resource(bucket: str, key: str, body: bytes) -> dict[str, Any]:
    checksum = b64encode(crc32(body).to_bytes(4)).decode()
    return {
        "kind": "storage#object", "name": key, "bucket": bucket, "size": str(len(body)),
        "generation": "1", "updated": TIME, "crc32c": checksum, "etag": checksum,
    }  # fmt: skip
