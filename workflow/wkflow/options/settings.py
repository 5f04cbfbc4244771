"""One run's options: the only place where an option is declared is its field.

Flag, YAML key, type, default, help text, JSON schema and the table in the docs come from the
fields of `Settings`.
"""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, PrivateAttr, ValidationError
from pydantic import model_validator as whole
from pydantic_core import ErrorDetails

from wkflow.errors import ConfigError
from wkflow.model.dataset_url import DatasetAddress, is_open
from wkflow.model.layer_names import suggest
from wkflow.model.run_kind import RunKind
from wkflow.network.urls import is_url
from wkflow.options import parsers
from wkflow.options.add_layer import AddLayerOptions, check_added
from wkflow.options.cluster_resources import JobResources
from wkflow.options.command_options import NOT_OF, OPTIONS_OF
from wkflow.options.convert import ConvertOptions
from wkflow.options.dataset_details import DetailOptions
from wkflow.options.downsample import DownsampleOptions
from wkflow.options.layers import LayersOption, check_layers
from wkflow.options.option_help import About
from wkflow.options.parsers import last_part
from wkflow.options.provenance import ProvenanceOptions
from wkflow.options.run import RunOptions
from wkflow.options.selection import SelectionOptions
from wkflow.options.source import SourceOptions
from wkflow.options.stacks import StackOptions
from wkflow.options.upload import UploadOptions
from wkflow.options.values import ValueOptions

OPEN = "would travel over plain http, where others can read it; write https, or give insecure"

HELP = "`wkflow COMMAND --help` explains every option."


