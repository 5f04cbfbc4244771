"""The page of a batch: its addresses; what else it holds is judged with the results."""

from pathlib import Path

from wkflow.cli.summary import Summary
from wkflow.report.batch_page import draw_batch_page


def test_only_addresses_of_servers_are_links(tmp_path: Path) -> None:
    """A dataset that is on a server is linked; nothing else can be followed."""
    good = Summary(end="done", name="a", url="https://wk.example.org/datasets/a")
    bad = Summary(end="done", name="b", url="javascript:alert(1)")
    rows = [{"row": str(at), **one.to_dict()} for at, one in enumerate((good, bad))]
    batch = {"sheet": "s.tsv", "datasets": rows, "removed": []}
    page = draw_batch_page(batch, "2 datasets", tmp_path)
    assert 'href="https://wk.example.org/datasets/a"' in page
    assert "javascript" not in page
