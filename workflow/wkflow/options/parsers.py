"""How option values are spelled in YAML and on the command line.

Each function takes what was written and gives the value, or raises `ValueError` with a few words
that complete the sentence "<option>: <value> ...": pydantic collects them.
"""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from wkflow.errors import ConfigError
from wkflow.model import intensity_range
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer_names import FIRST_PRINTED, suggest
from wkflow.model.mag import Mag
from wkflow.model.units import NANOMETERS, SHORT, UNITS
from wkflow.network.urls import is_url
from wkflow.options.cluster_resources import JobResources

PLAUSIBLE_NM = (1e-3, 1e7)
"""A voxel thinner than a nucleus or thicker than a finger is a slip of the unit."""

PLAUSIBLE_RATIO = 1000
"""Between the edges of one voxel; array tomography reaches about 50."""

LEAST_MEMORY = 64 * 2**20
"""An interpreter with its libraries."""

AUTO = "auto"
"""In place of a codec: the voxels decide."""

_METERS = re.compile(r"(?i)([a-z]*)met(?:er|re)s?")

_BYTES = re.compile(r"(?i)\s*([0-9.]+)\s*([kmgt]?)(i?)b?\s*")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def voxel_size(value: object) -> tuple[float, float, float]:
    """Read three positive numbers, as a list or with commas between."""
    numbers = _numbers(value, "three numbers x,y,z")
    if len(numbers) != 3:
        raise ValueError("must be three numbers x,y,z, with points in them: 11.24,11.24,25")
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise ValueError("must be three finite numbers above zero")
    if max(numbers) / min(numbers) > PLAUSIBLE_RATIO:
        raise ValueError(f"is implausible: one edge is over {PLAUSIBLE_RATIO} times another")
    return numbers[0], numbers[1], numbers[2]


def is_plausible(size: tuple[float, float, float], unit: str) -> bool:
    """Whether a voxel of this size can be one.

    >>> is_plausible((11, 11, 25), "nanometer"), is_plausible((11, 11, 25), "millimeter")
    (True, False)
    """
    least, most = PLAUSIBLE_NM
    edges = [edge * NANOMETERS[unit] for edge in size]
    is_near = max(edges) <= PLAUSIBLE_RATIO * min(edges)
    return is_near and all(least <= edge <= most * (1 + 1e-9) for edge in edges)


def shape(value: object) -> Triple:
    """Read one whole number above zero for all axes, or three."""
    numbers = _numbers(value, "one whole number or three, x,y,z")
    if len(numbers) not in {1, 3} or not all(map(_is_count, numbers)):
        raise ValueError("must be one whole number above zero or three, x,y,z")
    x, y, z = (int(n) for n in (numbers if len(numbers) == 3 else numbers * 3))
    return x, y, z


def _is_count(number: float) -> bool:
    return math.isfinite(number) and number >= 1 and number == int(number)


def powers_of_two(value: object) -> Triple:
    """Read a shape whose extents are powers of two: what WEBKNOSSOS asks of chunks."""
    extents = shape(value)
    if any(extent.bit_count() != 1 for extent in extents):
        raise ValueError("must be powers of two (16, 32, 64 ...)")
    return extents


def _numbers(value: object, wanted: str) -> list[float]:
    parts = value.split(",") if isinstance(value, str) else value
    parts = [parts] if isinstance(parts, int | float) else parts
    if not isinstance(parts, list | tuple) or any(isinstance(part, bool) for part in parts):
        raise ValueError(f"must be {wanted}")
    try:
        return [float(part) for part in parts]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"must be {wanted}") from None


def unit(value: object) -> str:
    """Read a unit of length, long or short."""
    text = str(value).strip()
    if match := _METERS.fullmatch(text):  # meters, Micrometre
        text = f"{match[1].lower()}meter"
    elif text.lower() in {"micron", "microns"}:
        text = "micrometer"
    if text in UNITS or text in SHORT:
        return SHORT.get(text, text)
    raise ValueError(f"is no unit of length; WEBKNOSSOS knows {', '.join(UNITS)}")


def mag(value: object) -> str:
    """Read a magnification, and give it back as it is printed."""
    return str(_noun(lambda: Mag.parse(str(value))))


def compression(value: object) -> str:
    """Read CODEC:LEVEL, or the word that leaves it to the voxels."""
    return AUTO if value in {AUTO, None} else str(_noun(lambda: Codec.parse(str(value))))


def compression_in(value: str, data_format: str) -> None:
    """Refuse a codec that a data format has not."""
    if value != AUTO:
        _noun(lambda: Codec.parse(value, data_format))


def _noun(parse: Callable[[], object]) -> object:
    try:
        return parse()
    except ConfigError as error:
        raise ValueError(f"is wrong: {error.what}. {error.remedy}") from None


