"""Dialogs as slices declare them."""

from collections.abc import Iterator

from flask import Flask

from crm.core.forms import Dialog

LABELS = ("title", "submit", "cancel_label", "done_message")
# It opens the page on which something is done.
OPENING = ("MergeWith", "done_message")


def dialogs(base: type[Dialog] = Dialog) -> Iterator[type[Dialog]]:
    """The dialogs that are shown: those that no other derives from."""
    for one in base.__subclasses__():
        yield from [] if one.__subclasses__() else [one]
        yield from dialogs(one)


def test_a_dialog_has_a_title_two_buttons_and_a_message(app: Flask) -> None:
    found = list(dialogs())
    assert len(found) >= 4
    lacking = [
        (one.__name__, label)
        for one in found
        for label in LABELS
        if getattr(one, label) is getattr(Dialog, label) and (one.__name__, label) != OPENING
    ]
    assert lacking == []
