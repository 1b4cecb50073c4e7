"""The `page` and `chromium` fixtures."""

from playwright.sync_api import Page


def test_the_browser_draws_text(page: Page) -> None:
    page.set_content("<h1><span>Comptoir</span></h1>")
    box = page.locator("span").bounding_box()
    assert box is not None
    assert box["width"] > 100, "without a font it would be a row of empty boxes, or nothing"


def test_axe_finds_what_is_wrong(page: Page, axe: str) -> None:
    page.set_content("<!doctype html><html lang=fr><title>x</title><main><h1>x</h1><input></main>")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert [violation["id"] for violation in found["violations"]] == ["label"]
