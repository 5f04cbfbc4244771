"""Answers, good and bad, in the forms that clients meet."""

import json
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

Headers = dict[str, str]

NOT_FOUND = "Couldn't find the requested resource."
EXPIRED = "Token may be expired, consider reloading."


class RefusalError(Exception):
    """A request is answered with an error, and nothing more is done for it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def as_json(document: Any, status: int = 200, headers: Headers | None = None) -> Response:  # noqa: ANN401 -- any JSON value
    """Answer with a JSON document."""
    text = json.dumps(document, ensure_ascii=False)
    return Response(text, status, headers, mimetype="application/json")


def nothing(status: int = 200) -> Response:
    """Answer without a body."""
    return Response(b"", status)


def success(message: str) -> Response:
    return as_json({"messages": [{"success": message}]})


def failure(message: str, *causes: str, status: int = 400) -> Response:
    """Answer with the first message, and with the chain of its causes if there are any."""
    messages = [{"error": message}]
    if causes:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        messages.append({"chain": " <~ ".join([f"[Server Time {now}] ", *causes])})
    return as_json({"messages": messages}, status)


def refusal(message: str, *causes: str, status: int = 400) -> RefusalError:
    return RefusalError(failure(message, *causes, status=status))


def under(message: str, cause: RefusalError) -> RefusalError:
    """Wrap a refusal: what it said becomes the cause, and its status is lost."""
    said = json.loads(cause.response.get_data())["messages"]
    inner = [one.get("error") or one["chain"].split(" <~ ", 1)[1] for one in said]
    return refusal(message, *inner)


def denied(reason: str | None = None) -> RefusalError:
    """Deny access as a datastore does: in plain text."""
    why = f"Access forbidden: {reason}" if reason else "Token authentication failed."
    return RefusalError(Response(f"{EXPIRED} {why}", 403, mimetype="text/plain"))


def missing(message: str = NOT_FOUND) -> RefusalError:
    return refusal(message, status=404)
