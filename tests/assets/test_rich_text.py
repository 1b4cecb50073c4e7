"""The editor's script and the server write equal content in the same way."""

import json
import subprocess
from pathlib import Path

from crm.core.models.rich_text import clean, from_text
from tests.core.models.test_rich_text import CLEANED
from tests.hostile.scripts import SCRIPTS

EDITOR = Path(__file__).parents[2] / "crm" / "assets" / "editor"
SCRIPT = """
const {{ Reader }} = await import("{0}/reading.js");
const {{ fromText, isHtml, writeHtml }} = await import("{0}/writing.js");
let given = "";
for await (const part of process.stdin) given += part;
const write = (text) => writeHtml(new Reader().read(isHtml(text) ? text : fromText(text)));
const both = JSON.parse(given).map((text) => [write(text), fromText(text)]);
process.stdout.write(JSON.stringify(both));
"""


def test_the_editor_writes_what_the_server_keeps() -> None:
    texts = [given for given, _kept in CLEANED.values()]
    texts += [text for given in SCRIPTS for text in (given, f"<p>{given}</p>", f"<ul><li>{given}")]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT.format(EDITOR)],
        input=json.dumps(texts), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert [one for one, _plain in found] == [clean(text) for text in texts]
    assert [plain for _one, plain in found] == [from_text(text) for text in texts]
