"""Forty values of each kind that a parser, a database or a template may stumble on."""

import io
import zipfile
from typing import Any

LONG = "x" * 20_000

NUMBERS = [
    "", " ", "-", "+", ".", ",", "-0", "0", "-1", "00", "1e9", "1e400", "-1e400", "1e-400", "NaN",
    "sNaN", "Infinity", "-inf", "0x10", "1_000", "1,2,3", "1.2.3", "1 2", "12,500.00", "12.500,00",
    "0,125", "999999999999999999", "9999999999999999999999", "2147483647", "2147483648",
    "9223372036854775808", "-9223372036854775809", "9" * 4400, "٣٤", "²", "½", "Ⅷ", "\u22125",
    "1\u202f234", "1\x00",
]  # fmt: skip
DATES = [
    "9999-99-99", "9999-12-31", "9999-12-31T23:59", "10000-01-01", "0000-00-00", "0001-01-01",
    "0001-01-01T00:00", "0001-01-01T00:00:00+14:00", "2200-12-31T23:59:59-12:00", "2027-02-30",
    "2027-13-01", "2027-00-10", "31/02", "32/01/2027", "29/02/2027", "1/1/1", "01/01/0000",
    "00/00/00", "+9999", "-9999", "+99999", "today", "today 25:00", "now", "T", "T12:00",
    "2027-03-28T02:30", "2027-10-31T02:30", "2027-01-31T24:00", "2027-01-31T14:60",
    "2027-01-31T14:00Z", "2027-01-31T14:00+99:00", "2027-W01-1", "2027-001", "٢٠٢٧-٠١-٣١",
    "99 jan 2027", "1 smarch 2027", "1970-01-01T00:00:00.000000001", "-0001-01-01",
    "2027-01-31\x00",
]  # fmt: skip
TEXTS = [
    "", " ", "\t\n", "\x00", "a\x00b", "\x1b[31m", "\x7f", "\u2028", "\u202eevil", "\ufeff",
    "\ufffe", "e\u0301" * 50, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "ſ", "İ", "ß", "ﬁ",
    "%", "%%", "%s", "%(name)s", "{0}", "{{7*7}}", "{%", "_", "\\", "'", '"', "`", "--", ";",
    "' OR 1=1 --", "<script>alert(1)</script>", "javascript:alert(1)", "../../etc/passwd",
    "=cmd|' /C calc'!A0", "a\r\nSet-Cookie: x=1", "null", "x" * 300, LONG,
]  # fmt: skip
IDS = [
    "", "0", "-1", "1", "2", "3", "1.0", "1e1", "+1", " 1 ", "01", "0x1", "1,2", "[1]", "1;2",
    "me", "now", "null", "None", "true", "new", "__n__", "2147483647", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "99999999999999999999", "9" * 4400, "٣", "²",
    "१", "1\x00", "\x00", "%", "'", "1 OR 1=1", "../1", LONG, "NaN",
]  # fmt: skip


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


JSON: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, 1e308, float("nan"), float("inf"), 2**31, 2**63, -(2**63) - 1,
    10**40, "", " ", "\x00", "\ud800", LONG, "9999-99-99", "0001-01-01T00:00:00+14:00", "NaN",
    [], [None], [[]], [1, 1], [0, -1, 2**63], ["1"], [{}], [{"id": 1}], [{"id": 2**70}], [True],
    list(range(600)), {}, {"": None}, {"id": 1}, {"id": None}, {"en": 1}, {"fr": "\ud800"},
    _nested(200),
]  # fmt: skip
BODIES = [
    b"", b" ", b"{", b"}", b"[", b"[]", b"null", b"true", b"1", b'""', b"NaN", b'{"a":}',
    b"{'a':1}",
    b"\xff\xfe", b"\xef\xbb\xbf{}", b"\x00", b'{"a":"\\ud800"}', b'{"\\ud800":1}', b'{"a":1,"a":2}',
    b'{"row_version":1e999}', b'{"row_version":-0}', b'{"row_version":"1"}',
    b'{"row_version":null}',
    b'{"row_version":[1]}', b'{"row_version":9223372036854775808}', b'{"row_version":true}',
    b"[" * 100_000, b'{"a":' * 50_000, b'{"a":' + b"9" * 5000 + b"}", b"{}{}", b"{} x",
    "{'é'}".encode("latin-1"), "{}".encode("utf-16"), b"a=1&b=2", b"<xml/>", b"--x\r\n\r\n",
    b'{"__proto__":{}}', b'{"lines":{}}', b'{"lines":[{"id":1},{"id":1}]}', b'{"tags":[1,1,1]}',
]  # fmt: skip


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("../a.pdf", b"%PDF-1.7")
    return file.getvalue()


PDF = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
)
CONTENTS = [
    b"", b"\x00", b"%PDF", b"%PDF-1.7", PDF, PDF + b"trailer<</Root 1 0 R>>\n%%EOF",
    PDF.replace(b"[]", b"[2 0 R]") + b"trailer<</Root 1 0 R>>\n%%EOF",
    b"%PDF-9.9\n" + b"\xff" * 999,
    b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, b"GIF89a" + b"\xff" * 50, b"<svg onload='x'/>", _zip(),
    b"MZ" + b"\x90" * 100, b"<html><script>1</script>", b"\xff\xd8\xff\xe0" + b"\x00" * 20,
    b"x" * 100_000,
]  # fmt: skip
FILE_NAMES = [
    "a.pdf", "", ".", "..", "../../x.pdf", "a\x00.pdf", "a" * 300 + ".pdf", "é\u202e.pdf", "a.exe",
    'a".pdf',
]  # fmt: skip
# Every content under a good name, then one of them under every bad name, then pairs.
FILES = [
    *((name, content) for content in CONTENTS for name in FILE_NAMES[:1]),
    *((name, PDF) for name in FILE_NAMES[1:]),
    *((name, CONTENTS[7 + n]) for n, name in enumerate(FILE_NAMES[1:])),
    *((name, CONTENTS[3]) for name in FILE_NAMES[4:10]),
]
KINDS: dict[str, list[str]] = {"number": NUMBERS, "date": DATES, "text": TEXTS, "id": IDS}
