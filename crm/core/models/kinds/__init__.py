"""The kinds of fields; `field()` takes one where it does not follow from the column's type."""

import zoneinfo
from functools import cache

from sqlalchemy import types
from stdnum.eu import vat
from stdnum.fr import siren, siret

from crm.core import types as ours
from crm.core.config import languages
from crm.core.models.codes import (
    HUES,
    countries,
    country_name,
    country_order,
    currencies,
    current_currencies,
    hue_name,
    language_name,
    time_zones,
)
from crm.core.models.kinds.base import CONTROL, Format, Kind, refuse_longer, tidy, to_json
from crm.core.models.kinds.choices import Boolean, Choice, Code, Currency, Hue
from crm.core.models.kinds.json_format import JSON, JsonFormat
from crm.core.models.kinds.links import File, Reference, References
from crm.core.models.kinds.numeric import (
    Amounts,
    Exact,
    Integer,
    Money,
    Percent,
    Stars,
    WholePercent,
)
from crm.core.models.kinds.texts import (
    Domains,
    Email,
    LongText,
    Phone,
    PostalCode,
    Registered,
    RichText,
    Text,
    Translated,
    TranslatedRichText,
    Url,
)
from crm.core.models.kinds.times import Date, Instant, Next

TEXT, LONG_TEXT, RICH_TEXT = Text("text"), LongText("longtext"), RichText("richtext")
EMAIL, PHONE, DOMAINS = Email("email"), Phone("phone"), Domains("domains")
URL, POSTAL_CODE, TRANSLATED = Url("url"), PostalCode("postal_code"), Translated("translated")
TRANSLATED_RICH_TEXT = TranslatedRichText("translated_rich_text")
SIREN, SIRET = Registered("siren", siren, "numeric"), Registered("siret", siret, "numeric")
VAT_NUMBER = Registered("vat_number", vat)
INTEGER, DECIMAL, MONEY = Integer("integer"), Exact("decimal"), Money("money")
AMOUNTS = Amounts("amounts")
PERCENT, WHOLE_PERCENT = Percent("percent"), WholePercent("percent")
STARS = Stars("stars")
DATE, INSTANT, NEXT = Date("date"), Instant("instant"), Next("next")
BOOLEAN, CHOICE = Boolean("boolean"), Choice("choice")
COUNTRY = Code("country", countries, offered=country_order, words=country_name, has_names=True)
CURRENCY = Currency("currency", currencies, offered=lambda: sorted(current_currencies()))
LANGUAGE = Code(
    "language", languages, case=str.lower, words=language_name, has_names=True, is_ours=True
)
# Read once: it looks at every file of the database of time zones.
TIME_ZONE = Code("time_zone", cache(zoneinfo.available_timezones), offered=time_zones, case=str)
HUE = Hue("hue", lambda: HUES, case=str.lower, words=hue_name, is_ours=True)
REFERENCE, REFERENCES = Reference("reference"), References("references")
FILE, PICTURE, PERSON = File("file"), File("picture"), Kind("person")

BY_NAME = {one.name: one for one in [*globals().values()] if isinstance(one, Kind)}
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

__all__ = [
    "BY_NAME", "CONTROL", "JSON", "OF_TYPE", "Format", "JsonFormat", "Kind", "refuse_longer",
    "tidy", "to_json",
]  # fmt: skip
