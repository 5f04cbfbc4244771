"""What a server said when it refused, in one line for a person.

WEBKNOSSOS answers `{"messages": [{"error": ...}, {"chain": ...}]}`, where the chain quotes one
cause after the other, parted by `<~`, the innermost last. Its datastore quotes there what
WEBKNOSSOS itself answered, as JSON that may be cut off. Validation of JSON bodies answers an
object of paths, refused access plain text, and proxies in front of it answer pages.
"""

import html
import json
import re
from http import HTTPStatus

from wkflow.errors import ServerError, VerificationError
from wkflow.network.network_errors import LONGEST_CHAIN

LONGEST = 300
"""Characters of a sentence."""


REMEDIES = {
    400: "Change what the server complains of, then give the same command.",
    401: "The token is wrong or expired: make a new one in WEBKNOSSOS and give it as WK_TOKEN.",
    403: "The account of this token lacks the right, or the token expired: ask an administrator.",
    404: "Check the URL, and whether the account of the token may see this.",
    407: "Give the proxy's user and password in HTTPS_PROXY.",
    413: "A proxy or the server takes no request of this size: choose a smaller chunk size for "
    "the upload, or ask its administrator for a larger limit.",
}
"""What a person can do, by status."""

ANY_REMEDY = "Ask the administrator of the server; --verbose shows all that it said."

_QUOTED = r'"{}"\s*:\s*"((?:[^"\\]|\\.)*)'
"""A member of a quoted JSON object, whose end may be cut off."""


_FULL = re.compile(
    rb"no space left on device|disk quota exceeded|insufficient storage|disk (?:is )?full"
    rb"|\b(?:ENOSPC|EDQUOT)\b",
    re.IGNORECASE,
)

_NOT_KEPT = re.compile(
    "chunks missing for|file count does not match|no datasource-properties|NoSuchFile",
    re.IGNORECASE,
)


class MissingError(ServerError):
    """The server says that there is no such thing; some say so of what the token may not see."""


class NotKeptError(VerificationError):
    """The server accepted all that was sent, and has not all of it."""


def is_full(status: int, body: bytes) -> bool:
    """Tell whether an answer says that the server's disk is full.

    >>> is_full(500, b"java.io.IOException: No space left on device"), is_full(500, b"")
    (True, False)
    """
    return status == HTTPStatus.INSUFFICIENT_STORAGE or _FULL.search(body) is not None


def not_kept(failure: ServerError) -> NotKeptError | None:
    """Give what a refusal to finish means if the server misses what it had accepted."""
    if _NOT_KEPT.search(f"{failure.what} {failure.detail}") is None:
        return None
    remedy = "Ask whether the server's disk is full; the same command sends it anew."
    what = f"the server did not keep all that it accepted: {failure.what}"
    return NotKeptError(_line(what), failure.where, remedy, failure.detail)


def refused(status: int, body: bytes, content_type: str, where: str) -> ServerError:
    """Make the error of an answer that no repetition would change."""
    sentence, chain = words(status, body, content_type)
    kind = MissingError if status in {404, 410} else ServerError
    return kind(sentence, where, REMEDIES.get(status, ANY_REMEDY), chain)


def words(status: int, body: bytes, content_type: str) -> tuple[str, str]:
    """Give the server's own sentence with its innermost cause, and the whole chain.

    Returns
    -------
    one line of at most 300 characters, never empty; the chain as it came, or nothing

    Examples
    --------
    >>> words(403, b"Access forbidden: No read access", "text/plain")
    ('Access forbidden: No read access', '')
    """
    text = body.decode("utf-8", "replace").strip()
    if "html" in content_type.lower() or text.startswith("<"):
        return _title(text) or phrase(status), ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _line(text) or phrase(status), ""
    sentence, chain = _of_json(document)
    return sentence or phrase(status), chain[:LONGEST_CHAIN]


def phrase(status: int) -> str:
    """Spell a status out.

    >>> phrase(502), phrase(599)
    ('status 502 Bad Gateway', 'status 599')
    """
    name = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return f"status {status} {name}".rstrip()


def _of_json(document: object) -> tuple[str, str]:
    if not isinstance(document, dict):
        return _line(document if isinstance(document, str) else json.dumps(document)), ""
    messages = document.get("messages")
    if isinstance(messages, list):
        said = [one for one in messages if isinstance(one, dict)]
        errors = "; ".join(str(one["error"]) for one in said if "error" in one)
        chain = "\n".join(str(one["chain"]) for one in said if "chain" in one)
        return _joined(errors, _innermost(chain)), chain
    for key in ("error", "message", "detail"):  # of gateways
        if isinstance(document.get(key), str):
            return _line(document[key]), ""
    return _line(
        "; ".join(f"{_path(key)}: {_faults(value)}" for key, value in document.items())
    ), ""


def _path(key: str) -> str:
    return key.removeprefix("obj.")


def _faults(value: object) -> str:
    """Spell the faults that validation found at one path of a JSON body."""
    faults = value if isinstance(value, list) else [value]
    names = [fault.get("msg", fault) if isinstance(fault, dict) else fault for fault in faults]
    return ", ".join(
        ", ".join(map(str, name)) if isinstance(name, list) else str(name) for name in names
    )


def _joined(sentence: str, cause: str) -> str:
    """Let the cause follow, unless it is said already; of the two it is cut last."""
    sentence = _line(sentence)
    if not cause or cause.rstrip(".") in sentence:
        return sentence
    room = LONGEST - len(cause) - 2
    return _line(f"{_cut(sentence.rstrip('.:'), room)}: {cause}".removeprefix(": "))


def _innermost(chain: str) -> str:
    """Find the last cause that says something, within quoted answers too."""
    plain = chain.replace('\\"', '"')
    if '"messages"' in plain:
        inner = re.findall(_QUOTED.format("chain"), plain.partition('"messages"')[2])
        errors = re.findall(_QUOTED.format("error"), plain)
        return (inner and _innermost(inner[-1])) or (_cut(_line(errors[-1])) if errors else "")
    causes = re.sub(r"\[Server Time [^\]]*\]?", " ", chain.partition("Stack trace:")[0])
    said = [_line(cause) for cause in causes.split("<~") if cause.strip()]
    return _cut(said[-1]) if said else ""


def _title(page: str) -> str:
    found = re.search(r"<(title|h1)\b[^>]*>(.*?)</\1>", page, re.IGNORECASE | re.DOTALL)
    return _line(html.unescape(re.sub(r"<[^>]*>", " ", found[2]))) if found else ""


def _line(text: str) -> str:
    """Make one line of it, without what a terminal would obey."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    return _cut(" ".join(printable.split()), LONGEST)


def _cut(text: str, room: int = LONGEST * 2 // 3) -> str:
    return text if len(text) <= room else f"{text[: max(0, room - 1)].rstrip()}…"
