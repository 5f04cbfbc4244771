"""Routes of the stand-in alone: faults, log, and what it holds, for tests to look at."""

import json

from werkzeug.wrappers import Response

from tests.standin.answers import as_json, missing, nothing, refusal
from tests.standin.datasets import USABLE
from tests.standin.faults import read_faults
from tests.standin.people import TOKENS
from tests.standin.site import Call


def read_log(call: Call) -> Response:
    finished = [row["id"] for row in call.site.datasets.all() if row["status"] == USABLE]
    return as_json({**call.site.log.as_dict(), "datasets": finished})


def clear_log(call: Call) -> Response:
    call.site.log.clear()
    return nothing()


def set_faults(call: Call) -> Response:
    try:
        call.site.faults.replace(read_faults(json.loads(call.body.read())))
    except (ValueError, TypeError, AttributeError) as failure:
        raise refusal(str(failure)) from failure
    return nothing()


def set_tokens(call: Call) -> Response:
    """Give users new tokens: an object of roles and tokens."""
    for role, token in json.loads(call.body.read()).items():
        if role not in TOKENS:
            raise missing(role)
        sql = "UPDATE users SET token = ? WHERE email = ?"
        call.site.store.run(sql, token, f"{role}@example.org")
    return nothing()


def set_links(call: Call) -> Response:
    """Give short links: an object of keys and long links."""
    for key, target in json.loads(call.body.read()).items():
        call.site.store.run("INSERT OR REPLACE INTO links VALUES (?,?)", key, target)
    return nothing()


def read_datasets(call: Call) -> Response:
    """List the finished datasets, with what is on disk."""
    datasets = call.site.datasets
    folders = {row["id"]: row["name"] for row in call.site.store.rows("SELECT * FROM folders")}
    return as_json(
        [
            {
                "id": row["id"],
                "name": row["name"],
                "folder": folders[row["folder"]],
                "path": str(datasets.root(row)),
                "properties": datasets.source(row),
            }
            for row in datasets.all()
            if row["status"] == USABLE
        ]
    )


def read_uploads(call: Call) -> Response:
    """List the uploads that have no end yet."""
    return as_json(
        [
            {
                "id": row["id"],
                "domain": row["domain"],
                "dataset": row["dataset"],
                "count": row["count"],
                "bytes": row["bytes"],
                "path": str(call.site.uploads.folder(row["id"])),
            }
            for row in call.site.uploads.all()
        ]
    )