def contrast(value: object) -> str:
    """Read auto, full, or two numbers, as a list or with a comma between."""
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if text in {intensity_range.AUTO, intensity_range.FULL}:
        return text
    try:
        intensity_range.parse_window(text)
    except ValueError:
        raise ValueError(
            "must be auto, full, or two numbers LOW,HIGH with LOW below HIGH: 0,4095"
        ) from None
    return text.replace(" ", "")


def memory(value: object) -> int:
    """Read an amount of memory that a job can start in."""
    count = byte_count(value)
    if count < LEAST_MEMORY:
        raise ValueError("is too little: at least 64M, such as 8G")
    return count


def byte_count(value: object) -> int:
    """Read bytes: 8G, 500M, 1.5GiB, 4000000000. K, M, G, T are powers of 1024."""
    match = _BYTES.fullmatch(str(value))
    if not match or isinstance(value, bool):
        raise ValueError("must be a number of bytes such as 8G or 500M")
    try:
        count = int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])
    except (ValueError, OverflowError):
        raise ValueError("must be a number of bytes such as 8G or 500M") from None
    return count


def dataset_name(value: object) -> str:
    """Read a dataset name by the server's rule (assertValidDatasetName)."""
    text = str(value)
    if not re.fullmatch(r"[A-Za-z0-9_\-.]{3,255}", text) or text.startswith("."):
        raise ValueError(
            "is a name that WEBKNOSSOS refuses: at least three letters, digits, dots, underscores, "
            f"hyphens, and no dot first; {suggest(text)!r} would do"
        )
    return text


def channels(value: object) -> str:
    """Read `rgb`, `split`, or the numbers of channels: 2, `0,2` or a list."""
    items = value if isinstance(value, list | tuple) else str(value).replace(" ", "").split(",")
    text = ",".join(map(str, items))
    if text in {"rgb", "split"} or re.fullmatch(r"\d{1,4}(,\d{1,4})*", text):
        return text
    raise ValueError("must be rgb, split, or numbers of channels such as 0,2; the first is 0")


def last_part(url: str) -> str:
    """Make a name of the last part of a dataset's URL.

    >>> last_part("https://webknossos.org/datasets/l4_sample-59e9/view#2923,4340")
    'l4_sample-59e9'
    """
    parts = [part for part in urlsplit(url).path.split("/") if part not in {"", "view"}]
    return suggest(parts[-1] if parts else "")


def job_resources(value: object) -> str:
    """Read the resources of a cluster's jobs: a JSON object, or KEY=VALUE with commas between."""
    found = value if isinstance(value, dict) else _pairs(str(value).strip())
    JobResources.parse(found)
    return json.dumps(found)


def _pairs(text: str) -> dict[str, object]:
    """Read `{"mem": "10M"}`, or `mem=10M,time=02:00:00`; a value may hold commas in quotes."""
    try:
        found = json.loads(text)
    except ValueError:
        pairs = [pair.partition("=") for pair in _split(text)] if "=" in text else []
        found = {name.strip(): value.strip() for name, _, value in pairs}
    if type(found) is not dict or not found:
        raise ValueError('must be such as mem=32G,time=02:00:00 or \'{"mem": "32G"}\'')
    return found


def _split(text: str) -> list[str]:
    """Cut at commas; what holds no `=` belongs to the value before: `nodelist=a,b`.

    >>> _split("mem=1G,nodelist=a,b,qos=c")
    ['mem=1G', 'nodelist=a,b', 'qos=c']
    """
    return re.split(r",(?=[^,=]+=)", text)


def source(value: object) -> str:
    """Read a path, made absolute, or a URL, left as it is."""
    if isinstance(value, str) and is_url(value):
        return value
    return str(place(value))


def place(value: object) -> Path:
    """Read a path and make it absolute, so that it means the same from every folder."""
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("must be a path")
    if any(ord(letter) < FIRST_PRINTED for letter in str(value)):
        raise ValueError("holds a control character; rename it")
    return Path(value).expanduser().absolute()


def require_utf8(folder: Path) -> None:
    """Refuse a run folder that Snakemake cannot write in its files."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"the path {str(folder)!r} is not in UTF-8; rename its folders, choose another target, "
            "or, if it is the locale that is not, set PYTHONUTF8=1"
        ) from None


def _has_port(parts: SplitResult) -> bool:
    """Whether the port, if there is one, is a number that ports have."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def server_url(value: object) -> str:
    """Read the address of a server: http or https, without what a browser adds behind the host."""
    parts = urlsplit(str(value).strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_port(parts):
        raise ValueError("must be an address such as https://webknossos.org")
    if parts.username or parts.password:
        raise ValueError("must not hold a password; the token stands in WK_TOKEN")
    path = re.sub(r"/(datasets|dashboard|links|auth|account)(/.*)?$", "", parts.path).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
