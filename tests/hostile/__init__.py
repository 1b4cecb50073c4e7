"""Requests that nobody means: values that break parsers, in every parameter of an address."""

from tests.hostile.asking import ask_hostile, prepared
from tests.hostile.requests import Requests

__all__ = ["Requests", "ask_hostile", "prepared"]
