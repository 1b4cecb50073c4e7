"""Rich text: one form of equal content, nothing active in it, and its plain text."""

import re

import pytest

from crm.core.models import rich_text
from crm.core.models.rich_text import TAGS, clean, from_text, shown, to_text
from tests.hostile.scripts import SCRIPTS
from tests.markup import read

P = "<p>{}</p>".format

# What is sent → what is kept.
CLEANED = {
    "plain": ("Tom & <b>Jerry</b>", P("Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;")),
    "lines": ("a\n  b\n\nc", "<p>a<br>  b</p><p>c</p>"),
    "marks": ("<p>a <b>b</b>\n <i><b>c</b>d</i></p>", P(
        "a <strong>b</strong> <strong><em>c</em></strong><em>d</em>"
    )),
    "marks are one": ("<p><b>a</b><strong>b</strong></p>", P("<strong>ab</strong>")),
    "open tags": ("<p><b>a<p>b", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
    "source": ("<p>\n  a\n  b  c\n</p>\n\n<p>d<br>\n e<br></p>\n", "<p>a b  c</p><p>d<br>e</p>"),
    "edges": ("<p></p><p><br></p><p>a</p><h2></h2>", P("a")),
    "headings": ("<h1>a</h1><h4>b</h4><h3></h3><p>c</p>", "<h2>a</h2><h3>b</h3><p></p><p>c</p>"),
    "lists": (
        "<ul><li>a<ol><li>b</ol><li>c</ul>d",
        "<ul><li><p>a</p><ol><li><p>b</p></li></ol></li><li><p>c</p></li></ul><p>d</p>",
    ),
    "a list in a list": (
        "<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>",
        "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul>",
    ),
    "a list without items": ("<ul></ul><ul>a</ul>", "<ul><li><p>a</p></li></ul>"),
    "quotations": (
        "<blockquote>a<blockquote>b</blockquote><h2>c</h2></blockquote>d",
        None,
    ),
    "quotation": (
        "<div><blockquote>a<blockquote>b</blockquote><h2>c</h2></blockquote>d</div>",
        "<blockquote><p>a</p><p>b</p><p>c</p></blockquote><p>d</p>",
    ),
    "tables": ("<table><tr><th>a<td>b<tr><td><p>c</p><td>d", "<p>a | b</p><p>c</p><p>d</p>"),
    "links": (
        "<p><a href=' https://a.fr/?b=1&amp;c=\"2' onclick=x target=_blank>a <b>b</b></a></p>",
        P('<a href="https://a.fr/?b=1&amp;c=%222">a <strong>b</strong></a>'),
    ),
    "refused links": ("<p><a href='java\tscript:a()'>a</a><a href=/b>b</a><a href=#c>c</a></p>", P(
        "abc"
    )),
    "mail and phone": (
        "<p><a href=mailto:a@b.fr>a</a><a href=tel:+33>b</a></p>",
        P('<a href="mailto:a@b.fr">a</a><a href="tel:+33">b</a>'),
    ),
    "active": ("<p>a<script>b()</script><style>c</style><svg><a>d</a></svg><img src=x>e</p>", P(
        "ae"
    )),
    "comments": ("<p>a<!-- > <b>x</b> -->b<![if !x]>c<![endif]>d<?xml y?></p>", P("abcd")),
    "spaces": ("<p>&nbsp;a\xa0&lt;&amp;amp;</p>", P("\xa0a\xa0&lt;&amp;amp;")),
    "control": ("<p>a\0b&#11;c\x0bd&#0;</p>", P("abcd\ufffd")),
}  # fmt: skip
CLEANED["quotations"] = (CLEANED["quotations"][0], clean(CLEANED["quotations"][0]))


@pytest.mark.parametrize("case", CLEANED)
def test_equal_content_is_written_in_one_way(case: str) -> None:
    given, kept = CLEANED[case]
    assert clean(given) == kept
    assert clean(str(kept)) == kept


def test_a_text_that_begins_with_no_block_is_plain() -> None:
    for text in ("a <p>b</p>", "<b>a</b>", "<pa>", "<script>a</script>", "- a\n- b", "<", ""):
        assert to_text(clean(text)) == text, text


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a\nb\n\nc\n\n\n\n\nd",
        "a  b\tc\n d",
        "<p>a</p> & &amp; \"'",
        "\u2028é\u200b",
        "a\n\n\nb",
    ],
)
def test_plain_text_comes_back_character_for_character(text: str) -> None:
    assert to_text(from_text(text)) == text
    assert to_text(clean(from_text(text))) == text


def test_the_plain_text_has_lines_signs_of_lists_and_addresses_of_links() -> None:
    html = (
        "<h2>Plan</h2><p>a<br><strong>b</strong></p><ul><li><p>c</p><p>d</p><ol><li><p>e</p></li>"
        '</ol></li></ul><blockquote><p>f</p><p>g</p></blockquote><p><a href="https://x.fr/">h</a> '
        '<a href="https://www.y.fr/">www.y.fr</a> <a href="mailto:z@z.fr">z@z.fr</a></p>'
    )
    assert to_text(html).split("\n") == [
        "Plan", "", "a", "b", "", "- c", "  d", "  1. e", "", "> f", ">", "> g", "",
        "h (https://x.fr/) www.y.fr z@z.fr",
    ]  # fmt: skip


def test_links_on_a_page_open_apart_and_tell_nothing_of_us() -> None:
    page = shown('<p><a href="https://a.fr">a</a><script>x</script></p>')
    assert page == (
        '<p><a target="_blank" href="https://a.fr" rel="noopener noreferrer nofollow">a</a></p>'
    )
    assert shown("a <b>\nc") == "<p>a &lt;b&gt;<br>c</p>"


def test_what_is_repeated_without_end_is_read_in_one_pass() -> None:
    """HTML's own rules would make a million elements of the first of these."""
    for piece in (
        "<b x={}>a<p>", "<ul><li>", "<!--", "<a ", '<a "', "<", "<blockquote>", "<script", "&lt",
        "</b>y", "\n ", " ", "\t", "<br> ", "<br>", "<p></p>", "<a href=", "</styl", "x<td>",
    ):  # fmt: skip
        found = clean("<p>" + "".join(piece.format(n) for n in range(2_000)))
        assert clean(found) == found
        assert to_text(found).count("\n") <= 8_000


def test_lists_in_lists_end_somewhere() -> None:
    found = clean("<ul><li>a" * 20 + "</ul>" * 20 + "<p>b</p>")
    assert found.count("<ul>") == 6
    assert found.endswith("</ul><p>b</p>")
    assert rich_text.to_text(found).count("- a") == 20


def test_hostile_texts_stay_text() -> None:
    """As plain text, as what a paragraph holds, and as HTML: no element but ours, no address."""
    assert len(SCRIPTS) == 100
    for given in SCRIPTS:
        for text in (given, f"<p>{given}</p>", f"<ul><li><b>{given}"):
            kept = clean(text)
            assert clean(kept) == kept
            page, errors = read(f"<main>{shown(kept)}</main>")
            assert not errors, (given, errors)
            for element in page.all():
                assert element.name in {*TAGS, "main"}, given
                names = set(element.attributes) - {"href", "rel", "target"}
                assert not names, (given, names)
                assert element.get("href").split(":")[0] in ("", "https", "http"), given
        assert rich_text.is_html(given) or to_text(clean(given)) == re.sub(r"[\0\1]", "", given)
