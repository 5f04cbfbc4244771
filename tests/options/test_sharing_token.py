"""The sharing token of a link: used, and written down nowhere."""

import os

import pytest
from wkflow.access_token import SHARING, TOKEN, reading_token
from wkflow.errors import ConfigError
from wkflow.options.sharing_token import without_token

URL = "https://wk.example/datasets/e2006-59e9cfbdba632ac2ab8b23b3"
SHARED = "shared-9876543210"


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no token of the machine decide what a test sees, nor one of a test stay."""
    for name in (TOKEN, SHARING):
        monkeypatch.setenv(name, "")  # so that it is put back, whatever a test does
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "link",
    [f"{URL}?token={SHARED}", f"{URL}/view?token={SHARED}#1,2,3", f"{URL}#1,2,3?token={SHARED}"],
)
def test_a_token_is_taken_out_of_the_target(link: str) -> None:
    """Wherever a browser puts it; a dataset is read with it, and nothing that is kept shows it."""
    given = {"target": link, "jobs": 2}
    bare = without_token(given)
    assert SHARED not in str(bare)
    assert str(bare["target"]).startswith(URL)
    assert bare["jobs"] == 2
    assert given["target"] == link
    assert os.environ[SHARING] == reading_token() == SHARED


def test_what_was_taken_out_stays_known() -> None:
    """The Snakefile reads the bare address out of the config: that takes no token away."""
    bare = without_token({"target": f"{URL}?token={SHARED}"})
    assert without_token(bare) == bare
    assert reading_token() == SHARED


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"target": None},
        {"target": "/data/a?token=b"},
        {"target": URL},
        {"source": f"https://h/a.tif?token={SHARED}", "target": "/data/e2006"},
    ],
)
def test_other_targets_stay_as_they_are(given: dict[str, object]) -> None:
    """Folders, whatever they are called, and addresses without a token; a source is no link."""
    assert without_token(given) == given
    assert reading_token() is None


def test_a_password_is_refused_and_not_repeated() -> None:
    """It would stand in every config."""
    with pytest.raises(ConfigError, match="password") as caught:
        without_token({"target": f"https://me:{SHARED}@wk.example/datasets/a"})
    assert SHARED not in str(caught.value)