class Settings(
    RunOptions,
    DownsampleOptions,
    DetailOptions,
    UploadOptions,
    ProvenanceOptions,
    LayersOption,
    StackOptions,
    SelectionOptions,
    ValueOptions,
    AddLayerOptions,
    SourceOptions,
    ConvertOptions,
):
    """One run, as the config YAML spells it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    command: Literal["convert", "upload", "downsample", "add-layer"] = Field(
        "convert",
        description="Convert images, or upload a dataset that exists, or add mags or layers to it.",
        json_schema_extra=About("Dataset"),
    )
    _here: Path = PrivateAttr(default_factory=Path.cwd)

    @classmethod
    def parse(cls, raw: Mapping[str, object], *, where: str, remedy: str = HELP) -> Self:
        """Read options from YAML, flags or keywords; a null counts as not given.

        `where` names what holds them, `remedy` says where they are explained.

        Raises
        ------
        ConfigError
            Naming every wrong option at once, so that one run of the editor mends them all.
        """
        settings, faults = cls.checked(raw)
        _raise(faults, where, remedy)
        return cast("Self", settings)  # it is none where there are faults

    @classmethod
    def checked(cls, raw: Mapping[str, object]) -> tuple[Self | None, list[str]]:
        """Read options; give them, and all that is wrong: `option: words`, or words alone."""
        given = {key: value for key, value in raw.items() if value is not None}
        faults, settings = [], None
        try:
            settings = cls.model_validate(given)
        except ValidationError as invalid:
            faults += [_fault(error) for error in invalid.errors() if error["type"] != "missing"]
        sends = settings.upload if settings else bool(given.get("upload"))
        required = _required(given, sends=sends) - given.keys()
        return settings, [*(f"{key}: required, and not given" for key in sorted(required)), *faults]

    @classmethod
    def check_each(cls, given: Mapping[str, object], *, where: str, remedy: str = HELP) -> None:
        """Look at each option of a file by itself, before others are laid over it.

        Raises
        ------
        ConfigError
            Naming every unknown option and every wrong value.
        """
        try:
            cls.model_validate(dict(given))
        except ValidationError as invalid:
            _raise([_fault(error) for error in invalid.errors() if error["loc"]], where, remedy)

    @whole(mode="after")
    def _options_agree(self) -> Self:
        """One process means one; a command takes its own options only."""
        parsers.require_utf8(self.run_folder)
        if self.jobs and self.distribution_strategy == "sequential":
            raise ValueError(f"jobs {self.jobs} does not go with distribution_strategy sequential")
        if self.distribution_strategy == "kubernetes":
            self.resources.require_known_to_kubernetes()
        if self.is_on_cluster:
            self._check_for_cluster()
        if self.upload and self.target:
            raise ValueError("target does not go with upload: the dataset is on the server then")
        own = self.to_dict().keys() - {"command"}
        known = OPTIONS_OF.get(self.command)
        foreign = sorted(own & NOT_OF[self.command] if known is None else own - known)
        if foreign:
            raise ValueError(f"{foreign[0]} does not go with the command {self.command}")
        check_added(self.kind, str(self.target), own)
        self._check_secrets()
        check_layers(self)
        self._check_destination()
        if self.kind.converts and self.compression:
            parsers.compression_in(self.compression, self.data_format)
        return self

    def _check_destination(self) -> None:
        """Refuse what cannot be where the dataset is to be."""
        if self.describes and (self.kind.is_remote or self.discards):
            asked = "manifest" if self.manifest else "ro_crate"
            raise ValueError(f"{asked} needs a dataset that stays on this machine: give keep_local")
        if self.details and not self.kind.uploads:
            said = next(iter(self.details.to_dict()))
            raise ValueError(f"{said} is said of a dataset on a server; give upload as well")
        if self.kind.converts and is_url(self.target or "") and not self.kind.composes:
            raise ValueError(f"target {self.target} is no folder; give --upload to send a dataset")

    def _check_secrets(self) -> None:
        """Refuse secrets that others could read on their way."""
        if self.insecure:
            return
        if self.kind.uploads and is_open(self.server_url):
            raise ValueError(f"the token for {self.server_url} {OPEN}")
        if is_open(self.source) and "@" in urlsplit(self.source).netloc:
            raise ValueError(f"the password of source {OPEN}")

    def _check_for_cluster(self) -> None:
        if self.kind.is_remote and not self.upload_on_cluster:
            raise ValueError(
                "upload_on_cluster is needed where jobs of a cluster read from a server"
            )
        for path in map(str, (self.source, self.dataset, self.run_folder)):
            if "'" in path:  # it is written with repr(), and a shell reads it
                raise ValueError(f"Snakemake cannot send a job to a cluster with a quote in {path}")

    @property
    def kind(self) -> RunKind:
        """What the run does."""
        return RunKind.of(self.command, uploads=self.upload, is_remote=is_url(self.target or ""))

    @property
    def server_url(self) -> str:
        """Address of the server: the option, or where the dataset is that gets layers."""
        if self.kind.composes:
            return DatasetAddress.parse(str(self.target)).server
        return self.webknossos_url

    @property
    def is_on_cluster(self) -> bool:
        """Whether jobs run on other machines."""
        return self.distribution_strategy not in {"multiprocessing", "sequential"}

    @property
    def resources(self) -> JobResources:
        """What is told of each job of a cluster."""
        return JobResources.parse(json.loads(self.job_resources or "{}"))

    @property
    def discards(self) -> bool:
        """Whether the local dataset is only a means, and goes when it is sent."""
        is_copied = self.transfer_mode in {"http", "copy"}
        return self.kind.writes_to_send and is_copied and not self.keep_local

    @property
    def follows_links(self) -> bool:
        """Whether links that lead out of a dataset are followed; those of a move are our own."""
        return self.follow_links or self.transfer_mode != "http"

    @property
    def passes(self) -> bool:
        """Whether shards leave the disk one by one, as soon as they are sent."""
        return self.kind.uploads and self.discards and self.transfer_mode == "http"

    @property
    def dataset_name(self) -> str:
        """Name of the dataset: as given, or what the server would take for the target's name.

        Of one that exists, what its folder or URL ends with.
        """
        place = Path(self.target) if self.target else self.source_path
        if self.kind.downsamples or self.kind.composes:
            return place.name
        return self.name or suggest(place.name if self.target or place.is_dir() else place.stem)

    @property
    def source_path(self) -> Path:
        """The source as a path; of a URL, what stands before its query."""
        return Path(self.source.partition("?")[0] if is_url(self.source) else self.source)

    @property
    def dataset(self) -> Path:
        """The folder of the local dataset."""
        if self.kind is RunKind.UPLOAD:
            return self.source_path
        is_here = self.target and not (self.kind.is_remote or self.kind.adds_layers)
        return Path(str(self.target)) if is_here else self.run_folder / "dataset"

    @property
    def place(self) -> Path:
        """The folder of the dataset that a person asked for: added layers are made elsewhere."""
        return Path(str(self.target)) if self.kind.merges else self.dataset

    @property
    def run_folder(self) -> Path:
        """Where config, plan, receipts and logs of this run live: never inside a dataset.

        Beside the target; where there is none, in the folder in which the command was given.
        """
        if self.work_dir:
            return self.work_dir
        if self.kind.has_remote_target:
            return self._here / f"{last_part(str(self.target))}.{self.command}"
        if self.target:
            ending = "wkflow" if self.command == "convert" else self.command
            return Path(self.target).with_name(f"{Path(self.target).name}.{ending}")
        return self._here / f"{self.dataset_name}.upload"

    def to_dict(self) -> dict[str, Any]:
        """Give the options that differ from their defaults, as YAML writes them."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _raise(faults: list[str], where: str, remedy: str) -> None:
    """Raise one error for all that is wrong, if anything is."""
    if faults:
        many = f"{len(faults)} options are wrong: " if len(faults) > 1 else ""
        raise ConfigError(many + "; ".join(faults), where, remedy)


def _required(given: Mapping[str, object], *, sends: bool) -> set[str]:
    """List the options that a command cannot do without."""
    if given.get("command") == "upload":
        return {"source"}
    if given.get("command") == "downsample":
        return {"target"}
    return {"source"} | (set() if sends else {"target"})


def _fault(error: ErrorDetails) -> str:
    """Say one wrong option in a few words, with the nearest match for an unknown one."""
    key = str(error["loc"][0]) if error["loc"] else ""
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden" and key.lower().removeprefix("wk_") == "token":
        return f"{key}: no such option; the token stands in WK_TOKEN of the environment, in no file"
    if kind == "extra_forbidden":
        near = get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
        return f"{key}: no such option" + (f", did you mean {near[0]}?" if near else "")
    if kind == "literal_error":
        near = get_close_matches(str(error["input"]), _choices(error), n=1)
        message = f"is none of {', '.join(_choices(error))}" + (
            f"; did you mean {near[0]}?" if near else ""
        )
    is_secret = "password" in message
    given = (
        f" {error['input']!r}"
        if key and not is_secret and not isinstance(error["input"], dict)
        else ""
    )
    return f"{key}:{given} {message[0].lower()}{message[1:]}".removeprefix(": ").lstrip(": ")


def _choices(error: ErrorDetails) -> list[str]:
    return (
        str(error.get("ctx", {}).get("expected", ""))
        .replace("'", "")
        .replace(" or ", ", ")
        .split(", ")
    )
