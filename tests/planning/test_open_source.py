"""Sources here, in archives, and behind URLs: found, and at hand on this machine."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from wkflow.errors import SourceError
from wkflow.model.source import References
from wkflow.options.settings import Settings
from wkflow.planning.open_source import located
from wkflow.run_folder import FETCHED, UNPACKED

from tests.readers.base.test_references import ome_tiff
from tests.steps.stacks import grains, plan_of, settings_of, write_tiffs


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def packed(tmp_path: Path) -> Settings:
    """Pack three slices."""
    write_tiffs(tmp_path / "em", grains(3))
    with ZipFile(tmp_path / "em.ZIP", "w") as archive:
        for path in sorted((tmp_path / "em").iterdir()):
            archive.write(path, f"em/{path.name}")
    return settings_of(tmp_path / "em.ZIP")


def test_a_folder_is_looked_at_where_it_is(tmp_path: Path) -> None:
    """Nothing is copied, and no run folder is made."""
    source = write_tiffs(tmp_path / "em", grains(3))
    with located(settings_of(source)) as place:
        (found,) = place.found
    assert found.files == tuple(str(source / f"slice_{z}.tif") for z in range(3))
    assert place.local(found.files[0]) == found.files[0]
    assert [path.name for path in tmp_path.iterdir()] == ["em"]


def test_files_without_a_header_are_images_if_an_option_says_how_they_lie(tmp_path: Path) -> None:
    """Else they are anything."""
    (tmp_path / "em").mkdir()
    (tmp_path / "em" / "em.raw").write_bytes(bytes(120))
    raw = {"raw_shape": "4,5,6", "raw_dtype": "uint8"}
    with located(settings_of(tmp_path / "em", **raw)) as place:
        assert [Path(file).name for file in place.found[0].files] == ["em.raw"]
    with (
        pytest.raises(SourceError, match="holds no readable images"),
        located(settings_of(tmp_path / "em")),
    ):
        pass


def test_an_archive_is_unpacked_into_the_run_folder(tmp_path: Path) -> None:
    """It stays there: every slab reads it."""
    settings = packed(tmp_path)
    with located(settings) as place:
        (found,) = place.found
    assert found.name == "em"
    assert all(Path(file).exists() for file in found.files)
    assert Path(found.files[0]).is_relative_to(settings.run_folder / UNPACKED)
    with located(settings) as again:
        assert again.found == place.found


def test_a_trial_leaves_nothing(tmp_path: Path) -> None:
    """The files are there while the plan is drawn."""
    settings = packed(tmp_path)
    before = files_below(tmp_path)
    with located(settings, is_trial=True) as place:
        files = place.found[0].files
        assert all(Path(file).exists() for file in files)
    assert not any(Path(file).exists() for file in files)
    assert files_below(tmp_path) == before


def test_a_url_is_listed_and_its_files_are_fetched_when_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the run folder's scratch; other files stay what they are."""
    kept: list[tuple[str, Path]] = []

    def keep(url: str, folder: Path) -> str:
        kept.append((url, folder))
        return str(folder / "0.tif")

    urls = [f"s3://bucket/em/{z}.tif" for z in range(3)]
    monkeypatch.setattr(
        "wkflow.sources.remote_folder.list_files", lambda _: [(url, (7, 7)) for url in urls]
    )
    monkeypatch.setattr("wkflow.sources.fetch.keep", keep)
    options = {"source": "s3://bucket/em", "work_dir": tmp_path / "run"}
    settings = Settings.parse(options | {"target": tmp_path / "target"}, where="test")
    with located(settings) as place:
        assert place.found[0].files == tuple(urls)
        assert place.found[0].name == "em"
        assert not kept
        fetched = tmp_path / "run" / "scratch" / FETCHED
        assert place.local(urls[0]) == str(fetched / "0.tif")
        assert place.local("/here/0.tif") == "/here/0.tif"
    assert kept == [(urls[0], fetched)]


def test_a_remote_archive_is_fetched_and_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its query is no part of its name."""
    here = Path(packed(tmp_path).source)
    monkeypatch.setattr("wkflow.sources.fetch.keep", lambda _url, _folder: str(here))
    options = {"source": "https://host/em.ZIP?a=b", "work_dir": tmp_path / "run"}
    settings = Settings.parse(options | {"target": tmp_path / "target"}, where="test")
    with located(settings) as place:
        assert len(place.found[0].files) == 3
        assert Path(place.found[0].files[0]).is_relative_to(tmp_path / "run" / UNPACKED)


def test_a_folder_may_be_called_like_an_archive(tmp_path: Path) -> None:
    """It is one all the same."""
    source = write_tiffs(tmp_path / "em.zip", grains(3))
    with located(settings_of(source)) as place:
        assert len(place.found[0].files) == 3


def leading_out(tmp_path: Path) -> Path:
    """Write an OME-TIFF whose second plane lies outside of its folder."""
    (tmp_path / "em").mkdir()
    (tmp_path / "secret").mkdir()
    ome_tiff(tmp_path / "em", tmp_path / "secret", str(tmp_path / "secret"))
    return tmp_path / "em"


def test_references_out_of_a_folder_need_a_word(tmp_path: Path) -> None:
    """With it, jobs follow them as well: it stands in the plan."""
    source = leading_out(tmp_path)
    with pytest.raises(SourceError, match=r"names .*secret/x\.tif, which lies outside of .*/em"):
        plan_of(source)
    (one,) = plan_of(source, follow_links=True).layers
    assert one.layer.size == (16, 16, 2)
    assert one.source.references == References(str(source), follows=True)


def test_references_out_of_an_archive_lead_nowhere(tmp_path: Path) -> None:
    """No word helps."""
    source = leading_out(tmp_path)
    with ZipFile(tmp_path / "em.zip", "w") as archive:
        archive.write(source / "a.ome.tif", "a.ome.tif")
    with pytest.raises(SourceError, match=r"names .*secret/x\.tif"):
        plan_of(tmp_path / "em.zip", follow_links=True)


@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_a_source_that_the_system_does_not_look_up_is_no_good_source(
    tmp_path: Path, suffix: str
) -> None:
    """As in a folder that may not be read; here, a name that is too long."""
    settings = settings_of(tmp_path / ("a" * 300 + suffix))
    with pytest.raises(SourceError, match="file name too long"), located(settings):
        pass
