"""The page as a whole: one file, safe, and there whatever happens; and in a real browser."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import tifffile
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.options.settings import Settings
from wkflow.report.page import draw_report
from wkflow.run_folder import DELIVERY, PROOF
from wkflow.steps.write_report import forecast_of, write_page

from tests.browser import in_browser, keep_screenshot, see
from tests.datasets import HandLayer
from tests.report.volumes import CORNERS, GROUND, dataset
from tests.runs import noise, write_stack
from tests.steps.whole_runs import carry_out
from tests.strategies import dataset_plan, small_layer_plan


def page_of(plan: Plan, run_folder: Path, receipts: list[str]) -> str:
    found = {name: Receipt.find(run_folder / name) for name in receipts}
    read = {name: receipt for name, receipt in found.items() if receipt}
    return draw_report(plan, run_folder, read, expected=forecast_of(plan)).page


class Tags(HTMLParser):
    """All elements of a page with their attributes, and whether each one that opens closes."""

    EMPTY = frozenset({"meta", "img", "input", "link"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def converted(folder: Path) -> tuple[Plan, str]:
    """Convert two layers in this process; give the plan and the page."""
    write_stack(folder / "in" / "color", noise(12, 60, 70))
    write_stack(folder / "in" / "segmentation", noise(12, 60, 70, dtype="uint16") % 9)
    given = {"source": str(folder / "in"), "target": str(folder / "out"), "voxel_size": "4,4,40"}
    settings = Settings.parse(given, where="test")
    settings.run_folder.mkdir()
    plan = carry_out(settings)
    return plan, page_of(plan, settings.run_folder, receipts_of(plan))


def receipts_of(plan: Plan) -> list[str]:
    return [f"receipts/{job}.json" for job, _ in plan.jobs()]


def test_a_conversion_is_shown(tmp_path: Path) -> None:
    """Pictures of all layers, their mags with bytes, jobs, command and versions."""
    _, page = converted(tmp_path)
    tags = Tags(page)
    assert tags.open == []
    assert len(tags.named("img")) == 2 * (3 + 8)
    assert all(image["alt"] for image in tags.named("img"))
    assert "No pictures" not in page
    assert "largest id <strong>8</strong>" in page
    assert page.count('<th scope="row">2-2-1</th>') == 2
    mags, _, forecast = page.partition("Forecast and result")
    assert mags.count("<td>—</td>") == 0  # bytes, ratio and files of all mags are known
    assert re.search(r"Jobs that write voxels</th><td>4</td><td>4</td>", forecast)
    assert 'role="img" aria-label="convert_slab: 2 jobs' in page
    assert {"Python", "numpy"} <= set(re.findall(r"<dt>(\w+)</dt>", page))


def test_measured_memory_is_beside_the_forecast(tmp_path: Path) -> None:
    """Of how many jobs it is known is said with it; before, nobody measured it."""
    plan, page = converted(tmp_path)
    row = r"Memory of the largest job</th><td>[^<]+</td><td>([^<]+)</td>"
    assert re.findall(row, page) == ["—"]
    run_folder, receipts = tmp_path / "out.wkflow", receipts_of(plan)
    file = run_folder / receipts[0].replace("receipts", "benchmarks", 1).replace(".json", ".tsv")
    file.parent.mkdir(parents=True)
    file.write_text("s\tmax_rss\n1.0\t100.0\n")
    (shown,) = re.findall(row, page_of(plan, run_folder, receipts))
    assert shown.startswith("105 MB (")
    assert shown.endswith("; 1 of 4 jobs measured")


def test_it_needs_no_network(tmp_path: Path) -> None:
    """Nothing is loaded: all pictures are in the file, and its own policy forbids the rest."""
    _, page = converted(tmp_path)
    tags = Tags(page)
    loaded = [image["src"] for image in tags.named("img")]
    loaded += [link["href"] for link in tags.named("link")]
    assert all(str(place).startswith("data:") for place in loaded)
    assert not [script for script in tags.named("script") if "src" in script]
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_headings_and_references_are_sound(tmp_path: Path) -> None:
    """For those who go by keyboard or by ear: one main heading, no level left out, no dead link."""
    _, page = converted(tmp_path)
    tags = Tags(page)
    levels = [int(tag[1]) for tag, _ in tags.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [str(attributes["id"]) for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    hrefs = [str(link["href"]) for link in tags.named("a")]
    assert {href[1:] for href in hrefs if href.startswith("#")} <= set(ids)
    labels = [a["aria-labelledby"] for _, a in tags.found if "aria-labelledby" in a]
    assert set(labels) <= set(ids)
    (root,) = tags.named("html")
    assert root["lang"] == "en"


def test_what_others_wrote_is_only_text(tmp_path: Path) -> None:
    """Names of files are in notes, errors and options: none of them becomes markup."""
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    plan = Plan.of_nothing(str(dataset(tmp_path / "set")))
    document = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    plan = Plan(**document | {"notes": (evil,), "name": evil})
    (tmp_path / "config.yaml").write_text(json.dumps({"source": evil, "command": "upload"}))
    proof = {"url": "https://wk.example/x", "organization": evil, "digests": {evil: evil}}
    (tmp_path / PROOF).write_text(json.dumps(proof))
    page = page_of(plan, tmp_path, [])
    tags = Tags(page)
    assert len(tags.named("script")) == 1
    assert all("onerror" not in image for image in tags.named("img"))
    assert page.count("&lt;script&gt;alert(1)") >= 4


def test_an_upload_has_its_proof(tmp_path: Path) -> None:
    """The link first of all; what was read back; digests of a few files."""
    folder = dataset(tmp_path / "set")
    proof = {
        "url": "https://wk.example/datasets/em-1", "bytes": 2048, "bytes_sent": 4096, "files": 1,
        "verified": {"mode": "sample", "pieces": 3, "bytes": 1024}, "digests": {"em/1/c": "0a1b"},
    }  # fmt: skip
    (tmp_path / PROOF).write_text(json.dumps(proof))
    page = page_of(Plan.of_nothing(str(folder)), tmp_path, [])
    links = [link["href"] for link in Tags(page).named("a")]
    assert links.count("https://wk.example/datasets/em-1") == 2
    assert "Dataset uploaded" in page
    assert "3 pieces, 1.02 kB, all equal to what was sent (sample)" in page
    assert "<code>0a1b</code>" in page


def test_what_an_upload_left_out_is_told(tmp_path: Path) -> None:
    """With what the plan said."""
    (tmp_path / DELIVERY).write_text(json.dumps({"notes": ["em/.DS_Store is left out"]}))
    page = page_of(Plan.of_nothing(str(dataset(tmp_path / "set"))), tmp_path, [])
    assert "<li>em/.DS_Store is left out</li>" in page


def test_a_single_slice_has_a_page(tmp_path: Path) -> None:
    """With one picture and no strip."""
    folder = dataset(tmp_path / "set", HandLayer("em", {"1": noise(1, 1, 30, 25, 1)}))
    page = page_of(Plan.of_nothing(str(folder)), tmp_path, [])
    assert len(Tags(page).named("img")) == 1
    assert Tags(page).open == []


def test_gaps_and_padded_slices_are_shown(tmp_path: Path) -> None:
    """The slices on both sides of what is missing, and those beside which zeros stand."""
    write_stack(tmp_path / "in", noise(6, 60, 70))
    (tmp_path / "in" / "slice_3.tif").unlink()
    tifffile.imwrite(tmp_path / "in" / "slice_5.tif", noise(30, 70))
    given = {
        "source": str(tmp_path / "in"),
        "target": str(tmp_path / "out"),
        "voxel_size": "4,4,40",
        "on_mismatch": "pad",
        "category": "color",
    }
    settings = Settings.parse(given, where="test")
    settings.run_folder.mkdir()
    plan = carry_out(settings)
    page = page_of(plan, settings.run_folder, receipts_of(plan))
    told = re.findall(r'<div class="warn" role="note">(.*?)\n  </div>', page, re.DOTALL)
    gap, padded, blank = told
    assert "2 slices beside missing numbers: 3:" in gap
    assert re.findall(r"<figcaption>z (\d+)<", gap) == ["2", "4"]
    assert "1 slice smaller than others and padded with zeros:" in padded
    assert re.findall(r"<figcaption>z (\d+)<", padded) == ["5"]
    assert re.findall(r"<figcaption>z (\d+)<", blank) == ["3"]


def test_where_the_dataset_is_gone_the_page_says_so(tmp_path: Path) -> None:
    """Its layers and mags are those of the plan."""
    plan = dataset_plan(small_layer_plan(mags=("2-2-1",)), dataset=str(tmp_path / "gone"))
    page = page_of(plan, tmp_path, [])
    assert "No pictures: the local dataset was sent and removed" in page
    assert '<th scope="row">2-2-1</th>' in page
    assert not Tags(page).named("img")


def test_one_damaged_layer_costs_its_own_pictures_only(tmp_path: Path) -> None:
    """And no run fails for it."""
    plan, _ = converted(tmp_path)
    for shard in (tmp_path / "out" / "color").rglob("c/*/*/*/*"):
        shard.write_bytes(b"damaged")
    page = page_of(plan, tmp_path / "out.wkflow", receipts_of(plan))
    assert page.count("No pictures:") == 1
    assert len(Tags(page).named("img")) == 3 + 8
    (tmp_path / "out" / "datasource-properties.json").write_text("{}")
    page = page_of(plan, tmp_path / "out.wkflow", receipts_of(plan))
    assert page.count("No pictures:") == 2


def test_damaged_records_of_a_run_are_left_out(tmp_path: Path) -> None:
    """Whatever the run folder holds, a page comes out."""
    plan, _ = converted(tmp_path)
    run_folder = tmp_path / "out.wkflow"
    for path in run_folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b'\xff{"half": ')
    page = page_of(plan, run_folder, receipts_of(plan))
    assert len(Tags(page).named("img")) == 2 * (3 + 8)
    assert 'id="jobs"' not in page
    assert "Snakemake was started by hand" in page


def test_pages_of_many_layers_stay_small(tmp_path: Path) -> None:
    """Most of them are named only."""
    (folder,) = [dataset(tmp_path)]
    document = json.loads((folder / "datasource-properties.json").read_text())
    (layer,) = document["dataLayers"]
    document["dataLayers"] = [layer | {"name": f"em{number}"} for number in range(30)]
    (folder / "datasource-properties.json").write_text(json.dumps(document))
    page = page_of(Plan.of_nothing(str(folder)), tmp_path, [])
    assert page.count("only the first 24 layers are drawn") == 6
    assert len(page) < 2**20


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Beside the numbers, if it is wanted."""
    plan = Plan.of_nothing(str(dataset(tmp_path / "set")))
    write_page(plan, {}, tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    write_page(plan, {}, tmp_path, "report.html")
    assert (tmp_path / "report.html").read_text().endswith("</html>")


PROBE = """<script>
addEventListener("load", () => {
  const seen = [...document.images].map(image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const box = image.getBoundingClientRect();
    const pixels = [...context.getImageData(0, 0, canvas.width, canvas.height).data];
    const grey = pixels.filter((_, n) => n % 4 === 0);
    return {alt: image.alt, width: canvas.width, height: canvas.height, left: box.left,
            top: box.top, ratio: box.width / box.height, grey};
  });
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("main *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
    .map(one => one.outerHTML.slice(0, 80));
  const result = {images: seen, page: root.scrollWidth, window: innerWidth, wide,
                  ground: getComputedStyle(document.body).backgroundColor};
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(result);
  document.body.append(out);
});
</script></body>"""


AXE = """<script>%s</script><script>
addEventListener("load", () => axe.run(document).then(found => {
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(found.violations.map(one => [one.id, one.nodes[0].target]));
  document.body.append(out);
}));
</script></body>"""


DARK = "--blink-settings=preferredColorScheme=0"


def opened(
    page: str, folder: Path, name: str, *flags: str, width: int = 1200, probe: str = PROBE
) -> Any:  # noqa: ANN401 -- what a probe says
    """Open a page in Chromium; give what the probe sees there, and keep a picture by this name."""
    path = folder / "probed.html"
    path.write_text(page)
    keep_screenshot(path.as_uri(), folder, f"report-{name}", *flags, width=width, height=2400)
    path.write_text(page.replace("</body>", probe))
    return json.loads(see(path.as_uri(), folder, *flags, width=width))


@in_browser
def test_a_browser_shows_each_corner_where_it_belongs(tmp_path: Path) -> None:
    """Its own decoder has the right pixels, and the first slice stands before the last."""
    page = page_of(Plan.of_nothing(str(dataset(tmp_path / "set"))), tmp_path, [])
    seen = opened(page, tmp_path, "corners")
    images = {image["alt"]: image for image in seen["images"]}
    assert len(images) == 3 + 8

    def pixel(alt: str, row: int, column: int) -> int:
        image = images[alt]
        return int(image["grey"][row % image["height"] * image["width"] + column % image["width"]])

    for (x, y, z), value in CORNERS.items():
        assert pixel(f"Layer em, slice z {19 * z}", -y, -x) == value
    xy = next(alt for alt in images if "XY plane" in alt)
    assert (pixel(xy, 10, 0), pixel(xy, 10, 30), pixel(xy, 0, 0)) == (200, GROUND + 10, GROUND + 10)
    assert images[xy]["ratio"] == pytest.approx(40 / 30, rel=0.01)
    xz = next(alt for alt in images if "XZ plane" in alt)
    assert images[xz]["ratio"] == pytest.approx(40 * 11.24 / (20 * 25), rel=0.01)
    first, last = (images[f"Layer em, slice z {z}"] for z in (0, 19))
    assert (first["top"], first["left"]) < (last["top"], last["left"])


@in_browser
def test_it_fits_a_phone_and_the_dark(tmp_path: Path) -> None:
    """Nothing is wider than the window but tables, which scroll by themselves."""
    _, page = converted(tmp_path)
    phone = opened(page, tmp_path, "phone", width=500)
    assert phone["wide"] == []
    assert phone["page"] <= phone["window"]
    dark = opened(page, tmp_path, "dark", DARK)
    assert dark["ground"] != phone["ground"]


@in_browser
def test_axe_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    """In light and dark: contrast, names, order, landmarks, what the keyboard reaches."""
    _, page = converted(tmp_path)
    axe = files("axe_core_python").joinpath("axe.min.js").read_text()
    for name, flags in (("light", ()), ("dark", (DARK,))):
        assert opened(page, tmp_path, name, *flags, probe=AXE % axe) == []
