"""Counts of people by the lists that they stand on: what multiple-systems estimation starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from yupana.core.errors import DataError

if TYPE_CHECKING:
    import numpy as np

FEWEST_LISTS, MOST_LISTS = 2, 12


@dataclass(frozen=True)
class CaptureTable:
    """How many people were seen by each combination of lists.

    Attributes
    ----------
    names : of the lists, 2 to 12.
    counts : (2 ** lists,), people by capture mask: bit i of the position is list i. The first, those on no
        list, is unknown and holds 0.

    Raises
    ------
    DataError
        Y231 for too few or too many lists, Y232 for a count that is no count, Y233 for a pattern that does
        not fit, Y236 for two lists of one name or nobody seen.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        check_names(self.names)
        if len(self.counts) != 1 << len(self.names):
            raise DataError(
                "counts do not fit the lists", code="Y233", got=f"{len(self.counts)} counts",
                expected=f"{1 << len(self.names)}, one for each combination of {len(self.names)} lists",
            )  # fmt: skip
        object.__setattr__(self, "counts", tuple(as_count(count) for count in self.counts))
        if self.counts[0]:
            raise DataError(
                "people on no list are given as seen", code="Y233", got=f"{self.counts[0]} for pattern "
                f"{'0' * len(self.names)}", expected="no count: that cell is what is estimated",
            )  # fmt: skip
        if not self.n:
            raise DataError("the table holds nobody", code="Y236", expected="at least one person seen")

    @classmethod
    def from_patterns(cls, patterns: Mapping[str, int], names: Sequence[str] | None = None) -> CaptureTable:
        """The table of patterns such as ``{"1011": 42}``; the first sign is the first list, absent ones 0.

        Parameters
        ----------
        patterns : capture pattern of 0 and 1 -> people.
        names : of the lists; ``L1``, ``L2``, ... by default.
        """
        if not patterns:
            raise DataError("the table holds nobody", code="Y236", expected="at least one capture pattern")
        width = len(names) if names is not None else max(len(str(pattern)) for pattern in patterns)
        labels = tuple(names) if names is not None else tuple(f"L{i + 1}" for i in range(width))
        check_names(labels)
        counts = [0] * (1 << width)
        for pattern, count in patterns.items():
            counts[_mask(pattern, width)] += as_count(count, f"pattern {pattern}")
        return cls(labels, tuple(counts))

    @classmethod
    def from_cells(cls, cells: Mapping[str, int], names: Sequence[str] | None = None) -> CaptureTable:
        """The table of named cells such as ``{"A": 25, "A+C": 1}``; absent ones are 0.

        Parameters
        ----------
        cells : names of lists joined by + -> people.
        names : of the lists, in order; by default in the order in which they come.
        """
        split = {cell: [part.strip() for part in str(cell).split("+")] for cell in cells}
        labels = tuple(names or dict.fromkeys(part for parts in split.values() for part in parts))
        check_names(labels)
        counts = [0] * (1 << len(labels))
        for cell, parts in split.items():
            if set(parts) - set(labels) or len(set(parts)) != len(parts):
                raise DataError(
                    f"cell {cell!r} names lists that are not there, or one twice", code="Y233", got=cell,
                    expected=f"some of {', '.join(labels)}, joined by +",
                )  # fmt: skip
            counts[sum(1 << labels.index(part) for part in parts)] += as_count(cells[cell], f"cell {cell}")
        return cls(labels, tuple(counts))

    @property
    def lists(self) -> int:
        """Number of lists."""
        return len(self.names)

    @cached_property
    def n(self) -> int:
        """People seen by at least one list."""
        return sum(self.counts)

    @property
    def array(self) -> np.ndarray:
        """(2 ** lists,), people by capture mask, as floats; the first is 0."""
        import numpy as np

        return np.array(self.counts, dtype=float)

    def patterns(self) -> dict[str, int]:
        """Capture pattern -> people, of the patterns that were seen."""
        return {self.pattern(mask): count for mask, count in enumerate(self.counts) if count}

    def pattern(self, mask: int) -> str:
        """The capture pattern of a mask, such as ``1011``; the first sign is the first list."""
        return "".join("1" if mask >> i & 1 else "0" for i in range(self.lists))

    def term(self, mask: int) -> str:
        """Names of the lists of a mask, joined by a colon: a term of a log-linear model."""
        return ":".join(name for i, name in enumerate(self.names) if mask >> i & 1)

    def mask(self, term: str) -> int:
        """The mask of a term such as ``A:C``.

        Raises
        ------
        DataError
            Y233 where a name is not a list.
        """
        parts = term.split(":")
        unknown = [part for part in parts if part not in self.names]
        if unknown or len(set(parts)) != len(parts):
            raise DataError(
                f"term {term!r} is not made of these lists", code="Y233", got=term,
                expected=f"some of {', '.join(self.names)}, each once, joined by colons",
            )  # fmt: skip
        return sum(1 << self.names.index(part) for part in parts)

    def overlap(self, mask: int) -> int:
        """People seen by all lists of a mask, whatever other lists saw them."""
        return sum(count for cell, count in enumerate(self.counts) if cell & mask == mask)

    def pairs(self) -> Iterator[int]:
        """Masks of the pairs of lists, in the order of the lists."""
        for i in range(self.lists):
            for j in range(i + 1, self.lists):
                yield 1 << i | 1 << j

    def without(self, name: str) -> CaptureTable:
        """The table of the other lists: who was on the removed list alone is no longer seen."""
        position = self.names.index(name)
        low = (1 << position) - 1
        counts = [0] * (1 << (self.lists - 1))
        for cell, count in enumerate(self.counts):
            counts[cell & low | cell >> 1 & ~low] += count
        counts[0] = 0
        return CaptureTable(tuple(each for each in self.names if each != name), tuple(counts))

    def frequencies(self) -> dict[int, int]:
        """Number of lists -> people seen by exactly so many."""
        found: dict[int, int] = {}
        for cell, count in enumerate(self.counts):
            if count:
                found[cell.bit_count()] = found.get(cell.bit_count(), 0) + count
        return dict(sorted(found.items()))


