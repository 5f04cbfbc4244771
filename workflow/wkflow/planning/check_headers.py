"""The headers of all slices, looked at before anything is planned: which is unlike the others."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from json import loads
from pathlib import Path

from wkflow import atomic_files
from wkflow.errors import SourceError
from wkflow.json_document import parsed
from wkflow.model.source import Header, ImageInfo
from wkflow.network.urls import is_url
from wkflow.planning.find_layers import ImageFolder, Mark
from wkflow.readers import glance
from wkflow.run_folder import HEADERS

AT_ONCE = 8
"""Files that are looked at side by side: on a network disk each waits for its turn."""

MOST = 200_000
"""Files of one run that are looked at beforehand: a minute or two. Jobs look at all of them."""

Row = tuple[int, int, Header]


@dataclass(slots=True)
class KnownHeaders:
    """Headers of slices by path, with the size and time of the file they were read from.

    `seen` is what this run looked at, `path` where it is kept; None keeps nothing.
    """

    path: Path | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    seen: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, *, keeps: bool = True) -> "KnownHeaders":
        """Read what an earlier run saw; what cannot be read was not seen."""
        path = folder / HEADERS
        rows: dict[str, Row] = {}
        with suppress(OSError, ValueError, TypeError, LookupError, RecursionError):
            kinds = loads(path.read_bytes())
            for kind, files in kinds:
                header = parsed(Header, kind)
                rows |= {file: (size, mtime, header) for file, size, mtime in files}
        return cls(path if keeps else None, rows)

    def get(self, file: str, mark: Mark) -> Header | None:
        """Give the header of a file that is as it was."""
        size, mtime, header = self.rows.get(file, (-1, -1, None))
        return header if (size, mtime) == mark else None

    def keep(self) -> None:
        """Write down what was seen, if that is news, and the run has its folder."""
        if self.path is None or not self.path.parent.is_dir() or self.seen == self.rows:
            return
        kinds: dict[Header, list[tuple[str, int, int]]] = {}
        for file, (size, mtime, header) in self.seen.items():
            kinds.setdefault(header, []).append((file, size, mtime))
        rows = [[asdict(header), files] for header, files in kinds.items()]
        atomic_files.write_json(self.path, rows, indent=None)


def survey(
    found: ImageFolder,
    probe: Callable[[str], tuple[ImageInfo, ...]],
    known: KnownHeaders,
    *,
    is_raw: bool = False,
    with_remote: bool = False,
) -> dict[str, Header | SourceError]:
    """Give the header of each file, or what is wrong with it, by `probe`.

    Of a file with several images there is the header of the first. `is_raw` says that files have
    no header. Remote files are left out, unless they are wanted: then `probe` fetches them.
    """
    marks = dict(zip(found.files, found.marks, strict=True))
    files = found.files if with_remote else [file for file in found.files if not is_url(file)]
    here = files[: max(0, MOST - len(known.seen))]
    alike: dict[tuple[object, ...], Header] = {}

    def look(file: str) -> Header | SourceError:
        header = known.get(file, marks[file])
        if header is not None:
            return header
        signature = None if is_raw or is_url(file) else glance(file)
        if signature is not None and signature in alike:
            return alike[signature]
        try:
            images = probe(file)
        except SourceError as fault:
            return fault
        if signature is not None:
            alike[signature] = images[0].header
        return images[0].header

    with ThreadPoolExecutor(AT_ONCE) as pool:
        headers = dict(zip(here, pool.map(look, here), strict=True))
    known.seen |= {
        file: (*marks[file], header)
        for file, header in headers.items()
        if isinstance(header, Header)
    }
    return headers


def commonest(found: Mapping[str, Header | SourceError]) -> str | None:
    """Give the first file whose header most files have."""
    headers = [header for header in found.values() if isinstance(header, Header)]
    if not headers:
        return None
    often = Counter(headers).most_common(1)[0][0]
    return next(file for file, header in found.items() if header == often)
