"""The settings form as a browser fills it in and sends it back."""

import re
from typing import Any

PAGE = "/settings/crm"


def posted(page: str) -> dict[str, Any]:
    """What a browser would send back of the settings form, untouched."""
    form = page[page.index('id="f"') : page.index("</form>", page.index('id="f"'))]
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        off = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name is None or (off and " checked" not in tag):
            continue
        text = value[1] if value else ""
        before = values.get(name[1])  # a list is sent as one name several times
        values[name[1]] = text if before is None else [*_listed(before), text]
    for name, options in re.findall(
        r'<select[^>]* name="([^"]*)".*?>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        values[name] = chosen if len(chosen) != 1 else chosen[0]
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]*)".*?>(.*?)</textarea>', form, re.DOTALL
    ):
        values |= {name: text.removeprefix("\n")}  # a browser drops the first line end
    return values


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def save(client: Any, address: str = PAGE, /, **changes: Any) -> Any:
    """Open the page, change some values (None: untick), and save."""
    values = {**posted(client.get(address).text), **changes}
    data = {name: value for name, value in values.items() if value is not None}
    return client.post(address, data=data)
