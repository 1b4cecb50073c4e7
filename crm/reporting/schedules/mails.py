"""A saved report as an e-mail: a table for eyes and screen readers, and one of plain text."""

from collections.abc import Iterator, Sequence

from babel.dates import format_date
from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from crm.companies.days import today
from crm.core.actor import Actor
from crm.core.models.locale import locale
from crm.core.models.text import format_instant, labelled
from crm.core.types import utcnow
from crm.core.views.saved_pages import lost_words
from crm.mail.notices import as_reader, full_address
from crm.reporting.boards.shown import Figure, Line, Section, Shown
from crm.reporting.schedules.rhythm import Rhythm
from crm.reporting.schedules.showing import Report

GAP = "  "  # between two columns of plain text


def subject(report: Report, actor: Actor) -> str:
    """The name and the day, which is the reader's: figures are of when they are read."""
    with as_reader(actor):
        return labelled(report.name, format_date(today(), "long", locale=locale()))


def texts(
    report: Report, actor: Actor, rhythm: Rhythm, sender: str, unsubscribe_url: str
) -> tuple[str, str]:
    """(HTML, plain text) for the reader; `sender` is who sends it, "" of their own one."""
    with as_reader(actor):
        opens, notes = full_address(report.path), list(_notes(report, actor))
        why, manage = _why(rhythm, sender), full_address(url_for("ScheduleView.list"))
        return (
            _html(report, opens, notes, [why, *_links(manage, unsubscribe_url)]),
            _text(report, opens, notes, [why, *_links(manage, unsubscribe_url)]),
        )


Link = tuple[str, str]  # words, address


def _links(manage: str, unsubscribe_url: str) -> tuple[Link, Link]:
    return (_("Unsubscribe"), unsubscribe_url), (_("My reports by e-mail"), manage)


def _why(rhythm: Rhythm, sender: str) -> str:
    if not sender:
        return labelled(_("You chose to get this report by e-mail"), rhythm)
    return labelled(_("%(name)s has this report sent to you", name=sender), rhythm)


def _notes(report: Report, actor: Actor) -> Iterator[str]:
    yield _("As of %(time)s", time=format_instant(utcnow(), actor.time_zone))
    if report.lost:
        yield lost_words(report.name, report.lost)


def _html(report: Report, opens: str, notes: Sequence[str], foot: Sequence[str | Link]) -> str:
    name = Markup('<p><strong><a href="{}">{}</a></strong></p>').format(opens, report.name)
    parts = [name, *(_html_table(table) for table in report.tables)]
    parts += [Markup("<p>{}</p>").format(note) for note in notes]
    button = Markup('<p><a href="{}">{}</a></p>').format(opens, _("Open the report"))
    end = Markup("<br>").join(_html_foot(one) for one in foot)
    return "".join(map(str, [*parts, button, Markup("<p><small>{}</small></p>").format(end)]))


def _html_foot(part: str | Link) -> Markup:
    if isinstance(part, str):
        return Markup("{}").format(part)
    return Markup('<a href="{}">{}</a>').format(part[1], part[0])


def _html_table(shown: Shown) -> Markup:
    """Attributes instead of styles, which programs for mails drop or read their own way."""
    caption = Markup("<p>{}</p>").format(" ".join([shown.caption, *shown.notes]))
    if not shown.sections:
        return Markup("<p>{}</p>").format(_("No row to show.")) + caption
    first, *others = shown.head
    head = Markup('<th scope="col" align="left">{}</th>').format(first) + Markup("").join(
        Markup('<th scope="col" align="right">{}</th>').format(label) for label in others
    )
    body = Markup("").join(_html_section(one, shown) for one in shown.sections)
    return (
        Markup(
            '<table border="1" cellpadding="6" cellspacing="0"><caption align="top">{}</caption>'
            "<thead><tr>{}</tr></thead>{}</table>"
        ).format(shown.title, head, body)
        + caption
    )


def _html_section(section: Section, shown: Shown) -> Markup:
    title = Markup("")
    if len(shown.sections) > 1:
        cell = Markup('<tr><th scope="rowgroup" align="left" colspan="{}">{}</th></tr>')
        title = cell.format(len(shown.head), section.title)
    lines = Markup("").join(_html_line(line) for line in _lines(section))
    return Markup("<tbody>{}{}</tbody>").format(title, lines)


def _html_line(line: Line) -> Markup:
    label = Markup('<th scope="row" align="left">{}</th>').format(line.label)
    return Markup("<tr>{}{}</tr>").format(label, Markup("").join(map(_html_figure, line.figures)))


def _html_figure(figure: Figure) -> Markup:
    side = "left" if figure.is_words else "right"
    return Markup('<td align="{}">{}</td>').format(side, figure.text)


def _lines(section: Section) -> list[Line]:
    return [*section.lines, *([section.total] if section.total is not None else [])]


def _text(report: Report, opens: str, notes: Sequence[str], foot: Sequence[str | Link]) -> str:
    parts = [report.name]
    for table in report.tables:
        parts += [table.title] if len(report.tables) > 1 else []
        parts += _text_table(table)
    end = [one if isinstance(one, str) else labelled(*one) for one in foot]
    parts += [*notes, labelled(_("Open the report"), opens), "\n".join(end)]
    return "\n\n".join(parts) + "\n"


def _text_table(shown: Shown) -> Iterator[str]:
    if not shown.sections:
        yield _("No row to show.")
    for section in shown.sections:
        if len(shown.sections) > 1:
            yield section.title
        rows = [list(shown.head), *(_cells(line) for line in _lines(section))]
        yield "\n".join(_aligned(rows))
    yield " ".join([shown.caption, *shown.notes])


def _cells(line: Line) -> list[str]:
    return [line.label, *(figure.text for figure in line.figures)]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines whose columns stand below each other, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        yield GAP.join([first.ljust(widths[0]), *cells]).rstrip()
