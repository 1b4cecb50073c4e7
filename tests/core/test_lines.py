"""Lines of one form: as many as were typed, at most 500, none dropped without a word."""

import time

from crm.core.forms.fields import MOST_LINES


def form(count, **more):
    lines = {f"addresses-{number}-city": f"Ville {number}" for number in range(count)}
    return {"name": "Dupont", "addresses-count": str(count), **lines, **more}


def test_a_line_too_many_is_said_beside_the_lines_and_all_are_kept(as_user):
    claire = as_user("claire")
    claire.post("/lang/fr")
    count = MOST_LINES + 1
    refused = claire.post("/prospects/add", data=form(count))
    assert refused.status_code == 422
    assert f"Il y a {count} lignes\u202f; le maximum est de {MOST_LINES}." in refused.text
    assert f'value="Ville {count - 1}"' in refused.text


def test_a_huge_number_of_lines_costs_only_those_that_were_sent(as_user):
    begin = time.process_time()
    answer = as_user("claire").post("/prospects/add", data=form(2, **{"addresses-count": "9" * 9}))
    assert answer.status_code in {303, 422}
    assert time.process_time() - begin < 2
