"""All headers are looked at once: fast where files are alike, and not again where they stay."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import tifffile
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.planning import check_headers as module
from wkflow.planning.check_headers import KnownHeaders, survey
from wkflow.planning.find_layers import ImageFolder, find_layers
from wkflow.readers import glance, probe
from wkflow.run_folder import HEADERS

from tests.steps.stacks import grains, write_tiffs


def looked_at(found: ImageFolder, known: KnownHeaders) -> int:
    """Survey a folder; count the files that took a whole look."""
    whole = Mock(wraps=probe)
    survey(found, whole, known)
    return whole.call_count


def test_slices_that_are_alike_cost_a_glance(tmp_path: Path) -> None:
    """One of them is read as a whole, by each thread at most."""
    (found,) = find_layers(write_tiffs(tmp_path / "em", grains(40)))
    known = KnownHeaders()
    assert looked_at(found, known) <= module.AT_ONCE
    assert {row[2] for row in known.seen.values()} == {Header(45, 37, 1, 1, "uint8")}


@pytest.mark.parametrize("content", ["", "[]", "[1, 2]", '[[{"width": "a"}, [["x"]]]]', "\x00\xff"])
def test_what_was_seen_is_not_looked_at_again(tmp_path: Path, content: str) -> None:
    """Unless the file is another one by now; what cannot be read was not seen."""
    folder = write_tiffs(tmp_path / "em", grains(3))
    (found,) = find_layers(folder)
    (tmp_path / HEADERS).write_text(content, encoding="latin-1")
    first = KnownHeaders.read(tmp_path)
    assert looked_at(found, first) > 0
    first.keep()
    second = KnownHeaders.read(tmp_path)
    assert looked_at(found, second) == 0
    assert second.seen == first.seen
    tifffile.imwrite(folder / "slice_1.tif", np.zeros((5, 6), "uint16"))
    (found,) = find_layers(folder)
    headers = survey(found, probe, KnownHeaders.read(tmp_path))
    assert headers[str(folder / "slice_1.tif")] == Header(6, 5, 1, 1, "uint16")


def test_nothing_is_kept_without_a_run_folder(tmp_path: Path) -> None:
    """Nor of a trial."""
    (found,) = find_layers(write_tiffs(tmp_path / "em", grains(2)))
    for folder, keeps in ((tmp_path / "none", True), (tmp_path, False)):
        known = KnownHeaders.read(folder, keeps=keeps)
        survey(found, probe, known)
        known.keep()
        assert not (folder / HEADERS).exists()


def test_what_is_cut_takes_a_whole_look(tmp_path: Path) -> None:
    """Its strips end behind the end of the file; nor is a pipe waited for."""
    (found,) = find_layers(write_tiffs(tmp_path / "em", grains(3)))
    cut = Path(found.files[1])
    cut.write_bytes(cut.read_bytes()[:-9])
    assert glance(str(cut)) is None
    fault = survey(found, probe, KnownHeaders())[str(cut)]
    assert isinstance(fault, SourceError)
    assert glance(str(tmp_path / "none.tif")) is None
