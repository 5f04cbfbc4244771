"""Mags on their way to a server: computed here in this process, and sent step by step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.planning.plan_upload import plan_mags_upload
from wkflow.steps.upload_mag import upload_mag
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import UploadReceipt

from tests.datasets import HandLayer, write_dataset
from tests.standin.server import Standin
from tests.steps.extensions import SMALL, computed, drawn, settings_of
from tests.upload.extending import Found, folders, publish
from tests.upload.runs import arrived, mag_files

MAGS = (("em", "2"), ("em", "4"))


@dataclass
class Addition:
    """A plan whose voxels are computed, and the dataset that is to get its mags."""

    standin: Standin
    found: Found
    settings: Settings
    plan: Plan
    delivery: UploadPlan
    receipts: list[str]

    @property
    def folder(self) -> Path:
        return self.settings.run_folder

    def upload(self, mag: str = "2", layer: str = "em", **changes: Any) -> UploadReceipt:  # noqa: ANN401
        """Send one mag; `changes` are those of the delivery."""
        delivery = replace(self.delivery, **changes)
        own = [one for one in self.receipts if f"/{layer}" in one]
        options = {"mag": (layer, mag), "receipts": own, "tick": lambda _: None}
        return upload_mag(self.plan, delivery, self.folder, self.standin.token, **options)

    def here(self, mag: str = "2", layer: str = "em") -> dict[str, bytes]:
        """Read the files of a mag that was computed."""
        return mag_files({mag: Path(self.plan.dataset, layer, mag)})

    def there(self, mag: str = "2", layer: str = "em") -> dict[str, bytes]:
        """Read the files of a mag that the server lists."""
        document = arrived(self.standin, self.found.url)["properties"]
        return mag_files({mag: folders(document)[f"{layer}/{mag}"]})

    def mags(self) -> list[str]:
        """List what the server lists."""
        return list(folders(arrived(self.standin, self.found.url)["properties"]))

    def uploads(self) -> list[dict[str, Any]]:
        """List the uploads to this dataset that have no end."""
        return [one for one in self.standin.uploads() if one["dataset"] == self.found.key]


Computing = Callable[..., Addition]


def add(standin: Standin, folder: Path, layer: HandLayer, api: int, **options: object) -> Addition:
    """Publish a dataset of one layer, and compute all of its mags; nothing is sent."""
    found = publish(standin, write_dataset(folder / "hand", layer), api)
    given = SMALL | {"target": found.url, "work_dir": folder / "run"} | options
    plan = drawn(folder, **given)
    settings = settings_of(folder, **given)
    receipts = computed(plan, settings.run_folder)
    standin.clear_log()
    return Addition(
        standin, found, settings, plan, plan_mags_upload(settings, plan), receipts
    )  # fmt: skip
