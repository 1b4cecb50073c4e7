"""What a record shows at once, and what it folds away."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.companies.models import User
from crm.core.views.display import Field
from crm.core.views.facts import is_blank
from crm.leads.models import Lead


@pytest.mark.parametrize(
    ("model", "field", "blank"),
    [
        (Lead, Field("city", "", "text", "Lyon", "Lyon"), False),
        (Lead, Field("city", "", "text", None, ""), True),
        (Lead, Field("do_not_call", "", "boolean", False, "No"), True),
        (Lead, Field("do_not_call", "", "boolean", True, "Yes"), False),
        (User, Field("active", "", "boolean", False, "No"), False),
        (Lead, Field("agency", "", "reference", None, "", missing=True), False),
        (Lead, Field("tags", "", "references"), True),
    ],
)
def test_empty_fields_and_a_no_that_every_new_record_has_say_nothing(
    as_user: Callable[[str], Any], app: Any, model: type[Any], field: Field, blank: bool
) -> None:
    with app.test_request_context():
        assert is_blank(model, field) is blank
