"""What the front end's build leaves in crm/static/."""

import gzip
import json
import re
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "crm/static"
MANIFEST: dict[str, str] = json.loads((STATIC / "manifest.json").read_text())
TEXT = sorted(path for path in STATIC.glob("*.*") if path.suffix in {".css", ".js", ".svg"})
FIRST_LOAD = 150_000  # bytes over the wire


def test_the_manifest_names_what_pages_ask_for() -> None:
    fonts = {"inter-400.ttf", "inter-600.ttf"}  # of documents
    assert {"main.css", "main.js", "icons.svg", *fonts} <= MANIFEST.keys()
    for name, built in MANIFEST.items():
        stem, _, suffix = name.rpartition(".")
        assert re.fullmatch(rf"{re.escape(stem)}-[0-9A-Z]{{8}}\.{suffix}", built), name
        assert (STATIC / built).exists(), name


@pytest.mark.parametrize("path", TEXT, ids=lambda path: path.name)
def test_text_is_compressed(path: Path) -> None:
    content = path.read_bytes()
    assert brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()) == content
    assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == content


def test_css_refers_to_built_files_only() -> None:
    css = (STATIC / MANIFEST["main.css"]).read_text()
    for address in re.findall(r"url\(([^)]*)\)", css):
        assert (STATIC / address.strip("\"'").split("#")[0]).is_file(), address


def test_the_purge_keeps_every_class_that_a_template_uses() -> None:
    tabler = ROOT / "crm/assets/node_modules/@tabler/core/dist/css/tabler.css"
    known, kept = classes(tabler), classes(STATIC / MANIFEST["main.css"])
    for template in (ROOT / "templates").rglob("*.html"):
        used = " ".join(re.findall(r'class="([^"{]*)"', template.read_text())).split()
        assert known.intersection(used) <= kept, template


def classes(css: Path) -> set[str]:
    """The class names that a stylesheet has a rule for."""
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", css.read_text()))


def test_a_first_load_keeps_to_its_budget() -> None:
    """main.js, what it imports at once, and main.css."""
    wanted, loaded = [MANIFEST["main.css"], MANIFEST["main.js"]], set()
    while wanted:
        name = wanted.pop()
        loaded.add(name)
        if name.endswith(".js"):
            imports = re.findall(r'(?:from|import)\s*"\./([^"]+)"', (STATIC / name).read_text())
            wanted += set(imports) - loaded
    assert sum((STATIC / f"{name}.br").stat().st_size for name in loaded) <= FIRST_LOAD
