"""Parsing of a posted form into values, with the errors of each field."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.core.config import languages
from crm.core.datamodel.rules import Values
from crm.core.forms.fields import FormField
from crm.core.forms.lines import LinesForm
from crm.core.forms.options import search_candidates
from crm.core.models import kinds
from crm.core.models.dates import is_skipped, parse_local
from crm.core.models.kinds import Format
from crm.core.models.text import format_instant


class ParsingForm(LinesForm):
    """Typed texts stay in the inputs; parsed values go into `values`."""

    keeps_unsent: ClassVar[bool] = True

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        """Parse the posted texts into `values`. Returns False where there are errors.

        `before` are the stored values: they are kept where an input comes back unchanged, and
        where a link to a row out of reach was not replaced.
        """
        if before is not None:
            self.fill(before)
        for name, field in self.fields.items():
            if before is not None and self._is_unsent(field, posted):
                continue
            try:
                self._read(name, field, posted, before or {})
            except ValueError as error:
                field.errors = [str(error)]
        self.unread = frozenset(name for name, field in self.fields.items() if field.errors)
        return self.is_read

    @property
    def is_read(self) -> bool:
        """Whether every text that was posted says a value."""
        return not self.unread and not self.form_errors

    def _is_unsent(self, field: FormField, posted: MultiDict[str, str]) -> bool:
        """Whether the field was missing in the opened form, because its setting was off.

        The stored value is kept then. Empty checkboxes and lists are not sent either: they count.
        """
        if field.widget in ("boolean", "references", "output", "file"):
            return False
        sent = {"rows": field.count_name, "translated": f"{field.name}-{languages()[0]}"}
        names = (sent.get(field.widget, field.name), f"{field.name}_search")
        return self.keeps_unsent and not any(name in posted for name in names)

    def _read(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        match field.widget:
            case "output":
                return
            case "file":
                self._read_upload(name, posted)
            case "rows":
                self._read_lines(field, posted, before.get(name) or ())
            case "translated":
                self._read_words(name, field, posted, before.get(name) or {})
            case "reference":
                self._read_link(name, field, posted, before)
            case "references":
                self._read_links(name, field, posted, before)
            case _:
                self._read_text(name, field, posted, before)

    def _read_upload(self, name: str, posted: MultiDict[str, str]) -> None:
        """An upload, or None to remove the file; without either the present one is kept."""
        upload = self.files.get(name)
        if upload and upload.filename:
            self.values[name] = upload
        elif f"{name}-remove" in posted:
            self.values[name] = None

    def _read_words(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Mapping[str, str]
    ) -> None:
        parts = {code: posted.get(f"{name}-{code}", "").strip() for code in languages()}
        self._show_parts(field, parts)
        # Texts in a language without an input are kept.
        full = {**before, **parts}
        self.values[name] = field.spec.clean({k: v for k, v in full.items() if v})

    def _read_text(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        sent = [posted.get(name, "")]
        is_kept = name in before and field.is_unchanged(sent)
        field.texts = sent
        if field.spec.kind is kinds.MONEY:
            field.unit = posted.get("currency", "") or self.currency
        value = before[name] if is_kept else field.spec.read(field.text, Format(self.zone))
        if value is None and field.spec.required:
            raise ValueError(_("Required field"))
        if value is not None and not is_kept and field.spec.kind is kinds.INSTANT:
            self._tell_skipped(field, value)
        # Checkboxes and stars are shown from their value, not from their text.
        self.values[name] = field.data = value

    def _tell_skipped(self, field: FormField, value: datetime) -> None:
        """Note that a time was moved: on the night that clocks go forward, an hour is missing."""
        if is_skipped(parse_local(field.text, self.zone)):
            text = _(
                "%(field)s: %(typed)s does not exist, as clocks go forward; saved as %(time)s.",
                field=field.label,
                typed=field.text,
                time=format_instant(value, self.zone),
            )
            self.notes.append(text)

    def _read_links(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        sent = posted.getlist(name)
        is_kept = name in before and field.is_unchanged(sent)
        field.texts = sent
        model = self.datamodel.obj
        self.values[name] = list(before[name]) if is_kept else self._targets(field, model, name)

    def _read_link(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        if posted.get(f"{name}_search", "").strip():
            posted = self._by_name(name, field, posted)
        field.texts = [posted.get(name, "")]
        if not field.text:
            if before.get(f"{name}_id") is not None and before.get(name) is None:
                return  # the target is hidden: an empty picker does not remove the link
            if field.spec.required:
                raise ValueError(_("Required field"))
            self.values[name] = None
            return
        kept = before.get(name)
        if kept is not None and field.text == str(kept.id):
            self.values[name] = field.data = kept  # the present link is kept, in reach or not
            return
        self.values[name] = self._targets(field, self.datamodel.obj, name)[0]

    def _by_name(
        self, name: str, field: FormField, posted: MultiDict[str, str]
    ) -> MultiDict[str, str]:
        """Without script a picker posts a text: the only row of that name is meant."""
        wanted = posted[f"{name}_search"].strip()
        found = search_candidates(self.datamodel, name, wanted, {})
        if len(found) != 1:
            raise ValueError(
                _("Choose from the list: “%(text)s” does not match one record.", text=wanted)
            )
        others = [pair for pair in posted.items(multi=True) if pair[0] != name]
        return MultiDict([*others, (name, str(found[0].id))])
