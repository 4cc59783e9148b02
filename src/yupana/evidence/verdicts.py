"""The rules that turn evidence about one reading of a claim into a verdict.

The rules stand in one ordered table, :data:`RULES`; the first that applies decides. They see only a
:class:`Weighing`: how much of the evidence lies below, inside and above what the claim says, and how many
independent lineages speak. They never see the claim's words, its place or its year.

`docs/explanation/verdicts.md` prints the same table, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

#: probability from which a one-sided statement holds; the IPCC's "likely" begins here
HOLDS = 2 / 3
#: probability that must remain inside a two-sided band for it to hold; below it the evidence is too wide
ENOUGH = 1 / 3
#: probability that the claim errs in one direction, beyond which it is not supported ("extremely likely")
FAILS = 0.95

MEANINGS: dict[str, str] = {
    "consistent": "the evidence agrees with the statement within the tolerance it gives itself",
    "plausible-high": "the statement lies at the high end of the evidence: more likely too high than right",
    "plausible-low": "the statement lies at the low end of the evidence: more likely too low than right",
    "not supported": "the evidence lies almost wholly to one side of the statement, or says otherwise",
    "stale": "true of an earlier year, no longer true at the date of the statement",
    "definition-dependent": "holds under one definition and fails under another",
    "internally inconsistent": "the text's own numbers contradict one another",
    "undetermined": "the evidence does not suffice: none, unverified only, or too wide",
    "untraceable": "leads back to statements only; no measurement behind it was found",
}

VERDICTS = tuple(MEANINGS)
SILENT = ("undetermined", "untraceable")

#: lower end of the probability range and the calibrated word (IPCC guidance note, 2010)
LIKELIHOOD: tuple[tuple[float, str], ...] = (
    (0.99, "virtually certain"),
    (0.95, "extremely likely"),
    (0.90, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.10, "unlikely"),
    (0.05, "very unlikely"),
    (0.01, "extremely unlikely"),
    (0.00, "exceptionally unlikely"),
)


@dataclass(frozen=True)
class Weighing:
    """What the evidence says about one reading, in the only terms the rules may use.

    Parameters
    ----------
    form : {"band", "bound", "category"}
        A band has a lower and an upper end; a bound has one, or is a place in an order; a category has
        neither.
    below, holds, above : float or None
        Probability, 0 to 1, that the truth lies below the stated band (the claim is too high), inside it, or
        above it (too low). They sum to one; all None when nothing decides.
    deciding : int
        Independent lineages of at least medium confidence, or the text's own numbers, or model draws.
    unverified : int
        Rows of low confidence: shown, never deciding.
    repeats : int
        Rows that repeat the statement or its source and measure nothing.
    internal : bool
        True when only the text's own numbers are compared.
    earlier : bool
        True when the same test on the earlier years named by the reading comes out consistent.
    unlike : bool
        True when figures of unlike account or basis had to be put together.
    agree, speak : int
        Lineages that agree and that speak at all, for a category.
    """

    form: Literal["band", "bound", "category"]
    below: float | None = None
    holds: float | None = None
    above: float | None = None
    deciding: int = 0
    unverified: int = 0
    repeats: int = 0
    internal: bool = False
    earlier: bool = False
    unlike: bool = False
    agree: int = 0
    speak: int = 0


@dataclass(frozen=True)
class Rule:
    """One row of the decision table."""

    id: str
    verdict: str
    when: str
    applies: Callable[[Weighing], bool]


def _share(value: float | None) -> float:
    return 0.0 if value is None else value


def _fits(w: Weighing) -> bool:
    """Return whether the evidence agrees with the statement, whatever the other rules say."""
    if w.form == "category":
        return w.speak > 0 and w.agree == w.speak
    if w.form == "bound":
        return _share(w.holds) >= HOLDS
    return _share(w.holds) >= ENOUGH and max(_share(w.below), _share(w.above)) <= HOLDS


def _fails(w: Weighing) -> bool:
    """Return whether the evidence lies almost wholly to one side of the statement."""
    if w.form == "category":
        return w.speak > 0 and w.agree == 0
    return max(_share(w.below), _share(w.above)) > FAILS


def _leans(w: Weighing, side: float | None, other: float | None) -> bool:
    """Return whether the evidence leans to one side far enough to say so."""
    return _share(side) > _share(other) and (w.form == "bound" or _share(side) > HOLDS)


RULES: tuple[Rule, ...] = (
    Rule(
        "V1",
        "untraceable",
        "nothing decides, and the only rows repeat the statement or its source",
        lambda w: w.deciding == 0 and w.unverified == 0 and w.repeats > 0,
    ),
    Rule(
        "V2",
        "undetermined",
        "nothing decides: no row, only rows of low confidence, or a part of the test has none",
        lambda w: w.deciding == 0,
    ),
    Rule(
        "V3",
        "internally inconsistent",
        "only the text's own numbers are compared, and more than 95 percent lies to one side",
        lambda w: w.internal and _fails(w),
    ),
    Rule(
        "V4",
        "stale",
        "the statement fits the earlier years named by the reading and does not fit its own year",
        lambda w: w.earlier and not _fits(w),
    ),
    Rule(
        "V5",
        "definition-dependent",
        "the rows speak and disagree (category), or the statement fits only by adding unlike accounts",
        lambda w: (w.form == "category" and 0 < w.agree < w.speak) or (w.unlike and _fits(w)),
    ),
    Rule(
        "V6",
        "not supported",
        "more than 95 percent lies below, or above, the statement; or no row that speaks agrees (category)",
        _fails,
    ),
    Rule(
        "V7",
        "consistent",
        "one-sided or a rank: at least 2/3 holds; two-sided: at least 1/3 inside and at most 2/3 on either "
        "side; category: every row that speaks agrees",
        _fits,
    ),
    Rule(
        "V8",
        "plausible-high",
        "the larger part lies below the statement (two-sided: more than 2/3)",
        lambda w: _leans(w, w.below, w.above),
    ),
    Rule(
        "V9",
        "plausible-low",
        "the larger part lies above the statement (two-sided: more than 2/3)",
        lambda w: _leans(w, w.above, w.below),
    ),
    Rule(
        "V10",
        "undetermined",
        "two-sided: less than 1/3 inside and no side has more than 2/3: the evidence is too wide",
        lambda w: True,
    ),
)


def judge(weighing: Weighing) -> Rule:
    """Return the first rule of the table that applies; its `verdict` is the verdict of the reading.

    Parameters
    ----------
    weighing : Weighing
        What the evidence says.

    Examples
    --------
    >>> judge(Weighing("bound", below=0.1, holds=0.9, above=0.0, deciding=2)).verdict
    'consistent'
    """
    return next(rule for rule in RULES if rule.applies(weighing))


def combine_verdicts(verdicts: Iterable[str]) -> str:
    """Return the verdict of a claim from the verdicts of its readings.

    Readings that are undetermined or untraceable are silent. If those that speak agree, theirs is the verdict
    of the claim; if they differ, the claim is definition-dependent. If all are silent, it is undetermined,
    or untraceable when one of them is.

    Examples
    --------
    >>> combine_verdicts(["consistent", "undetermined", "not supported"])
    'definition-dependent'
    """
    seen = list(dict.fromkeys(verdicts))
    voiced = [verdict for verdict in seen if verdict not in SILENT]
    if len(voiced) == 1:
        return voiced[0]
    if voiced:
        return "definition-dependent"
    return "untraceable" if "untraceable" in seen else "undetermined"


@dataclass(frozen=True)
class Support:
    """How well one part of a test is founded.

    Parameters
    ----------
    lineages : int
        Independent lineages that decide.
    best : int
        Highest pedigree of a deciding row, 0 to 4.
    agreeing : float or None
        Share of pairs of lineages, 0 to 1, whose 90 percent intervals meet; None for fewer than two.
    """

    lineages: int
    best: int
    agreeing: float | None = None


#: how much evidence there is, least first
EVIDENCE = ("limited", "medium", "robust")
#: how far it agrees, least first
AGREEMENT = ("low", "medium", "high")
#: confidence by steps of evidence and agreement taken together (IPCC guidance note, 2010, figure 1)
CONFIDENCE = ("very low", "low", "medium", "high", "very high")
#: lineages, and pedigree of the best of them, from which evidence counts as robust
ROBUST = (3, 3)
#: confidence from which a probability gets a word
SPEAKS = "medium"


def evidence_of(support: Support) -> str:
    """Return how much evidence there is: robust, medium or limited.

    Robust: three independent lineages or more, one of pedigree 3 at least. Medium: two lineages, or one of
    pedigree 3 at least. Limited: anything less.
    """
    lineages, pedigree = ROBUST
    if support.lineages >= lineages and support.best >= pedigree:
        return "robust"
    return "medium" if support.lineages > 1 or (support.lineages and support.best >= pedigree) else "limited"


def agreement_of(support: Support) -> str:
    """Return how far lineages agree: high where the intervals of every pair meet, low where half or fewer do.

    A single lineage can neither agree nor disagree: medium.
    """
    if support.agreeing is None:
        return "medium"
    if support.agreeing >= 1.0:
        return "high"
    return "medium" if support.agreeing > 0.5 else "low"


def confidence_of(supports: Iterable[Support]) -> str | None:
    """Return the confidence in a test: that of its weakest part, None where it rests on no draws of evidence.

    References
    ----------
    Mastrandrea et al. (2010), guidance note on the treatment of uncertainties: `mastrandrea2010`.

    Examples
    --------
    >>> confidence_of([Support(lineages=3, best=4, agreeing=1.0), Support(lineages=1, best=3)])
    'medium'
    """
    steps = [
        EVIDENCE.index(evidence_of(each)) + AGREEMENT.index(agreement_of(each))
        for each in supports
        if each.lineages
    ]
    return CONFIDENCE[min(steps)] if steps else None


def likelihood_word(probability: float | None, confidence: str | None) -> str | None:
    """Return the calibrated word for a probability, 0 to 1; None without one, or below medium confidence.

    `confidence` is None for what rests on no draws of evidence: outcomes in words, prior draws of the model,
    the text's own numbers.

    References
    ----------
    Mastrandrea et al. (2010), guidance note on the treatment of uncertainties: `mastrandrea2010`.

    Examples
    --------
    >>> likelihood_word(0.7, "high"), likelihood_word(0.7, "low")
    ('likely', None)
    """
    if probability is None or confidence is None:
        return None
    if CONFIDENCE.index(confidence) < CONFIDENCE.index(SPEAKS):
        return None
    return next(word for lower, word in LIKELIHOOD if probability >= lower)
