"""Why two records look the same and what speaks against it, in words and with an icon."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from crm.core.models import Label
from crm.duplicates.likeness import Against, Reason


@dataclass(frozen=True)
class Tag:
    """A word beside the name, as pages place it; amber where it speaks against."""

    text: str
    icon: str
    is_against: bool = False


WHY: dict[Reason, tuple[Label, str]] = {
    Reason.SIRET: (_l("Same SIRET"), "equal"),
    Reason.SIREN: (_l("Same SIREN"), "equal"),
    Reason.VAT_NUMBER: (_l("Same VAT number"), "equal"),
    Reason.EMAIL: (_l("Same e-mail"), "mail"),
    Reason.SHARED_MAILBOX: (_l("Same shared mailbox"), "mail"),
    Reason.MOBILE: (_l("Same mobile"), "phone"),
    Reason.PHONE: (_l("Same phone"), "phone"),
    Reason.SAME_NAME: (_l("Same name"), "letter-case"),
    Reason.NEAR_NAME: (_l("Similar name"), "letter-case"),
    Reason.SAME_PERSON: (_l("Same person’s name"), "letter-case"),
    Reason.NEAR_PERSON: (_l("Similar person’s name"), "letter-case"),
    Reason.ACCOUNT: (_l("Same account"), "building-skyscraper"),
    Reason.DOMAIN: (_l("Same domain"), "at"),
    Reason.POSTAL_CODE: (_l("Same postal code"), "map-pin"),
    Reason.CITY: (_l("Same city"), "map-pin"),
}
NOT: dict[Against, Label] = {
    Against.SIREN: _l("Different SIREN"),
    Against.SIRET: _l("Different SIRET"),
    Against.NAME: _l("Different name"),
    Against.PERSON: _l("Different person"),
    Against.PLACE: _l("Different place"),
    Against.EMAIL: _l("Different e-mail"),
    Against.MOBILE: _l("Different mobile"),
}


def tags_of(reasons: Sequence[Reason], against: Sequence[Against]) -> list[Tag]:
    """The reasons, then what speaks against."""
    return [
        *(Tag(str(WHY[reason][0]), WHY[reason][1]) for reason in reasons),
        *(Tag(str(NOT[word]), "alert-triangle", is_against=True) for word in against),
    ]
