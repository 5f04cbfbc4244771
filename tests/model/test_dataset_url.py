"""Addresses of datasets, as they are copied from browsers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.dataset_url import DatasetAddress, split_token

ID = "5f1d0c6e8b4a2d0017e3c9aa"
SERVERS = ("https://webknossos.org", "http://127.0.0.1:9000", "https://institute.example/some/wk")
TAILS = ("", "/", "/view", "/view/", "/view#1200,800,64,0,1.3", "/view?token=s3-cret_#1,2", "/edit")


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("named", [ID, f"brain-{ID}", f"a-b.c_-d-{ID}", ID.upper()])
def test_current_addresses_have_an_id(server: str, named: str, tail: str) -> None:
    """Behind the last hyphen, wherever the server begins and whatever stands behind."""
    address = DatasetAddress.parse(f" {server}/datasets/{named}{tail}\n")
    assert address == DatasetAddress(server, ID)
    assert address.url == f"{server}/datasets/{ID}"
    assert DatasetAddress.parse(address.url) == address


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("tail", [tail for tail in TAILS if "edit" not in tail])
def test_old_addresses_have_names(server: str, tail: str) -> None:
    """Of an organization and of a dataset."""
    address = DatasetAddress.parse(f"{server}/datasets/my_lab/brain%202{tail}")
    assert address == DatasetAddress(server, organization="my_lab", name="brain 2")
    assert DatasetAddress.parse(address.url) == address


def test_an_organization_may_look_like_a_dataset() -> None:
    """What follows tells them apart."""
    address = DatasetAddress.parse(f"https://wk.example/datasets/{ID}/brain/view")
    assert (address.organization, address.name) == (ID, "brain")


@pytest.mark.parametrize("server", SERVERS)
def test_short_links_have_a_key(server: str) -> None:
    """The server knows the rest."""
    address = DatasetAddress.parse(f"{server}/links/aZ09_-k/")
    assert address == DatasetAddress(server, link="aZ09_-k")
    assert address.url == f"{server}/links/aZ09_-k"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"https://wk.example/annotations/{ID}", "annotation"),
        (f"https://wk.example/annotations/Explorational/{ID}#1,2", "annotation"),
        (f"https://wk.example/dashboard/datasets/lab-{ID}", "a list of datasets"),
        ("https://wk.example/dashboard", "a list of datasets"),
        ("https://wk.example", "no dataset of WEBKNOSSOS"),
        ("https://wk.example/", "no dataset of WEBKNOSSOS"),
        ("https://example.org/data.zarr", "no dataset of WEBKNOSSOS"),
        ("https://wk.example/datasets", "names no dataset"),
        ("https://wk.example/datasets/brain", "names no dataset"),
        ("https://wk.example/datasets/brain/view", "names no dataset"),
        ("https://wk.example/datasets/a/b/c", "names no dataset"),
        ("https://wk.example/links", "names no dataset"),
        ("https://wk.example/links/a/b", "names no dataset"),
        ("ftp://wk.example/datasets/a/b", "is no URL"),
        (f"https:///datasets/{ID}", "is no URL"),
        (f"https://wk.example:port/datasets/{ID}", "is no URL"),
        (f"https://[::1/datasets/{ID}", "is no URL"),
        ("wk.example", "is no URL"),
        (f"https://me:s3cret@wk.example/datasets/{ID}", "password"),
        (f"https://me:s3cret@[/datasets/{ID}", "password"),
    ],
)
def test_other_addresses_are_refused(url: str, said: str) -> None:
    """With what they are and what is wanted; secrets are not repeated."""
    with pytest.raises(ConfigError, match=said) as caught:
        DatasetAddress.parse(f"{url}?token=t0ken")
    assert "webknossos.org/datasets/name-id" in caught.value.remedy or "token" in said + str(
        caught.value.remedy
    )
    assert "s3cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)


@pytest.mark.parametrize(
    ("tail", "token"),
    [
        ("", None),
        ("?token=abc", "abc"),
        ("?x=1&token=a%2Bb&y=2#1,2", "a+b"),
        ("#1,2,3?token=abc", "abc"),
        ("?token=", None),
        ("?tokens=abc", None),
        ("?other=token", None),
    ],
)
def test_tokens_are_taken_out(tail: str, token: str | None) -> None:
    """Wherever they stand."""
    bare = f"https://wk.example/datasets/brain-{ID}/view"
    assert split_token(bare + tail) == (bare, token)


def test_schemes_may_be_written_large() -> None:
    """As some browsers' histories have them."""
    assert DatasetAddress.parse(f"HTTPS://wk.example/datasets/{ID}").server == "https://wk.example"


@given(st.text())
def test_whatever_is_typed_is_an_address_or_an_error(text: str) -> None:
    """Never a crash."""
    for url in (text, f"https://wk.example/{text}", f"https://{text}/datasets/{ID}"):
        try:
            assert DatasetAddress.parse(url).server
        except ConfigError as error:
            assert error.remedy  # noqa: PT017 -- an address is as good
