"""The links of a page on which a web server lists a folder."""

from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit


def links_below(page: str, folder: str) -> list[str]:
    """Give the URLs on a page that lie below `folder`, a URL that ends with a slash.

    Links to the parent, to other places and to the folder itself (Apache's `?C=M;O=D` sort it)
    are left out, as are queries and fragments. Subfolders end with a slash. Each comes once, in
    the order of the page.

    >>> links_below('<a href="../">up</a> <a href="?C=N">name</a> <a href="a.tif">', "http://h/e/")
    ['http://h/e/a.tif']
    """
    parser = _Anchors()
    parser.feed(page)
    parser.close()
    home = _place(folder)
    below: dict[str, None] = {}
    for href in parser.hrefs:
        try:
            link = urljoin(folder, href.strip()).partition("#")[0].partition("?")[0]
            host, path = _place(link)
        except ValueError:  # no URL at all, such as http://[
            continue
        if host == home[0] and path.startswith(home[1]) and path != home[1]:
            below[link] = None
    return list(below)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", unquote(parts.path)


class _Anchors(HTMLParser):
    """Collects what anchors of a page lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of an anchor."""
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]
