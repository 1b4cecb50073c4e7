"""Client addresses, behind a proxy and on IPv6."""

import json
from collections.abc import Callable

from tests.server.conftest import Running


def test_behind_one_proxy_its_word_counts_and_no_other(start: Callable[..., Running]) -> None:
    server = start(proxies=1)
    said = json.loads(
        server.get(
            "/who",
            X_Forwarded_For="198.51.100.7, 203.0.113.9",
            X_Forwarded_Proto="https",
            X_Forwarded_Host="crm.example.org",
        ).text
    )
    assert said == {"address": "203.0.113.9", "host": "crm.example.org", "scheme": "https"}


def test_it_listens_on_ipv6(start: Callable[..., Running]) -> None:
    server = start(host="::1")
    assert json.loads(server.get("/who").text)["address"] == "::1"
