"""Routes of the instance itself: what it is, who the user is, where datasets may go."""

from typing import Any

from werkzeug.wrappers import Response

from tests.standin.answers import as_json, missing
from tests.standin.datasets import name_problem
from tests.standin.people import OTHER_ORGANIZATION, User, may_edit_team, teams_of
from tests.standin.site import Call


def build_info(call: Call) -> Response:
    options = call.site.options
    return as_json(
        {
            "webknossos": {"name": "webknossos", "version": "stand-in", "commitHash": "0" * 40},
            "schemaVersion": 1,
            "localDataStoreEnabled": True,
            "localTracingStoreEnabled": False,
            "httpApiVersioning": {
                "currentApiVersion": options.api,
                "oldestSupportedApiVersion": options.oldest,
            },
        }
    )


def current_user(call: Call) -> Response:
    return as_json(_described(_known(call), call.organization))


def _known(call: Call) -> User:
    """Give the user of a secured route: there is one, or the route was not reached."""
    if call.user is None:
        raise missing()
    return call.user


def _described(user: User, organization: str) -> dict[str, Any]:
    default = teams_of(organization)[0]
    team = {"id": default["id"], "name": default["name"], "isTeamManager": False}
    return {
        "id": user.id, "email": user.email, "organization": organization,
        "firstName": user.first, "lastName": user.last, "created": 0, "lastActivity": 0,
        "isActive": True, "isAdmin": user.is_admin, "isDatasetManager": user.is_manager,
        "teams": [team], "experiences": {}, "isAnonymous": False, "isEditable": user.is_admin,
        "isOrganizationOwner": user.is_admin, "isUnlisted": False, "isSuperUser": False,
        "isEmailVerified": True, "lastTaskTypeId": None, "novelUserExperienceInfos": {},
        "selectedTheme": "auto",
    }  # fmt: skip


def teams(call: Call) -> Response:
    """List the teams that a user sees: all, or those that they may give datasets to."""
    user = _known(call)
    wanted = call.request.args.get("isEditable")
    return as_json(
        [
            team
            for team in teams_of(call.organization)
            if wanted is None or (wanted == "true") == may_edit_team(user, team)
        ]
    )


def features(call: Call) -> Response:
    return as_json({"allowDeleteDatasets": call.site.options.allows_delete})


def folder_tree(call: Call) -> Response:
    rows = call.site.store.rows("SELECT * FROM folders ORDER BY id")
    edits = _known(call).edits
    return as_json(
        [
            {
                "id": row["id"],
                "name": row["name"],
                "parent": row["parent"],
                "metadata": [],
                "isEditable": bool(row["editable"]) and edits,
            }
            for row in rows
        ]
    )


def datastores(call: Call) -> Response:
    return as_json([call.site.datasets.datastore()])


def organization(call: Call, key: str) -> Response:
    if key not in {call.organization, OTHER_ORGANIZATION}:
        raise missing()
    return as_json(
        {
            "id": key,
            "name": key,
            "pricingPlan": "Power",
            "includedUsers": None,
            "includedStorageBytes": call.site.options.quota,
            "usedStorageBytes": call.site.datasets.used(),
        }
    )


def is_valid_new_name(call: Call, name: str) -> Response:
    """Judge a dataset's name; the errors are one string, and other datasets do not matter."""
    del call
    problem = name_problem(name)
    return as_json({"isValid": False, "errors": problem} if problem else {"isValid": True})


def short_link(call: Call, key: str) -> Response:
    row = call.site.store.row("SELECT target FROM links WHERE key = ?", key)
    if row is None:
        raise missing()
    return as_json({"_id": "d" * 24, "key": key, "longLink": row["target"]})
