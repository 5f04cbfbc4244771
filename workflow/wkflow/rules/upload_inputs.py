"""The inputs of the upload's rules: who waits for whom, and what a run has to reach in the end.

Where nothing is sent, all answers are empty and no rule asks for them.
"""

from functools import cached_property
from pathlib import Path
from typing import Protocol

from wkflow.model.dataset_details import DatasetDetails
from wkflow.model.voxel_job import REST_RULE, VoxelJob
from wkflow.rules.inputs import RuleInputs
from wkflow.run_folder import MANIFEST_RULE, PROOF, REPORT, RunFolder, receipt_name
from wkflow.voxels.scratch_mag import has_shortcut
from wkflow.webknossos.upload_plan import UploadPlan

AHEAD = 2
"""Batches beyond the number of cores that may be under way: what is converted waits for the
network only as long as so few of them do, and the disk holds only so many."""


class UploadBatch(Protocol):
    """What Snakemake hands to input functions of these rules."""

    batch: str


class UploadInputs:
    """Answers for the upload's rules of one run; `jobs` is how many a cluster runs at once.

    `reports` are the files that say in the end what was done; `adds` says that the dataset on this
    machine is only a means to add mags to one on a server, `merges` that its layers go into another
    one here.
    """

    def __init__(
        self,
        delivery: UploadPlan | None,
        ask: RuleInputs,
        run_folder: Path,
        jobs: int,
        reports: tuple[str, ...] = (REPORT,),
        *,
        adds: bool = False,
        merges: bool = False,
    ) -> None:
        self._delivery, self._ask, self._run_folder = delivery, ask, run_folder
        self._jobs, self._reports, self._adds = jobs, reports, adds
        self._merges = merges

    @property
    def _batches(self) -> tuple[str, ...]:
        return self._delivery.batches if self._delivery else ()

    @property
    def _is_converting(self) -> bool:
        return bool(self._ask.plan.layers)

    @property
    def in_flight(self) -> int:
        """How many jobs that make or send voxels may run at once."""
        if self._is_converting or self._delivery is None:
            return self._jobs + AHEAD
        return self._delivery.at_once

    @property
    def weight(self) -> int:
        """What a job that makes voxels counts against `in_flight`: nothing where none are sent."""
        return 1 if self._delivery else 0

    @property
    def discards(self) -> bool:
        """Whether the local dataset goes when it is sent."""
        return self._delivery is not None and self._delivery.discard

    @property
    def passes(self) -> bool:
        """Whether shards leave the disk one by one."""
        return self.discards and bool(self._batches)

    @property
    def reservation(self) -> list[str]:
        """What says that the server knows the upload."""
        return [self._delivery.reservation] if self._delivery else []

    @cached_property
    def reservation_first(self) -> list[str]:
        """What has to be there before a voxel is read: that a server once took the dataset.

        A later attempt is no reason to convert again what is there. So the gate stays the
        reservation through which the first slab went.
        """
        if self._delivery is None:
            return []
        folder = RunFolder(self._run_folder).receipts / "reserve_upload"
        passed = sorted(int(path.stem) for path in folder.glob("*.json"))
        return [receipt_name(f"reserve_upload/{passed[0]}")] if passed else self.reservation

    def sent(self, _: object = None) -> list[str]:
        """List the receipts of all batches."""
        return [receipt_name(f"upload_shards/{batch}") for batch in self._batches]

    @property
    def last(self) -> list[str]:
        """What has to be there beside the batches: the properties, and all metadata."""
        return [receipt_name("write_properties"), *self._ask.layouts] if self._is_converting else []

    @property
    def before_report(self) -> list[str]:
        """What has to be there beside receipts before a run is reported on: its last words."""
        described = self._is_converting and not self._ask.plan.extends
        proof = [PROOF] if self._delivery else []
        return [receipt_name("write_properties")] * described + proof

    @property
    def proof(self) -> list[str]:
        """What proves that the server has all that was sent."""
        return self._ask.extensions or [PROOF]

    def sent_with_downstream(self, wildcards: UploadBatch) -> list[str]:
        """Give what has to be sent before a batch's shards may go: it, and what is made of it.

        A slab whose shortcut is on the disk is not read again: it goes at once.
        """
        jobs = [wildcards.batch]
        if not has_shortcut(self._ask.plan, wildcards.batch):
            jobs += self._downstream[wildcards.batch]
        return [receipt_name(f"upload_shards/{job}") for job in jobs]

    @cached_property
    def _downstream(self) -> dict[str, list[str]]:
        return self._ask.downstream()

    def discarded(self, _: object = None) -> list[str]:
        """List the receipts of all batches that leave the disk before the end.

        Few batches may be under way all at once: to remove one of them earlier bounds nothing. The
        small mags stay until the report has shown them.
        """
        if len(self._batches) <= 2 * self.in_flight:
            return []
        early = [one for one in self._batches if VoxelJob.parse(one).rule != REST_RULE]
        return [receipt_name(f"discard_shards/{batch}") for batch in early]

    @property
    def _details(self) -> list[str]:
        """What says that the server was told what the dataset says of itself, if it says any."""
        details = DatasetDetails.of(self._delivery.details if self._delivery else {})
        return [receipt_name(f"set_details/{details.digest()}")] if details else []

    @property
    def _composed(self) -> list[str]:
        """What says that the dataset which gets the layers has them."""
        is_wanted = self._delivery is not None and self._delivery.composes
        return [receipt_name("compose_layers")] if is_wanted else []

    @property
    def final_targets(self) -> list[str]:
        """What a run has to reach."""
        return [*self._targets, *self._details, *self._composed]

    @property
    def _targets(self) -> list[str]:
        if self._ask.plan.extends and not self._is_converting:
            asked = receipt_name(MANIFEST_RULE) in self._reports and not self._ask.plan.destination
            return [receipt_name(MANIFEST_RULE)] * asked
        if self._ask.plan.extends:
            gone = [receipt_name("discard_local")] * self._adds
            return [*self._ask.extensions, *self._reports, *gone]
        made = [receipt_name("write_properties")] if self._is_converting else []
        if self._delivery is None:
            merged = [receipt_name("merge_layers")] * self._merges
            return [*made, *self._reports, *merged] if made else []
        if self.discards:
            return [*self._reports, PROOF, receipt_name("discard_local")]
        return [*made, *self._reports, PROOF]
