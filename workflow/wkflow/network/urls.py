"""URLs: what is one, what kind it is, and what of it may be shown."""

import os
import posixpath
import re
from hashlib import blake2b
from urllib.parse import unquote, urlsplit

from wkflow.errors import SourceError

WEB = frozenset({"http", "https"})
S3 = frozenset({"s3"})
GS = frozenset({"gs", "gcs"})
SCHEMES = WEB | S3 | GS

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+)://")
"""RFC 3986, 3.1, but for schemes of one letter, which are drives."""

_USER = re.compile(r"(^|://)[^/]*@")
_UNSAFE = re.compile(r"[\x00-\x1f/\\]")

NAME_MAX_BYTES = 200
"""Of a file's name: file systems take 255, and a partial name is longer."""


def is_url(text: str) -> bool:
    """Whether a text is a URL, of whatever scheme, and no path.

    >>> is_url("s3://bucket/em"), is_url("/data/a://b"), is_url("C:/data")
    (True, False, False)
    """
    return _SCHEME.match(text) is not None


def require_readable(url: str) -> None:
    """Refuse a source whose scheme is none of ours.

    Raises
    ------
    SourceError
        Which names those that are.
    """
    if scheme_of(url) not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in ("http", "https", "s3", "gs"))
        raise SourceError(
            f"has the scheme {url.partition('://')[0]}://, which cannot be read",
            shown(url),
            f"Give a folder, a file, or a URL that begins with one of {known}.",
        )


def scheme_of(url: str) -> str:
    """Give the scheme in lower case.

    >>> scheme_of("HTTPS://host/em")
    'https'
    """
    return url.partition("://")[0].lower()


def shown(url: str) -> str:
    """Leave query, fragment, user and password out of a URL, also of one without a scheme.

    >>> shown("https://me:secret@host:8443/em/a.tif?X-Amz-Signature=secret")
    'https://host:8443/em/a.tif'
    """
    plain = url.partition("#")[0].partition("?")[0]
    return _USER.sub(r"\1", plain)


def file_name(url: str) -> str:
    """Give the name of a file on this machine; it ends as the URL's path does.

    >>> file_name("https://host/em/slice%201.ome.tif?token=secret"), file_name("http://host/")
    ('slice 1.ome.tif', 'file')
    """
    base = posixpath.basename(shown(url).partition("://")[2].partition("/")[2])
    name = _UNSAFE.sub("_", unquote(base) if scheme_of(url) in WEB else base)
    while len(name.encode()) > NAME_MAX_BYTES:  # what is cut stands before the suffix
        name = name[1:]
    return "file" if name in {"", ".", ".."} else name


def name_of(place: str) -> str:
    """Give the name of a file, be it a URL or a path.

    >>> name_of("s3://bucket/em.zip"), name_of("/data/em 1.tif")
    ('em.zip', 'em 1.tif')
    """
    return file_name(place) if is_url(place) else posixpath.basename(place.replace("\\", "/"))


def folder_name(url: str) -> str:
    """Give a name for the remote folder of a file: files that lie together there do so here.

    A query belongs to it: some servers tell files apart by nothing else. Those parts of a query
    that only sign it do not, so that a link that was signed anew is the same file.

    >>> a, b = "https://host/em/a.hdr?sig=1", "https://host/em/a.img?sig=2"
    >>> folder_name(a) == folder_name(b), folder_name(a) == folder_name("https://host/a.hdr")
    (True, False)
    """
    text = f"{posixpath.dirname(shown(url))}?{_told(url)}"
    return blake2b(text.encode(), digest_size=8).hexdigest()


def identity(place: str) -> str:
    """Spell a source in the one way that all its spellings share, without what is secret.

    Of a path the real one, through links; of a URL no user, no token, and no signature. Another
    query may be another source: it is digested.

    >>> identity("https://me:secret@HOST/em/?token=a"), identity("gcs://bucket/em%201")
    ('https://host/em', 'gs://bucket/em%201')
    """
    if not is_url(place):
        return os.path.realpath(place)
    scheme, _, rest = shown(place).partition("://")
    host, _, path = rest.partition("/")
    scheme = {"gcs": "gs"}.get(scheme.lower(), scheme.lower())
    path = unquote(path) if scheme in WEB else path
    told = _told(place)
    query = f" (query {blake2b(told.encode(), digest_size=4).hexdigest()})" if told else ""
    return (
        f"{scheme}://{host.lower() if scheme in WEB else host}/{path.strip('/')}".rstrip("/")
        + query
    )


def _told(url: str) -> str:
    """Give what a query says besides its signature, in order."""
    query = urlsplit(url).query if scheme_of(url) in WEB else ""
    return "&".join(sorted(part for part in query.split("&") if not _SIGNING.match(part)))


_SIGNING = re.compile(
    r"(x-amz-|x-goog-|awsaccesskeyid|googleaccessid|signature|expires|policy|key-pair-id|"
    r"(sig|se|st|sp|spr|sv|sr|sks?|skt|ske|skv|skoid|sktid|token|access_token|auth_token|jwt)=|$)",
    re.IGNORECASE,
)
"""Parameters of signed links of S3, CloudFront, Google and Azure."""
