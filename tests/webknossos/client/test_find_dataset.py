"""Datasets are found by what people copy from their browsers."""

import pytest
from wkflow.errors import ConfigError, ServerError
from wkflow.model.dataset_url import DatasetAddress
from wkflow.webknossos.client.find_dataset import visiting

from tests.standin.conftest import Served
from tests.standin.sender import MISSING_ID, Sender

APIS = (13, 14, 15, 16)


def found(
    url: str, token: str | None, sharing_token: str | None = None
) -> tuple[str, str, int, str | None]:
    """Give id, name, API and sharing token of the dataset behind an address."""
    with visiting(DatasetAddress.parse(url), token, sharing_token) as dataset:
        shared = dataset.sharing.token if dataset.sharing else None
        return dataset.id, dataset.name, dataset.server.dialect.version, shared


def publish(sender: Sender, name: str) -> str:
    sender.upload += f"-{name}"
    key = sender.publish()
    answer = sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"name": name})
    assert answer.status_code == 200
    return key


def shared_token(sender: Sender, key: str) -> str:
    token = sender.ask("GET", f"/datasets/{key}/sharingToken").json()["sharingToken"]
    assert isinstance(token, str)
    return token


@pytest.mark.parametrize("api", APIS)
def test_every_form_leads_to_it(served: Served, api: int) -> None:
    """Of each version."""
    sender = Sender(served(api), api)
    url, key = sender.standin.url, publish(sender, f"brain_{api}")
    sender.standin.set_links(key=f"{url}/datasets/brain-{key}/view#1,2,3")
    for form in (
        f"/datasets/{key}",
        f"/datasets/brain-{key}/view#1,2",
        f"/datasets/sample_organization/brain_{api}/view",
        "/links/key",
    ):
        assert found(url + form, sender.token) == (key, f"brain_{api}", api, None)


@pytest.fixture
def private(sender: Sender) -> tuple[Sender, str]:
    """Give a client and the id of a dataset that only its makers see."""
    return sender, publish(sender, f"private_{sender.upload}")


def test_what_is_public_needs_no_token(private: tuple[Sender, str]) -> None:
    """What is not, is not found without one, in the server's words."""
    sender, key = private
    url = f"{sender.standin.url}/datasets/{key}"
    with pytest.raises(ServerError, match="You may need to log in") as caught:
        found(url, None)
    assert caught.value.where == f"GET {sender.standin.url}/api/v16/datasets/{key}"
    sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"isPublic": True})
    assert found(url, None)[0] == key


@pytest.mark.parametrize("role", ["nobody", "member", "wrong"])
def test_what_is_shared_needs_its_token(private: tuple[Sender, str], role: str) -> None:
    """By id, by name and by a short link, which may hold it."""
    sender, key = private
    standin = sender.standin
    token = {"nobody": None, "member": standin.member_token, "wrong": "no-such-token"}[role]
    shared = shared_token(sender, key)
    name = sender.ask("GET", f"/datasets/{key}").json()["name"]
    standin.set_links(shared=f"{standin.url}/datasets/{key}/view?token={shared}#1,2,3")
    for form in (f"/datasets/{key}", f"/datasets/sample_organization/{name}"):
        assert found(standin.url + form, token, shared)[0] == key
        with pytest.raises(ServerError, match="could not be found or accessed"):
            found(standin.url + form, token, "another-token")
    assert found(f"{standin.url}/links/shared", token)[3] == shared


def test_sharing_tokens_are_not_shown(private: tuple[Sender, str]) -> None:
    """In no representation and in no error."""
    sender, key = private
    shared = shared_token(sender, key)
    url = DatasetAddress.parse(f"{sender.standin.url}/datasets/{key}")
    with visiting(url, None, shared) as dataset:
        assert shared not in repr(dataset)
    with pytest.raises(ServerError) as caught, visiting(url, None, "a-wrong-token"):
        pass
    assert "a-wrong-token" not in repr(caught.value)


@pytest.mark.parametrize(
    "form", [f"/datasets/{MISSING_ID}", "/datasets/sample_organization/none", "/datasets/none/none"]
)
def test_what_is_not_there_is_told(sender: Sender, form: str) -> None:
    """In the server's words."""
    with pytest.raises(ServerError, match="could not be found or accessed"):
        found(sender.standin.url + form, sender.token)


def test_short_links_are_judged(sender: Sender) -> None:
    """The token is for one server, and a link for a dataset."""
    url = sender.standin.url
    sender.standin.set_links(
        other=f"https://other.example/datasets/{MISSING_ID}?token=s3cret",
        annotation=f"{url}/annotations/{MISSING_ID}",
        circle=f"{url}/links/circle",
    )
    for key, error, said in (
        ("none", ServerError, "the short link cannot be followed: Couldn't find"),
        ("other", ConfigError, "leads to another server"),
        ("annotation", ConfigError, "annotation"),
        ("circle", ConfigError, "leads to a short link"),
    ):
        with pytest.raises(error, match=said) as caught:
            found(f"{url}/links/{key}", sender.token)
        assert "s3cret" not in str(caught.value)
    routes = sender.standin.log()["requests"]
    assert routes["instance.short_link"]


def test_of_several_of_a_name_the_server_chooses(sender: Sender) -> None:
    """The one that had it when names were unique; if none had, a person chooses."""
    url, name = sender.standin.url, f"twice_{sender.upload}"
    keys = [publish(sender, name) for _ in range(2)]
    assert found(f"{url}/datasets/sample_organization/{name}", sender.token)[0] in keys
    sender.standin.faults(status={"status": 404, "routes": ["catalog.disambiguate"]})
    with pytest.raises(ServerError, match="2 datasets are called") as caught:
        found(f"{url}/datasets/sample_organization/{name}", sender.token)
    for key in keys:
        assert f"{url}/datasets/{key}" in caught.value.remedy


def test_other_servers_are_no_webknossos(sender: Sender) -> None:
    """Whatever their addresses look like."""
    with pytest.raises(ServerError, match="is no WEBKNOSSOS"):
        found(f"{sender.standin.url}/elsewhere/datasets/{MISSING_ID}", sender.token)


@pytest.mark.parametrize("name", ["admin", "manager"])
def test_sharing_does_not_write(served: Served, name: str) -> None:
    """The datastore is read with the sharing token, and written with the user's."""
    standin = served(16)
    sender = Sender(standin, 16)
    key = publish(sender, "shared_and_written")
    shared = shared_token(sender, key)
    token = standin.token if name == "admin" else standin.manager_token
    with visiting(DatasetAddress(standin.url, key), token, shared) as dataset:
        assert dataset.sharing is not None
        assert dataset.reader is dataset.sharing.session
        assert dataset.reader is not dataset.server.session
        assert dataset.server.user().is_admin == (name == "admin")


@pytest.mark.parametrize("tokens", [("s3cret-0123456789", None), (None, "s3cret-0123456789")])
def test_no_token_travels_in_the_open(tokens: tuple[str | None, str | None]) -> None:
    """The user's as little as that of a shared link; nothing is asked before."""
    url = "http://wk.invalid/datasets/5f1d0c6e8b4a2d0017e3c9aa"
    with pytest.raises(ConfigError, match="over plain http"):
        found(url, *tokens)
