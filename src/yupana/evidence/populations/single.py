"""Sizes from one list: how many people were seen once, twice, three times, and so how many never.

Each estimator takes the frequencies, ``{times seen: people}``, and estimates all people, with an error. They
differ in what they assume of people's rates of being seen. None needs a second list, and none can see people
whose rate is zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from yupana.core.errors import DataError
from yupana.evidence.populations.bounds import interval_above
from yupana.evidence.populations.lists import as_count
from yupana.evidence.populations.specification import Specification

LABELS = {
    "truncated-poisson": "zero-truncated Poisson",
    "chao": "Chao, lower bound",
    "zelterman": "Zelterman",
    "geometric": "geometric",
    "one-inflated": "one-inflated Poisson",
}
"""Method -> name in tables and figures."""


@dataclass(frozen=True)
class SingleEstimate:
    """One estimator's answer.

    Attributes
    ----------
    method : name of the estimator.
    n : people seen.
    n_hat, se : all people, and the standard error: that of the rate and that of who is seen, together.
    low, high : 95 percent interval, log-normal in those not seen.
    parameters : fitted numbers, such as ``rate``, sightings per person.
    citation : key of docs/references.bib.
    note : what to know about the answer; empty if nothing.
    """

    method: str
    n: int
    n_hat: float
    se: float
    citation: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    low: float = field(init=False)
    high: float = field(init=False)

    def __post_init__(self) -> None:
        low, high = interval_above(self.n, self.n_hat, self.se)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def specification(self) -> Specification:
        """The answer as a row of the common table."""
        options = ", ".join(f"{name} {value:.4g}" for name, value in self.parameters.items())
        label = LABELS[self.method]
        return Specification(
            self.method, options, (), self.n_hat, self.low, self.high, self.note, label, self.citation
        )


class NoEstimate(ValueError):
    """These frequencies give the estimator no finite answer; the text says why."""


def check_frequencies(frequencies: Mapping[int, int]) -> dict[int, int]:
    """The frequencies that are not zero, in order.

    Raises
    ------
    DataError
        Y232 for a count that is no count or times that are not whole and positive, Y236 for nobody seen.
    """
    found = {}
    for times, people in frequencies.items():
        if isinstance(times, bool) or int(times) != times or times < 1:
            raise DataError(
                "times seen are not a whole number from 1 on", code="Y232", got=str(times),
                expected="1, 2, 3, ...: people never seen cannot be counted",
            )  # fmt: skip
        count = as_count(people, f"people seen {int(times)} times")
        if count:
            found[int(times)] = count
    if not found:
        raise DataError("the list holds nobody", code="Y236", expected="people seen once, twice, ...")
    return dict(sorted(found.items()))


def _totals(frequencies: Mapping[int, int]) -> tuple[dict[int, int], int, int]:
    """Checked frequencies, people, sightings."""
    checked = check_frequencies(frequencies)
    return checked, sum(checked.values()), sum(times * people for times, people in checked.items())


def _horvitz_thompson(n: int, seen: float, slope: float, variance: float) -> tuple[float, float]:
    """n / seen and its standard error: who is seen by chance, and the parameter behind the chance.

    seen is P(seen), slope its derivative by the parameter, variance the parameter's.
    """
    n_hat = n / seen
    spread = n * (1.0 - seen) / seen**2 + (n * slope / seen**2) ** 2 * variance
    return n_hat, math.sqrt(spread)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-14))  # type: ignore[arg-type]


def truncated_poisson(frequencies: Mapping[int, int]) -> SingleEstimate:
    """All people, if each has the same rate of being seen and sightings are independent.

    rate / (1 - exp(-rate)) is the mean number of sightings of those seen; N = n / (1 - exp(-rate)).

    Raises
    ------
    NoEstimate
        Where nobody was seen twice.

    References
    ----------
    vanderheijden2003
    """
    _, n, sightings = _totals(frequencies)
    mean = sightings / n
    if mean <= 1.0:
        raise NoEstimate("nobody was seen twice: the rate is zero and the size has no bound")
    rate = _root(lambda r: r / -math.expm1(-r) - mean, 1e-12, mean)
    none = math.exp(-rate)
    information = n * mean / rate**2 - n * none / (1.0 - none) ** 2
    n_hat, se = _horvitz_thompson(n, 1.0 - none, none, 1.0 / information)
    return SingleEstimate("truncated-poisson", n, n_hat, se, "vanderheijden2003", {"rate": rate})


def chao(frequencies: Mapping[int, int]) -> SingleEstimate:
    """The lower bound n + f1^2 / (2 f2): right where rates are equal, too low where they differ.

    Raises
    ------
    NoEstimate
        Where nobody was seen exactly twice.

    References
    ----------
    chao1987
    """
    checked, n, _ = _totals(frequencies)
    once, twice = checked.get(1, 0), checked.get(2, 0)
    if not twice:
        raise NoEstimate("nobody was seen exactly twice, which the bound divides by")
    ratio = once / twice
    variance = twice * (ratio**4 / 4.0 + ratio**3 + ratio**2 / 2.0)
    n_hat = n + once**2 / (2.0 * twice)
    note = "a lower bound where rates differ between people"
    return SingleEstimate("chao", n, n_hat, math.sqrt(variance), "chao1987", note=note)


def zelterman(frequencies: Mapping[int, int]) -> SingleEstimate:
    """N = n / (1 - exp(-2 f2 / f1)): the rate of those seen once or twice, who resemble those never seen.

    Raises
    ------
    NoEstimate
        Where nobody was seen exactly once or exactly twice.

    References
    ----------
    zelterman1988, boehning2008
    """
    checked, n, _ = _totals(frequencies)
    once, twice = checked.get(1, 0), checked.get(2, 0)
    if not (once and twice):
        raise NoEstimate("nobody was seen exactly once, or nobody exactly twice")
    rate = 2.0 * twice / once
    variance = rate**2 * (1.0 / once + 1.0 / twice)
    n_hat, se = _horvitz_thompson(n, -math.expm1(-rate), math.exp(-rate), variance)
    return SingleEstimate("zelterman", n, n_hat, se, "zelterman1988", {"rate": rate})


def geometric(frequencies: Mapping[int, int]) -> SingleEstimate:
    """All people, if rates are spread exponentially: N = n / (1 - n / sightings), sightings geometric.

    Raises
    ------
    NoEstimate
        Where nobody was seen twice.

    References
    ----------
    niwitpong2013
    """
    _, n, sightings = _totals(frequencies)
    if sightings <= n:
        raise NoEstimate("nobody was seen twice: the mean rate is zero and the size has no bound")
    never = n / sightings  # P(0) of the geometric distribution, by maximum likelihood
    variance = never**2 * (1.0 - never) / n
    n_hat, se = _horvitz_thompson(n, 1.0 - never, 1.0, variance)
    return SingleEstimate("geometric", n, n_hat, se, "niwitpong2013", {"mean rate": 1.0 / never - 1.0})


def one_inflated(frequencies: Mapping[int, int]) -> SingleEstimate:
    """All people, if some of those seen once can never be seen again, by what the first sighting did.

    Of people seen, a share w is seen exactly once by nature; the others are Poisson without zero. Then counts
    from two on alone say the rate, and N = n / (1 - exp(-rate)). The share is not let below zero: without an
    excess of ones the answer is the zero-truncated Poisson's.

    Raises
    ------
    NoEstimate
        Where nobody was seen three times or more.

    References
    ----------
    godwinboehning2017
    """
    checked, n, sightings = _totals(frequencies)
    once = checked.get(1, 0)
    again = n - once
    if not again or sightings - once <= 2 * again:
        raise NoEstimate("nobody was seen three times or more: the rate of the others is zero")
    mean = (sightings - once) / again

    def mean_from_two(rate: float) -> float:
        return rate * -math.expm1(-rate) / -math.expm1(-rate + math.log1p(rate))

    # Below 1e-4 the mean is 2 + rate / 3 to rounding, and the quotient loses its digits.
    rate = 3.0 * (mean - 2.0)
    if rate > 1e-4:
        rate = _root(lambda r: mean_from_two(r) - mean, 1e-5, mean)
    seen = -math.expm1(-rate)
    share_once = rate * math.exp(-rate) / seen
    inflation = (once / n - share_once) / (1.0 - share_once)
    if inflation <= 0.0:
        plain = truncated_poisson(checked)
        note = "no more ones than a Poisson distribution has: the zero-truncated Poisson's answer"
        return SingleEstimate(
            "one-inflated", n, plain.n_hat, plain.se, "godwinboehning2017",
            {**plain.parameters, "inflation": 0.0}, note,
        )  # fmt: skip
    variance = 1.0 / _information_from_two(again, mean, rate)
    n_hat, se = _horvitz_thompson(n, seen, math.exp(-rate), variance)
    parameters = {"rate": rate, "inflation": inflation}
    return SingleEstimate("one-inflated", n, n_hat, se, "godwinboehning2017", parameters)


def _information_from_two(people: int, mean: float, rate: float) -> float:
    """Observed information on the rate in counts from two on.

    The log-likelihood is people (mean log r - r - log q), q = 1 - exp(-r)(1 + r), with q' = r exp(-r).
    """
    none = math.exp(-rate)
    q = 1.0 - none * (1.0 + rate)
    first = rate * none / q
    second = (1.0 - rate) * none / q - first**2
    return people * (mean / rate**2 + second)


ESTIMATORS: dict[str, Callable[[Mapping[int, int]], SingleEstimate]] = {
    "truncated-poisson": truncated_poisson,
    "chao": chao,
    "zelterman": zelterman,
    "geometric": geometric,
    "one-inflated": one_inflated,
}
"""name -> estimator, in the order of the table."""


def estimate_all(frequencies: Mapping[int, int]) -> tuple[Specification, ...]:
    """A row for each single-list estimator, sample coverage last; one without an answer has its reason.

    Parameters
    ----------
    frequencies : times seen -> people seen exactly so often.

    Raises
    ------
    DataError
        Y232 for a count or times that cannot be, Y236 where nobody was seen.

    Examples
    --------
    >>> from yupana.evidence.populations.single import estimate_all
    >>> rows = estimate_all({1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1})
    >>> [(row.method, round(row.n_hat)) for row in rows[:2]]
    [('truncated-poisson', 7080), ('chao', 9274)]
    """
    from yupana.evidence.populations.coverage import chao_lee  # it reads frequencies with this module

    checked = check_frequencies(frequencies)
    rows = []
    for method, estimator in ESTIMATORS.items():
        try:
            rows.append(estimator(checked).specification())
        except NoEstimate as reason:
            rows.append(Specification(method, "", (), None, None, None, str(reason), LABELS[method]))
    return (*rows, chao_lee(checked))
