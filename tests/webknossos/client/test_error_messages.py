"""What servers and proxies say, as one line for a person."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ServerError
from wkflow.webknossos.client.error_messages import LONGEST, phrase, refused, words

QUOTA = "Cannot upload dataset because the storage quota of the organization is exceeded."
RESERVE = "Could not validate dataset information for upload."
TIME = "[Server Time 2026-09-01T10:11:12.345Z] "

INNER = json.dumps({
    "messages": [
        {"error": "Could not do it."},
        {"chain": f"{TIME} Could not do it. <~ {QUOTA}"},
    ]
})  # fmt: skip
QUOTED = (
    f"{TIME}{RESERVE} <~ Unsuccessful WS request to http://wk/api (ID: 7).Status: 403. Response: "
)

PAGE = b"""<html>\r\n<head><title>413 Request Entity Too Large</title></head>
<body><center><h1>413 Request Entity Too Large</h1></center></body></html>"""


def said(error: str, chain: str | None = None) -> bytes:
    messages = [{"error": error}] + ([] if chain is None else [{"chain": chain}])
    return json.dumps({"messages": messages}).encode()


CAUSE = f"{RESERVE[:-1]}: {QUOTA}"

SAYINGS = {
    "plain error": (400, said("Dataset not found."), "application/json", "Dataset not found."),
    "chain": (400, said(RESERVE, f"{TIME} <~ {QUOTA}"), "application/json", CAUSE),
    "long chain": (400, said(RESERVE, f"{TIME}a <~ b <~ {QUOTA} <~ "), "application/json", CAUSE),
    "quoted answer": (400, said(RESERVE, QUOTED + INNER), "application/json", CAUSE),
    "quoted, cut off": (400, said(RESERVE, QUOTED + INNER[:-20]), "application/json",
        f"{RESERVE[:-1]}: {QUOTA[:-16]}"),
    "quoted twice": (400, said(RESERVE, QUOTED + INNER.replace('"', '\\"')), "", CAUSE),
    "quoted, no chain": (400, said(RESERVE, QUOTED + said("No write access.").decode()),
        "application/json", f"{RESERVE[:-1]}: No write access."),
    "stack trace": (500, said("Oops.", f"{TIME} <~ disk full Stack trace: a.b.C(D.scala:1) <~ x"),
        "application/json", "Oops: disk full"),
    "chain repeats": (400, said(QUOTA, f"{TIME}{QUOTA}"), "application/json", QUOTA),
    "chain of nothing": (400, said("No.", f"{TIME} <~ "), "application/json", "No."),
    "two errors": (400, b'{"messages":[{"error":"a"},{"error":"b"}]}', "", "a; b"),
    "play": (400, b'{"obj.initialTeamIds":[{"msg":["error.path.missing"],"args":[]}]}',
        "application/json", "initialTeamIds: error.path.missing"),
    "gateway": (502, b'{"message":"no upstream","code":1}', "application/json", "no upstream"),
    "datastore": (403, b"Token may be expired. Access forbidden: No read access",
        "text/plain", "Token may be expired. Access forbidden: No read access"),
    "proxy page": (413, PAGE, "text/html", "413 Request Entity Too Large"),
    "page in disguise": (413, PAGE, "application/json", "413 Request Entity Too Large"),
    "page without title": (502, b"<html><p>x</p></html>", "text/html", "status 502 Bad Gateway"),
    "nothing": (504, b"", "", "status 504 Gateway Timeout"),
    "unknown status": (599, b" ", "text/plain", "status 599"),
    "json string": (400, b'"No."', "application/json", "No."),
    "json list": (400, b"[1, 2]", "application/json", "[1, 2]"),
    "no messages": (400, b'{"messages":[]}', "application/json", "status 400 Bad Request"),
    "terminal codes": (400, b"a\x1b[31mb\nc\x07", "text/plain", "a [31mb c"),
}  # fmt: skip


@pytest.mark.parametrize("saying", SAYINGS.values(), ids=SAYINGS)
def test_the_server_has_the_word(saying: tuple[int, bytes, str, str]) -> None:
    """Its own sentence with the innermost cause, whatever it is wrapped in."""
    status, body, content_type, sentence = saying
    assert words(status, body, content_type)[0] == sentence


def test_the_chain_is_kept_for_those_who_ask() -> None:
    """As it came, in the error's detail."""
    chain = f"{TIME} <~ {QUOTA}"
    error = refused(400, said(RESERVE, chain), "application/json", "POST https://wk/data")
    assert isinstance(error, ServerError)
    assert (error.detail, error.where) == (chain, "POST https://wk/data")


def test_the_cause_outlives_a_long_sentence() -> None:
    """It is the part that tells."""
    sentence, _ = words(400, said("x" * 1000, f"{TIME} <~ {QUOTA}"), "application/json")
    assert len(sentence) <= LONGEST
    assert sentence.endswith(QUOTA)


@given(
    status=st.integers(100, 999),
    body=st.binary() | st.text().map(lambda text: said(text, text[::-1] + "<~" + text)),
    content_type=st.sampled_from(["application/json", "text/html", "text/plain", ""]),
)
def test_whatever_comes_is_one_line(status: int, body: bytes, content_type: str) -> None:
    """Not empty, not long, and nothing that a terminal obeys."""
    sentence, _ = words(status, body, content_type)
    assert 0 < len(sentence) <= LONGEST
    assert sentence.isprintable()


@pytest.mark.parametrize("junk", ['{"a":null}', '{"messages":[3,{"chain":4}]}', '{"a":[[1],{}]}'])
def test_other_shapes_do_no_harm(junk: str) -> None:
    """A refusal of unknown shape is still a refusal."""
    assert words(400, junk.encode(), "application/json")[0]


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "WK_TOKEN"), (403, "administrator"), (404, "URL"), (413, "smaller"), (418, "--verbose")],
)
def test_every_status_has_a_remedy(status: int, remedy: str) -> None:
    """What a person can do next."""
    assert remedy in refused(status, b"", "", "GET x").remedy


def test_phrases_name_the_status() -> None:
    """Number and name, where there is one."""
    assert phrase(503) == "status 503 Service Unavailable"
