"""Numbers on disk come back as they were written, or sorted and each once."""

from itertools import islice
from random import Random

from crm.duplicates.numbers import BLOCK, Numbers, SortedNumbers


def test_numbers_come_back_in_their_order_while_others_are_read():
    numbers, wanted = Numbers(), list(range(-3, 2 * BLOCK))
    numbers.write(wanted[:5])
    numbers.write(wanted[5:])
    assert len(numbers) == len(wanted)
    first, second = numbers.read(), numbers.read(BLOCK, BLOCK + 2)
    assert next(first) == -3
    assert list(second) == wanted[BLOCK : BLOCK + 2]
    numbers.write([2**62])
    assert list(islice(first, BLOCK)) == wanted[1 : BLOCK + 1]
    assert list(numbers.read())[-1] == 2**62


def test_sorted_numbers_are_merged_from_runs_and_come_once():
    random, numbers = Random(18), SortedNumbers(run=100)  # noqa: S311  the same each time
    given = [random.randrange(2**60) for _ in range(950)] + [5] * 30
    for number in given + given:
        numbers.add(number)
    assert list(numbers) == sorted(set(given))
    assert list(SortedNumbers()) == []
