"""Users and folders of the organization, and who may do what."""

from dataclasses import dataclass

from tests.standin.answers import RefusalError, denied, refusal
from tests.standin.store import Row, Store

OTHER_ORGANIZATION = "other_organization"
"""Exists, and no user of ours belongs to it."""

TOKENS = {"admin": "token-of-admin", "manager": "token-of-manager", "member": "token-of-member"}
UNKNOWN_WRITER = "Failed to check data access, token may be expired, consider reloading."


@dataclass(frozen=True)
class User:
    """One member of the organization."""

    id: str
    email: str
    first: str
    last: str
    is_admin: bool
    is_manager: bool

    @property
    def edits(self) -> bool:
        """Whether every dataset of the organization is theirs to change."""
        return self.is_admin or self.is_manager


def teams_of(organization: str) -> list[dict[str, str]]:
    """List the teams of the organization; all its users are in the first one."""
    names = ("Default", "Lab Alder", "Lab Birch")
    return [
        {"id": "e" * 23 + digit, "name": name, "organization": organization}
        for digit, name in zip("e01", names, strict=True)
    ]


def may_edit_team(user: User, team: dict[str, str]) -> bool:
    """Tell whether a user leads a team: an administrator leads all of them."""
    return user.is_admin or (user.is_manager and team["name"] == "Default")


def seed(store: Store, root_folder: str) -> None:
    """Write users and folders into an empty store."""
    for number, (role, token) in enumerate(TOKENS.items(), start=1):
        values = (f"{number:024x}", f"{role}@example.org", role.title(), "Sample", token)
        rights = (role == "admin", role == "manager")
        store.run("INSERT OR IGNORE INTO users VALUES (?,?,?,?,?,?,?)", *values, *rights)
    root, lab = "f" * 23 + "0", "f" * 23 + "1"
    for values in (
        (root, root_folder, None, True),
        (lab, "lab", root, True),
        ("f" * 23 + "2", "raw", lab, True),
        ("f" * 23 + "3", "archive", root, False),
    ):
        store.run("INSERT OR IGNORE INTO folders VALUES (?,?,?,?)", *values)


def user_of(store: Store, token: str | None) -> User | None:
    """Find whom a token belongs to."""
    row = store.row("SELECT * FROM users WHERE token = ?", token)
    if row is None:
        return None
    names = (row["id"], row["email"], row["first"], row["last"])
    return User(*names, bool(row["admin"]), bool(row["manager"]))


def may_administrate(user: User | None, organization: str, own: str) -> None:
    """Let pass who may reserve uploads in an organization, else answer 403."""
    if user is None:
        raise denied("invalid access token")
    if not (user.is_manager or (user.is_admin and organization == own)):
        raise denied()


def may_write(user: User | None) -> None:
    """Let pass who may change datasets, else answer 403; 400 if there is no such user."""
    if user is None:
        raise refusal(UNKNOWN_WRITER)
    if not user.edits:
        raise denied()


def may_delete(user: User | None) -> None:
    if user is None:
        raise refusal(UNKNOWN_WRITER)
    if not user.is_admin:
        raise denied()


def sees(user: User | None, dataset: Row, sharing_token: str | None) -> bool:
    """Tell whether a dataset is visible to a user, to all, or to who has its sharing token."""
    mine = user is not None and (user.edits or user.id == dataset["uploader"])
    return bool(mine or dataset["public"] or sharing_token == dataset["sharing"])


def may_read(user: User | None, dataset: Row, token: str | None) -> None:
    if not sees(user, dataset, token):
        raise denied("No read access on dataset")


def writable_folder(store: Store, folder: str | None) -> str:
    """Give the folder's id, the root's if none is named; refuse where nothing may be put."""
    if folder is None:
        row = store.row("SELECT * FROM folders WHERE parent IS NULL")
    else:
        row = store.row("SELECT * FROM folders WHERE id = ?", folder)
    if row is None or not row["editable"]:
        raise _no_write_access()
    identity: str = row["id"]
    return identity


def _no_write_access() -> RefusalError:
    return refusal("No write access in this folder.", status=403)
