"""The result of a check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One sentence; `is_wrong` where something has to be done."""

    sentence: str
    is_wrong: bool = False

    def __str__(self) -> str:
        mark = "wrong" if self.is_wrong else "ok"
        return f"{mark:>5}  {self.sentence}"


def ok(sentence: str) -> Finding:
    return Finding(sentence)


def wrong(sentence: str) -> Finding:
    return Finding(sentence, is_wrong=True)
