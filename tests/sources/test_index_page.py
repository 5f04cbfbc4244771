"""Index pages as servers of several kinds write them."""

import pytest
from wkflow.sources.index_page import links_below

FOLDER = "http://host/data/em/"

APACHE = """<html><head><title>Index of /data/em</title></head><body><h1>Index of /data/em</h1>
<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/data/">Parent Directory</a></td></tr>
<tr><td><a href="a%201.tif">a 1.tif</a></td><td>2026-01-02 03:04</td></tr>
<tr><td><a href="deep/">deep/</a></td></tr></table>
<address>Apache at <a href="http://host/">host</a></address></body></html>"""

NGINX = """<html><head><title>Index of /data/em/</title></head><body><h1>Index of /data/em/</h1><hr>
<pre><a href="../">../</a>
<a href="deep/">deep/</a>            02-Jan-2026 03:04      -
<a href="a%201.tif">a 1.tif</a>      02-Jan-2026 03:04    500</pre></body></html>"""

CADDY = """<a href="./deep/"><span>deep</span></a> <a href="./a%201.tif">a 1.tif</a>
<a href="./?sort=name&order=desc">Name</a> <a href="http://elsewhere/data/em/x.tif">x</a>"""

WHOLE = """<A HREF="http://host/data/em/deep/">deep</A>
<a href="/data/em/a%201.tif?download=1">a 1</a><a href="/data/em/a%201.tif#top">again</a>
<a href="/data/em2/y.tif">y</a><a href="/data/em/../z.tif">z</a><a>none</a>
<a href="http://[">bad</a><a href="mailto:us@host">us</a><a href="javascript:void(0)">js</a>"""


@pytest.mark.parametrize("page", [APACHE, NGINX, CADDY, WHOLE])
def test_only_what_is_below_counts(page: str) -> None:
    """No parent, no order of the columns, no other place, and each once."""
    assert sorted(links_below(page, FOLDER)) == [f"{FOLDER}a%201.tif", f"{FOLDER}deep/"]


def test_a_page_of_anything_else_has_no_links() -> None:
    """Not even of half a page is anything made up."""
    assert links_below("<a href='", FOLDER) == []
    assert links_below("", FOLDER) == []
