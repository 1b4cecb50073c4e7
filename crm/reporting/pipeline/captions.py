"""What the follow-up says under its figures: what is filtered, and where a row counts."""

from flask_babel import gettext as _

from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.subjects import ACCOUNTS


def captions(choice: Choice) -> list[str]:
    subject = choice.subject
    is_lead = subject is not ACCOUNTS
    when = str(choice.period or "")
    if not when:
        dated = (
            _("Leads created at any date.")
            if is_lead
            else _("Clients and prospects created at any date.")
        )
    elif is_lead:
        dated = _("Leads created in this period: %(period)s.", period=when)
    else:
        dated = _("Clients and prospects created in this period: %(period)s.", period=when)
    whose = _(
        "Opportunities and events are those of these records, whatever their own dates. "
        "Each row counts by its own company, agency, team and owner."
    )
    found = [dated, whose]
    if not is_lead and not choice.period and not set(subject.own) & {f[0] for f in choice.filters}:
        found.append(_("Opportunities without client are included."))
    return found
