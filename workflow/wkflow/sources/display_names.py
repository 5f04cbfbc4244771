"""Files as a person calls them: a member of an archive, a URL. Where they lie here is no name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from wkflow.errors import SourceError, WkflowError


@contextmanager
def naming(names: Mapping[str, str]) -> Iterator[None]:
    """Let errors say what `names` has for a path; it is looked up when there is an error."""
    try:
        yield
    except WkflowError as error:
        told = [renamed(text, names) for text in error.args]
        if told == list(error.args):
            raise
        called = type(error)(*told)
        if isinstance(error, SourceError) and isinstance(called, SourceError):
            called.faults = tuple(
                SourceError(*(renamed(text, names) for text in one.args)) for one in error.faults
            )
        raise called from error


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Replace paths in a text, those of files before those of the folders that hold them.

    >>> renamed("/run/x/em/3.tif is cut", names_of_members("/run/x/em", "em.zip"))
    'em.zip: 3.tif is cut'
    """
    for path in sorted(names, key=len, reverse=True):
        text = text.replace(path, names[path])
    return text


def names_of_members(root: str, archive: str) -> dict[str, str]:
    """Give the names for what was unpacked into `root`."""
    return {f"{root}/": f"{archive}: ", root: archive}
