"""Fixtures of the tests that the benchmarks use."""

from tests.imports.conftest import load

__all__ = ["load"]
