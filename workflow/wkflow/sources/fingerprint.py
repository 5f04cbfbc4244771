"""What tells that a remote file was replaced."""

from email.utils import parsedate_to_datetime
from hashlib import blake2b

Mark = tuple[int, int]
"""Size in bytes (0 where the server does not say), and a number that changes with the content:
the modification time (ns), or a digest of what the server gives in its place."""


def web_mark(size: int, modified: str, tag: str) -> Mark:
    """Make the mark of a file from its headers Last-Modified and ETag, each may be "".

    The time goes first: servers behind one name often have different tags for the same file.

    >>> web_mark(7, "Thu, 01 Jan 1970 00:00:02 GMT", '"abc"')
    (7, 2000000000)
    >>> web_mark(7, "", '"abc"') == web_mark(7, "never", '"abc"') != web_mark(7, "", '"xyz"')
    True
    """
    try:
        return size, int(parsedate_to_datetime(modified).timestamp()) * 10**9
    except ValueError:
        return size, number_of(tag)


def number_of(tag: str) -> int:
    """Make a number of 48 bits of a tag, 0 of none: JSON keeps it, and a file can have it as time.

    >>> number_of(""), number_of('"abc"').bit_length() <= 48
    (0, True)
    """
    return int.from_bytes(blake2b(tag.encode(), digest_size=6).digest()) if tag else 0
