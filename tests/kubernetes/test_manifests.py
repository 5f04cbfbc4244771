"""What a user begins with: the manifest of the head, the profile, the recipe of the image."""

import re

import kubernetes_validate
import yaml

from tests.kubernetes.conftest import CLAIM, IMAGE, PROFILE, manifests
from tests.kubernetes.schema import VERSION
from tests.runs import ROOT


def test_the_manifest_is_what_the_api_takes() -> None:
    """Each object satisfies the schema, without a field that it does not know."""
    for one in manifests().values():
        kubernetes_validate.validate(one, VERSION, strict=True)


def test_its_parts_name_one_another() -> None:
    """Claim, account, secret and image are the same wherever they are named."""
    given = manifests()
    spec = given["Job"]["spec"]["template"]["spec"]
    (head,) = spec["containers"]
    (volume,) = spec["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == CLAIM
    assert given["PersistentVolumeClaim"]["metadata"]["name"] == CLAIM
    assert spec["serviceAccountName"] == given["ServiceAccount"]["metadata"]["name"]
    assert given["RoleBinding"]["roleRef"]["name"] == given["Role"]["metadata"]["name"]
    assert head["envFrom"][0]["secretRef"]["name"] == given["Secret"]["metadata"]["name"]
    assert head["image"] == IMAGE
    assert f"--container-image={IMAGE}" in head["command"]
    mount = head["volumeMounts"][0]["mountPath"]
    assert f"--wkflow-kubernetes-persistent-volumes={CLAIM}:{mount}" in head["command"]


def test_the_manifest_holds_no_token() -> None:
    """The secret is for the user to fill in."""
    assert manifests()["Secret"]["stringData"] == {"WK_TOKEN": ""}


def test_the_profile_has_the_triggers_of_the_command() -> None:
    """Plain Snakemake does again what the command would, and nothing else."""
    profile = yaml.safe_load((PROFILE / "config.yaml").read_text())
    assert profile["rerun-triggers"] == ["mtime", "params", "input"]
    assert profile["container-image"] == IMAGE
    assert profile["wkflow-kubernetes-persistent-volumes"].startswith(f"{CLAIM}:")


def test_the_recipe_of_the_image_copies_what_there_is() -> None:
    """All that it copies exists, and the paths of the manifest are those of the image."""
    recipe = (ROOT / "envs" / "Containerfile").read_text()
    copies = re.findall(r"^COPY (?!--from)(.+) (\S+)$", recipe, re.MULTILINE)
    sources = [source for names, _ in copies for source in names.split()]
    assert all((ROOT / source).exists() for source in sources)
    (head,) = manifests()["Job"]["spec"]["template"]["spec"]["containers"]
    for argument in head["command"]:
        if "=/opt/wkflow/" in argument:
            path = argument.split("=/opt/wkflow/")[1]
            assert (ROOT / path).exists()
            assert path.split("/")[0] in sources
    assert "USER 1000" in recipe
    assert "TOKEN" not in recipe
