"""Of labelled pairs nearly all doubles are found, and hardly anything else."""

import sys
from collections import Counter

import pytest

from crm.duplicates.keys import KeyKind, first_of, keys_of
from crm.duplicates.likeness import LISTED, compare
from crm.duplicates.profile import profile_of
from tests.duplicates.pairs import Pair, labelled

IGNORED = frozenset({"gmail.com", "orange.fr", "free.fr"})


def is_found(pair: Pair) -> bool:
    """Whether the search for all pairs shows it: by a common key, and a score that suffices."""
    one, other = profile_of(pair.one), profile_of(pair.other)
    common = keys_of(one) & keys_of(other)
    if not any(key >= first_of(KeyKind.NEAR_NAME) for key in common):
        return False
    return compare(one, other, IGNORED).score >= LISTED


@pytest.mark.parametrize("seed", [18, 64, 2026])
def test_recall_and_precision_of_500_labelled_pairs(seed, capsys):
    pairs = labelled(seed)
    assert sum(pair.is_same for pair in pairs) == len(pairs) / 2 == 250
    found = [pair for pair in pairs if is_found(pair)]
    right = sum(pair.is_same for pair in found)
    recall, precision = right / 250, right / len(found)
    missed = Counter(pair.case for pair in pairs if pair.is_same and pair not in found)
    wrong = Counter(pair.case for pair in found if not pair.is_same)
    with capsys.disabled():
        sys.stdout.write(
            f"\nseed {seed}: recall {recall:.1%}, precision {precision:.1%} at {LISTED}\n"
        )
    assert recall >= 0.95, missed
    assert precision >= 0.90, wrong
