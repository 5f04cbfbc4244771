"""Where a dataset is on a server, as people copy it from their browser.

WEBKNOSSOS has shown datasets at `{server}/datasets/{organization}/{name}`, shows them at
`{server}/datasets/{name}-{id}` or `{server}/datasets/{id}`, and shortens addresses to
`{server}/links/{key}`. Behind them stand pages (`/view`), positions (`#1200,800,64,0,1.3`), and for
who has no account a sharing token (`?token=`).
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from wkflow.errors import ConfigError
from wkflow.network.urls import shown

_ID = re.compile(r"(?:.*-)?([0-9a-fA-F]{24})")
"""The name before an id is for people only."""

_PAGES = frozenset({"view", "edit"})
"""What may stand behind a dataset, and says nothing of it."""

_REMEDY = "Copy the address of the dataset itself, like https://webknossos.org/datasets/name-id."


@dataclass(frozen=True, slots=True)
class DatasetAddress:
    """One dataset of one server, by its id, by its old name, or behind a short link.

    Attributes
    ----------
    server
        URL of WEBKNOSSOS, without a slash at its end.
    dataset_id
        24 hexadecimal digits; empty in the other two forms.
    organization, name
        Of the old form.
    link
        Key of a short link: only the server knows the dataset.
    """

    server: str
    dataset_id: str = ""
    organization: str = ""
    name: str = ""
    link: str = ""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an URL; whatever stands behind the dataset is left out, tokens included.

        Raises
        ------
        ConfigError
            If it leads to no dataset, or holds a password.

        Examples
        --------
        >>> DatasetAddress.parse("https://wk.example/datasets/a-b-5f1d0c6e8b4a2d0017e3c9aa/view#1,2")
        ... # doctest: +ELLIPSIS
        DatasetAddress(server='https://wk.example', dataset_id='5f1d0c6e8b4a2d0017e3c9aa', ...)
        """
        bare, _ = split_token(url)
        scheme, mark, rest = bare.partition("://")
        host, *segments = rest.split("/")
        where = next((n for n, one in enumerate(segments) if one in _FORMS), None)
        if where is None or "dashboard" in segments[:where]:
            raise _elsewhere(bare, segments)
        server = scheme + mark + "/".join([host, *segments[:where]])
        tail = [unquote(one) for one in segments[where + 1 :] if one]
        found = _FORMS[segments[where]](tail)
        if found is None:
            raise ConfigError("names no dataset", bare, _REMEDY)
        return cls(server, **found)

    @property
    def url(self) -> str:
        """The address in its shortest form, without a token."""
        if self.link:
            return f"{self.server}/links/{quote(self.link, safe='')}"
        names = [self.dataset_id] if self.dataset_id else [self.organization, self.name]
        return "/".join([self.server, "datasets", *(quote(name, safe="") for name in names)])


def split_token(url: str) -> tuple[str, str | None]:
    """Part an URL into what may be shown and kept, and the sharing token in it, if there is one.

    Raises
    ------
    ConfigError
        If it is no URL of the web, or holds a user name or a password.

    Examples
    --------
    >>> split_token("https://wk.example/datasets/x/view?token=s3cret#1,2,3")
    ('https://wk.example/datasets/x/view', 's3cret')
    """
    text = url.strip()
    bare = re.split(r"[?#]", text, maxsplit=1)[0]
    _check(bare)
    scheme, _, rest = bare.partition("://")
    # a position may stand before the token, in what browsers take for the fragment
    tokens = [
        value
        for part in re.split(r"[?#]", text)[1:]
        for key, value in parse_qsl(part)
        if key == "token"
    ]
    return f"{scheme.lower()}://{rest}", next(iter(tokens), None)


def is_open(url: str) -> bool:
    """Whether others on the way may read what is sent: plain http, but for this machine's own.

    >>> is_open("http://wk.lab"), is_open("https://wk.lab"), is_open("http://127.0.0.1:9000")
    (True, False, False)
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:  # no URL: others refuse it
        return False
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return True


def _check(bare: str) -> None:
    try:
        parts = urlsplit(bare)
        is_sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_sound = False
    if "@" in bare.partition("://")[2].partition("/")[0]:
        remedy = "Leave it out; a token says who you are."
        raise ConfigError("holds a user name or a password", shown(bare), remedy)
    if not is_sound:
        raise ConfigError("is no URL", bare, _REMEDY)


def _of_datasets(tail: list[str]) -> dict[str, str] | None:
    """Tell what stands behind `/datasets/`."""
    if not tail:
        return None
    first, *rest = tail
    found = _ID.fullmatch(first)
    if found and (not rest or rest[0] in _PAGES):
        return {"dataset_id": found[1].lower()}
    if rest and rest[0] not in _PAGES and (len(rest) == 1 or rest[1] in _PAGES):
        return {"organization": first, "name": rest[0]}
    return None


def _of_links(tail: list[str]) -> dict[str, str] | None:
    return {"link": tail[0]} if len(tail) == 1 else None


_FORMS = {"datasets": _of_datasets, "links": _of_links}


def _elsewhere(bare: str, segments: list[str]) -> ConfigError:
    """Say what an URL leads to that is no dataset's."""
    if "annotations" in segments:
        return ConfigError("leads to an annotation, not to a dataset", bare, _REMEDY)
    if "dashboard" in segments:
        return ConfigError("leads to a list of datasets, not to one", bare, _REMEDY)
    return ConfigError("leads to no dataset of WEBKNOSSOS", bare, _REMEDY)
