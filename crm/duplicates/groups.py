"""Which records hang together by pairs: eight bytes for each id."""

from array import array


class Groups:
    """Groups that grow with each pair; a group is named by the lowest id in it."""

    def __init__(self) -> None:
        self._above = array("q")

    def join(self, one: int, other: int) -> None:
        """These two are of one group."""
        self._above.extend(range(len(self._above), max(one, other) + 1))
        low, high = sorted((self.lowest(one), self.lowest(other)))
        self._above[high] = low

    def lowest(self, pk: int) -> int:
        """The lowest id of the group of a record that is in a pair."""
        above = self._above
        while above[pk] != pk:
            above[pk] = pk = above[above[pk]]
        return pk
