"""Follow-ups that people save: subject, period and filters; the tab is whatever one looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from crm.core.errors import DomainError, NotFound
from crm.core.models.text import labelled
from crm.core.saved.layouts import Layout, filters_of, has_filters, written
from crm.core.views.address import ListAddress
from crm.core.views.layouts import filters_left, refuse_many
from crm.reporting.boards.periods import read_period
from crm.reporting.pipeline.choice import CREATED_ON, TABS, Choice
from crm.reporting.pipeline.subjects import FOLLOW_UP, Subject, open_subjects


@dataclass(frozen=True)
class OpenedFollowUp:
    """A saved follow-up as its reader may see it, and the labels of what is missing."""

    choice: Choice
    lost: Sequence[str]


def about(layout: Layout) -> str:
    """What it is of; "" where the actor may not read that."""
    subject = _subject(layout)
    return labelled(FOLLOW_UP, subject.title) if subject is not None else ""


def layout_of(choice: Choice) -> Layout:
    """What is saved of a choice. Raises DomainError where something is wrong."""
    if choice.wrong:
        raise DomainError("\n".join(choice.wrong))
    refuse_many(choice.filters)
    return {
        "subject": choice.subject.key,
        "period": choice.named,
        "filters": written(choice.filters),
    }


def is_layout_of(layout: Layout, choice: Choice) -> bool:
    """Whether a follow-up is as it was saved."""
    said = (layout["subject"], layout["period"])
    return (choice.subject.key, choice.named) == said and has_filters(layout, choice.filters)


def opened(layout: Layout, pk: int | None = None) -> OpenedFollowUp:
    """The follow-up with the id `pk`. Raises NotFound where its subject is out of reach."""
    subject = _subject(layout)
    if subject is None:
        raise NotFound
    view, lost = subject.view(), []
    left = filters_left(view, filters_of(layout), subject.names())
    period, named = None, layout["period"]
    try:
        period = read_period(named) if named else None
    except ValueError:
        named, lost = "", [str(CREATED_ON)]
    address = ListAddress(view.key, url_for("ReportingView.pipeline"), left.filters)
    report = str(pk) if pk is not None else ""
    choice = Choice(subject, TABS[0], address, period, named, report)
    return OpenedFollowUp(choice, [*left.lost, *lost])


def _subject(layout: Layout) -> Subject | None:
    return next((one for one in open_subjects() if one.key == layout["subject"]), None)
