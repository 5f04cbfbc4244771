"""A server's dataset: found, described, and asked whether it will take mags."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from wkflow.access_token import SHARING, TOKEN
from wkflow.errors import ConfigError, ServerError
from wkflow.options.settings import Settings
from wkflow.options.sharing_token import without_token
from wkflow.planning.find_remote_dataset import check_allowed, find_remote_target
from wkflow.planning.plan_downsampling import plan_downsampling

from tests.datasets import write_dataset
from tests.standin.conftest import Served
from tests.standin.sender import Sender
from tests.standin.server import Standin
from tests.steps.extensions import SMALL, layer_of, settings_of
from tests.upload.extending import Found, publish

Asking = Callable[..., Settings]


@pytest.fixture
def standin(served: Served, monkeypatch: pytest.MonkeyPatch) -> Standin:
    """Give a server, and its administrator's token to this process."""
    monkeypatch.setenv(TOKEN, served(16).token)
    monkeypatch.setenv(SHARING, "")
    return served(16)


@pytest.fixture
def found(standin: Standin, tmp_path: Path) -> Found:
    """Publish a dataset of two layers."""
    layers = (layer_of(1, 2), layer_of(1, name="cubes", data_format="wkw"))
    return publish(standin, write_dataset(tmp_path / "hand", *layers))


@pytest.fixture
def asking(found: Found, tmp_path: Path) -> Asking:
    """Give a function that makes settings, of this dataset unless another URL is given."""

    def one(url: str = "", **options: object) -> Settings:
        given = without_token({"target": url or found.url} | options)
        return settings_of(tmp_path, **SMALL, **given, work_dir=tmp_path / "run")

    return one


def sharing_token(standin: Standin, found: Found) -> str:
    token = Sender(standin, 16).ask("GET", f"/datasets/{found.key}/sharingToken").json()
    return str(token["sharingToken"])


@pytest.mark.parametrize(
    ("options", "root", "formats"),
    [
        ({}, "/data/v15/datasets/{}/proxy", ["zarr3", "wkw"]),
        ({"access_mode": "zarr_streaming"}, "/data/v15/zarr/{}", ["zarr", "zarr"]),
        ({"transfer_mode": "copy"}, "", ["zarr3", "wkw"]),
        ({"transfer_mode": "symlink"}, "", ["zarr3", "wkw"]),
        ({"transfer_mode": "copy", "access_mode": "proxy_path"},
         "/data/v15/datasets/{}/proxy", ["zarr3", "wkw"]),
    ],
)  # fmt: skip
def test_it_is_read_as_the_options_say(
    standin: Standin, found: Found, asking: Asking, options: dict[str, str], root: str,
    formats: list[str],
) -> None:  # fmt: skip
    """Over the network by default, from the disk where mags are put there."""
    target = find_remote_target(asking(**options))
    assert target.root == (standin.url + root.format(found.key) if root else "/")
    assert (target.name, target.url, target.existing.name) == (found.url, found.url, "hand")
    assert [one.layer.data_format for one in target.served.layers] == formats
    assert [one.layer.data_format for one in target.existing.layers] == ["zarr3", "wkw"]
    for layer in target.existing.layers:
        given = target.given(layer, layer.mags[0])
        if not root:
            assert Path(given.path).is_dir()


def test_one_layer_is_enough(asking: Asking) -> None:
    """What is not wanted need not be served."""
    target = find_remote_target(asking(layer_name="em"))
    assert [one.layer.name for one in target.served.layers] == ["em"]
    assert [one.layer.name for one in target.existing.layers] == ["em", "cubes"]


def test_a_server_s_disk_may_be_elsewhere(standin: Standin, found: Found, asking: Asking) -> None:
    """Then there are other ways to read."""
    (one,) = (one for one in standin.datasets() if one["id"] == found.key)
    Path(one["path"]).rename(Path(one["path"]).with_suffix(".moved"))
    with pytest.raises(ConfigError, match="not on this machine") as caught:
        find_remote_target(asking(access_mode="direct_path"))
    assert "--access-mode proxy_path or zarr_streaming" in caught.value.remedy


@pytest.mark.parametrize(
    "form", ["{}/datasets/any-name-{}", "{}/datasets/{}/view#3,4,5,0,1.3", "{}/datasets/{}/"]
)
def test_addresses_have_many_forms(
    standin: Standin, found: Found, asking: Asking, form: str
) -> None:
    """All lead to the same dataset."""
    assert find_remote_target(asking(form.format(standin.url, found.key))).url == found.url


def test_the_token_of_a_shared_link_is_for_jobs_too(
    standin: Standin, found: Found, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it stood in the URL or behind a short link; without a user nothing else helps."""
    monkeypatch.delenv(TOKEN)
    with pytest.raises(ServerError, match="could not be found or accessed"):
        find_remote_target(asking())
    shared = sharing_token(standin, found)
    long = f"{found.url}/view?token={shared}"
    assert find_remote_target(asking(long)).url == found.url
    assert os.environ[SHARING] == shared
    monkeypatch.delenv(SHARING)
    standin.set_links(short=long)
    assert find_remote_target(asking(f"{standin.url}/links/short")).url == found.url
    assert os.environ[SHARING] == shared


@pytest.mark.parametrize("mode", ["http", "copy"])
def test_what_the_server_will_take_is_allowed(asking: Asking, mode: str) -> None:
    """Asked once more before a voxel is read."""
    settings = asking(transfer_mode=mode)
    check_allowed(settings, plan_downsampling(settings, is_trial=True))


def test_whoever_may_not_is_told(
    standin: Standin, found: Found, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token, or that of a mere reader; a trial asks for less."""
    body = {"isPublic": True}
    Sender(standin, 16).ask("PATCH", f"/datasets/{found.key}/updatePartial", json=body)
    for token, said in (("", "no token was given"), (standin.member_token, "may not change")):
        monkeypatch.setenv(TOKEN, token)
        assert plan_downsampling(asking(), is_trial=True).layers
        with pytest.raises(ServerError, match=said):
            plan_downsampling(asking())
