"""The kinds of fields there are; `field()` takes one where the column's type does not tell it."""

import zoneinfo

from sqlalchemy import types
from stdnum.eu import vat
from stdnum.fr import siren, siret

from crm.core import types as ours
from crm.core.models.codes import currencies, time_zones
from crm.core.models.kinds.base import CONTROL, Format, Kind, refuse_longer, tidy
from crm.core.models.kinds.choices import Boolean, Choice, Code, Country, Currency, Hue, Language
from crm.core.models.kinds.links import File, Reference, References
from crm.core.models.kinds.numeric import Exact, Integer, Money, Percent, Stars
from crm.core.models.kinds.texts import (
    Email,
    LongText,
    Phone,
    PostalCode,
    Registered,
    Text,
    Translated,
    Url,
)
from crm.core.models.kinds.times import Date, Instant, Next

TEXT, LONG_TEXT, EMAIL, PHONE = Text("text"), LongText("longtext"), Email("email"), Phone("phone")
URL, POSTAL_CODE, TRANSLATED = Url("url"), PostalCode("postal_code"), Translated("translated")
SIREN, SIRET = Registered("siren", siren, "numeric"), Registered("siret", siret, "numeric")
VAT_NUMBER = Registered("vat_number", vat)
INTEGER, DECIMAL, MONEY = Integer("integer"), Exact("decimal"), Money("money")
PERCENT, STARS = Percent("percent"), Stars("stars")
DATE, INSTANT, NEXT = Date("date"), Instant("instant"), Next("next")
BOOLEAN, CHOICE, COUNTRY = Boolean("boolean"), Choice("choice"), Country("country")
CURRENCY = Currency("currency", currencies, lambda: sorted(currencies()))
TIME_ZONE = Code("time_zone", zoneinfo.available_timezones, time_zones, str)
LANGUAGE, HUE = Language("language"), Hue("hue")
REFERENCE, REFERENCES = Reference("reference"), References("references")
FILE, PICTURE, PERSON = File("file"), File("picture"), Kind("person")

BY_NAME = {kind.name: kind for kind in list(globals().values()) if isinstance(kind, Kind)}
OF_TYPE: dict[type, Kind] = {
    ours.Money: MONEY,
    ours.Exact: DECIMAL,
    ours.Instant: INSTANT,
    ours.Translated: TRANSLATED,
    types.Enum: CHOICE,
    types.Boolean: BOOLEAN,
    types.Date: DATE,
    types.Text: LONG_TEXT,
    types.String: TEXT,
    types.Integer: INTEGER,
}

__all__ = ["BY_NAME", "CONTROL", "OF_TYPE", "Format", "Kind", "refuse_longer", "tidy"]
