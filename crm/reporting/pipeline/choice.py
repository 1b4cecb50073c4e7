"""What a reader chose for the follow-up: subject, tab, period and filters of lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.errors import DomainError
from crm.core.views.address import ListAddress, Pairs, read_address
from crm.core.views.display import zone
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.periods import LABELS, Period, read_period
from crm.reporting.pipeline.subjects import Subject, open_subjects
from crm.reporting.saving import REPORT

KEPT = ("subject", "period", "tab", REPORT)  # arguments beside the filters of lists
CREATED_ON = _l("Created on")
TABS = ("records", "opportunities", "events")


@dataclass(frozen=True)
class Choice:
    """`address` is that of the report; `period` None: created whenever."""

    subject: Subject
    tab: str
    address: ListAddress
    period: Period | None = None
    named: str = ""  # the period as the address says it
    report: str = ""  # the id of the saved one that it was opened with
    wrong: Sequence[str] = field(default=())  # sentences about what cannot be applied

    @property
    def filters(self) -> list[Filter]:
        return self.address.filters

    def url(self, *filters: Filter, **said: str) -> str:
        """The report with more filters, or with another `subject`, `period` or `tab`."""
        return self._with(filters, said).url()

    def pairs(self) -> Pairs:
        """The arguments of the report as it is."""
        return self._with((), {}).pairs()

    def _with(self, filters: Sequence[Filter], said: Mapping[str, str]) -> ListAddress:
        now = {"subject": self.subject.key, "period": self.named, "tab": self.tab}
        now |= {REPORT: self.report, **said}
        rest = [(name, value) for name, value in now.items() if value]
        kept = [one for one in self.filters if one[:2] not in {more[:2] for more in filters}]
        return replace(self.address, rest=rest, filters=[*kept, *filters])

    def about(self, subject: Subject) -> str:
        """The same of another subject, with the filters that it has."""
        names, twins = subject.names(), subject.twins
        said = [(twins.get(name, name), number, texts) for name, number, texts in self.filters]
        kept = [one for one in said if one[0] in names]
        other = replace(self, subject=subject, address=replace(self.address, filters=kept))
        return other.url()

    def periods(self) -> list[tuple[str, str, bool]]:
        """(label, address, whether it is the chosen one) of all periods, any date first."""
        found = [("", _("Whenever")), *((key, str(label)) for key, label in LABELS.items())]
        return [(label, self.url(period=key), key == self.named) for key, label in found]


def read_choice(path: str, asked: str) -> Choice:
    """The choice of the request about `asked`; 404 where the actor reads no records."""
    subjects = open_subjects() or abort(404)
    subject = next((one for one in subjects if one.key == asked), subjects[0])
    tab = request.args.get("tab", TABS[0])
    address = read_address(subject.view().key, path, subject.names(), KEPT)
    named = request.args.get("period", "")
    wrong = [_("The filter “%(name)s” does not exist here.", name=name) for name in address.unknown]
    period = None
    try:
        period = read_period(named) if named else None
    except ValueError as error:
        wrong.append(str(error))
    for one in address.filters:
        try:
            condition(subject.model, *one, FilterFormat(zone()))
        except DomainError as error:
            wrong.append(str(error))
    tab = tab if tab in TABS else TABS[0]
    return Choice(subject, tab, address, period, named, request.args.get(REPORT, ""), wrong)
