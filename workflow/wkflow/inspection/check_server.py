"""Whether a WEBKNOSSOS server can be reached, and whether it knows the token."""

from dataclasses import replace

from wkflow.access_token import TOKEN, user_token
from wkflow.errors import ServerError, WkflowError
from wkflow.inspection.check import Check
from wkflow.network.retry import START_RETRIES, RetryBudget
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session

TIMEOUT_S = 10.0
"""For an answer, which is asked for once: a person is waiting."""

ACCOUNT = "account, auth token"
"""Where WEBKNOSSOS shows the token."""


def check_server(url: str, *, ca_bundle: str | None = None, insecure: bool = False) -> list[Check]:
    """Ask a server who it is, and whose the token is, if there is one; the token is not shown."""
    budget = RetryBudget(replace(START_RETRIES, tries=1, in_all=0))
    token = user_token()
    try:
        with Session(
            token, ca_bundle=ca_bundle, budget=budget, timeout=TIMEOUT_S, insecure=insecure
        ) as session:
            server = Server.connect(session, url)
            checks = [Check("server", "ok", f"{server.url} answers")]
            return [*checks, _check_token(server) if token else _no_token()]
    except WkflowError as error:
        return [_fault("server", error)]


def _check_token(server: Server) -> Check:
    try:
        user = server.user()
    except ServerError as error:
        advice = f"Copy it anew from {server.url} ({ACCOUNT}) into {TOKEN}."
        return replace(_fault("token", error), advice=advice)
    except WkflowError as error:
        return _fault("token", error)
    found = f"of {user.email}, organization {user.organization}"
    if user.may_upload:
        return Check("token", "ok", found)
    return Check(
        "token", "fault", f"{found}, who may not upload",
        "Ask an administrator to make you a dataset manager.", ServerError.exit_status,
    )  # fmt: skip


def _no_token() -> Check:
    return Check(
        "token", "absent", "none was given",
        f"Only for uploads: copy yours from WEBKNOSSOS ({ACCOUNT}) into {TOKEN}.",
    )  # fmt: skip


def _fault(subject: str, error: WkflowError) -> Check:
    return Check(subject, "fault", f"{error.where}: {error.what}", error.remedy, error.exit_status)
