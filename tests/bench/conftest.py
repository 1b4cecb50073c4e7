"""What the benchmarks borrow from the tests."""

from tests.imports.conftest import load

__all__ = ["load"]
