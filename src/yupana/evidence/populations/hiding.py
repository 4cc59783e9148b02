"""A test on what is known: hide one list, predict from the others how many it alone holds, and compare."""

from __future__ import annotations

from dataclasses import dataclass

from yupana.core.errors import YupanaError
from yupana.evidence.populations.lists import CaptureTable
from yupana.evidence.populations.specification import Specification


@dataclass(frozen=True)
class HiddenList:
    """How well the other lists foresee one.

    Attributes
    ----------
    name : of the hidden list.
    observed : people on it alone, whom the other lists did not see.
    predicted, low, high : the same, predicted; None where the other lists give no estimate.
    size : people on the list. predicted_size : the same, predicted.
    reason : why there is no prediction; empty where there is one.
    """

    name: str
    observed: int
    predicted: float | None
    low: float | None
    high: float | None
    size: int
    predicted_size: float | None
    reason: str = ""

    @property
    def inside(self) -> bool | None:
        """Whether the observed number lies in the interval; None where there is none."""
        if self.predicted is None or self.low is None:
            return None
        return self.low <= self.observed and (self.high is None or self.observed <= self.high)

    def as_dict(self) -> dict[str, object]:
        """The fields that `--json` prints."""
        return {
            "list": self.name, "observed": self.observed, "predicted": self.predicted, "low": self.low,
            "high": self.high, "inside": self.inside, "size": self.size,
            "predicted_size": self.predicted_size, "reason": self.reason,
        }  # fmt: skip


def hide_lists(table: CaptureTable, method: str = "stepwise", **options: object) -> tuple[HiddenList, ...]:
    """For each list, what the others say of the people on it alone.

    The others give an estimate of those whom they did not see. The list is taken to reach these with the same
    chance as the people whom the others saw; so many of them should be on it alone. The interval holds the
    interval of the estimate and the binomial chance of being on the list.

    Parameters
    ----------
    table : of three lists or more. method, options : as in `specifications`; the first row is used.
    """
    return tuple(_hide(table, name, method, options) for name in table.names)


def _hide(table: CaptureTable, name: str, method: str, options: dict[str, object]) -> HiddenList:
    from yupana.evidence.populations.tables import specifications

    mask = 1 << table.names.index(name)
    size, alone = table.overlap(mask), table.counts[mask]
    if table.lists < 3:
        return HiddenList(name, alone, None, None, None, size, None, "one list would be left")
    others = table.without(name)
    try:
        found: Specification = specifications(others, (method,), **options)[0]  # pyright: ignore[reportArgumentType]
    except YupanaError as error:
        return HiddenList(name, alone, None, None, None, size, None, error.what)
    if found.n_hat is None or others.n == 0:
        return HiddenList(name, alone, None, None, None, size, None, found.reason)
    share = (size - alone) / others.n
    unseen = found.n_hat - others.n
    low = _end(found.low, others.n, share, -1.0)
    high = _end(found.high, others.n, share, 1.0)
    both = size - alone
    return HiddenList(name, alone, share * unseen, low, high, size, both + share * unseen)


def _end(n_end: float | None, seen: int, share: float, sign: float) -> float | None:
    """An end of the prediction: of the estimate, then 1.96 standard deviations of chance further."""
    if n_end is None:
        return None
    unseen = max(n_end - seen, 0.0)
    spread = (unseen * share * (1.0 - share) + unseen**2 * share * (1.0 - share) / seen) ** 0.5
    return max(share * unseen + sign * 1.96 * spread, 0.0)
