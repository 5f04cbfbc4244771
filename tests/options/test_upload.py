"""The options of an upload: what they are by default, and that the token is none of them."""

import pytest
from pydantic import ValidationError
from wkflow.errors import ConfigError
from wkflow.options.parsers import server_url
from wkflow.options.settings import Settings
from wkflow.options.upload import DEFAULT_URL, UploadOptions

SECRET = "s3cret-0123456789"  # noqa: S105 -- of no one


def options(**given: object) -> UploadOptions:
    return UploadOptions.model_validate(given)


def test_nothing_is_sent_unless_asked_for() -> None:
    """And what is sent is looked at afterwards, and goes from here."""
    assert not options().upload
    assert (options().transfer_mode, options().verify) == ("http", "sample")
    assert not options().keep_local
    assert not options().insecure


def test_the_default_server_is_spelled_like_any_other() -> None:
    """A default is not checked by anybody else."""
    assert server_url(DEFAULT_URL) == DEFAULT_URL == options().webknossos_url


def test_an_address_is_cleaned() -> None:
    """As the function does that knows how."""
    copied = "https://wk.example/datasets/lab/x-65f0/view#1,2,3"
    assert options(webknossos_url=copied).webknossos_url == "https://wk.example"


@pytest.mark.parametrize(
    "slip",
    [
        {"webknossos_url": "wk.example"},
        {"folder": ""},
        {"verify": "everything"},
        {"transfer_mode": "ftp"},
        {"ca_bundle": ""},
        {"keep_local": "perhaps"},
    ],
)
def test_slips_are_refused(slip: dict[str, object]) -> None:
    """Each names its option."""
    with pytest.raises(ValidationError) as caught:
        options(**slip)
    assert [error["loc"] for error in caught.value.errors()] == [tuple(slip)]


@pytest.mark.parametrize("key", ["token", "wk_token", "WK_TOKEN"])
def test_a_token_is_no_option(key: str) -> None:
    """It would be written into the run folder; whoever tries is not answered with it."""
    given = {"source": "/s", "target": "/t", "voxel_size": [1, 1, 1], key: SECRET}
    with pytest.raises(ConfigError, match=f"{key}: no such option") as caught:
        Settings.parse(given, where="my.yaml")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [
        ({"upload": True, "webknossos_url": "http://wk.lab"}, True),
        ({"upload": True, "webknossos_url": "http://10.0.0.7:9000"}, True),
        ({"upload": True, "webknossos_url": "http://wk.lab", "insecure": True}, False),
        ({"upload": True, "webknossos_url": "http://localhost:9000"}, False),
        ({"upload": True, "webknossos_url": "http://127.3.2.1:9000"}, False),
        ({"upload": True, "webknossos_url": "http://[::1]:9000"}, False),
        ({"upload": True, "webknossos_url": "https://wk.lab"}, False),
        ({"target": "/t", "webknossos_url": "http://wk.lab"}, False),
        ({"target": "/t", "source": "http://me:secret@files.lab/em.zip"}, True),
        ({"target": "/t", "source": "http://me:secret@127.0.0.1/em.zip"}, False),
        ({"target": "/t", "source": "http://files.lab/em.zip"}, False),
        ({"target": "/t", "source": "https://me:secret@files.lab/em.zip"}, False),
    ],
)
def test_secrets_travel_encrypted_or_not_at_all(
    given: dict[str, object], *, is_refused: bool
) -> None:
    """But for this machine itself, and where a person says that the network is trusted."""
    given = {"source": "/em", "voxel_size": "9,9,9"} | given
    if not is_refused:
        Settings.parse(given, where="test")
        return
    with pytest.raises(ConfigError, match="over plain http, where others can read it") as caught:
        Settings.parse(given, where="test")
    assert "insecure" in str(caught.value)
    assert "secret" not in str(caught.value)