def check_names(names: Sequence[str], where: str | None = None) -> None:
    """Refuse names of lists that cannot be used.

    Raises
    ------
    DataError
        Y231 for fewer than 2 or more than 12 lists, Y236 for a name twice or none.
    """
    if len(names) < FEWEST_LISTS:
        raise DataError(
            "one list says nothing about who is on no list" if names else "no list", code="Y231", where=where,
            got=f"{len(names)} lists" + (f": {names[0]}" if names else ""),
            expected=f"{FEWEST_LISTS} to {MOST_LISTS} lists with people in common",
        )  # fmt: skip
    if len(names) > MOST_LISTS:
        raise DataError(
            "more lists than can be told apart", code="Y231", where=where, got=f"{len(names)} lists",
            expected=f"at most {MOST_LISTS}",
            fix="Join lists of one kind into one, and say which were joined.",
        )  # fmt: skip
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled or not all(str(name).strip() for name in names):
        raise DataError(
            "two lists have one name" if doubled else "a list has no name", code="Y236", where=where,
            got=", ".join(doubled) or "an empty name", expected="one name for each list",
        )  # fmt: skip


def as_count(value: object, where: str | None = None) -> int:
    """`value` as a number of people.

    Raises
    ------
    DataError
        Y232 where it is negative, not whole, or no number.
    """
    try:
        number = float(str(value).strip()) if not isinstance(value, bool) else float("nan")
    except ValueError:
        number = float("nan")
    if number >= 0 and number == number // 1 and number < 1e15:
        return int(number)
    reason = "negative" if number < 0 else "no number" if number != number else "not whole"
    raise DataError(f"a count is {reason}", code="Y232", where=where, got=str(value),
                    expected="a whole number of people, 0 or more")  # fmt: skip


def _mask(pattern: object, width: int) -> int:
    text = str(pattern).strip()
    if len(text) != width or set(text) - {"0", "1"}:
        wrong = "has a sign other than 0 and 1" if set(text) - {"0", "1"} else "has the wrong length"
        raise DataError(
            f"capture pattern {text!r} {wrong}", code="Y233", got=f"{text!r}, {len(text)} signs",
            expected=f"{width} signs of 0 and 1, one for each list",
        )  # fmt: skip
    return sum(1 << i for i, sign in enumerate(text) if sign == "1")
