"""The table of specifications of a hidden population: every method that was asked for, each a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from yupana.core.errors import DataError, UsageError, did_you_mean
from yupana.core.names import listing
from yupana.evidence.populations.intervals import RESAMPLES, Interval, bca, check_kind, profile, resample
from yupana.evidence.populations.lists import CaptureTable
from yupana.evidence.populations.loglinear import OK, REASONS, Floats, fit, make_design, pairwise_design
from yupana.evidence.populations.selection import Choice, bic, family, fixed, smallest_bic, stepwise
from yupana.evidence.populations.specification import Specification

DEFAULT_METHODS = ("main-effects", "stepwise", "bic", "thresholding")
FEW_LISTS = 5
DEFAULT_OF_FEW = ("decomposable", "sample-coverage")
"""Methods that are added by default up to `FEW_LISTS` lists; above, they take too long or cannot be done."""
THRESHOLDS = (0.02, 0.001)
SHORTLIST = 50
"""Models, the best by BIC in the data, among which each resample chooses where all would take too long (fewer
above seven lists)."""

_ALL_IN_RESAMPLES = 128  # models up to which each resample chooses among all


@dataclass(frozen=True)
class Options:
    """How the rows of a table of specifications are made.

    Attributes
    ----------
    bootstrap : resamples of the BCa interval; 0 for the profile likelihood interval of the chosen model.
    kind : ``nonparametric`` (people seen, with replacement) or ``parametric`` (from the fitted model).
    seed : of the random numbers.
    thresholds : p values of ``stepwise``.
    bic_size : ``individuals`` or ``cells``, the n in BIC.
    models : terms of the models of the method ``model``, such as ``A:B+C``.
    """

    bootstrap: int = RESAMPLES
    kind: str = "nonparametric"
    seed: int = 0
    thresholds: tuple[float, ...] = THRESHOLDS
    bic_size: str = "individuals"
    models: tuple[str, ...] = ()


def specifications(
    table: CaptureTable | Mapping[int, int],
    methods: Sequence[str] | None = None,
    **options: object,
) -> tuple[Specification, ...]:
    """Every estimate of the whole population that was asked for, or why there is none.

    Parameters
    ----------
    table : people by lists, or by the number of times that they were seen.
    methods : names of `METHODS`, or of the methods for a single list; by default those that fit the table.
    options : fields of `Options`.

    Raises
    ------
    DataError
        Y234 where nobody stands on two lists.
    UsageError
        Y102 for an unknown method or option.

    Examples
    --------
    >>> table = CaptureTable.from_cells({"A": 40, "B": 30, "A+B": 6})
    >>> [round(row.n_hat) for row in specifications(table, ["main-effects"], bootstrap=0)]
    [276]
    """
    if not isinstance(table, CaptureTable):
        return _single(table, methods)
    chosen = _options(options)
    if not any(count for cell, count in enumerate(table.counts) if cell.bit_count() > 1):
        raise DataError(
            "no overlap at all: nobody stands on two lists", code="Y234",
            got=", ".join(f"{name} {table.overlap(1 << i):,}" for i, name in enumerate(table.names)),
            expected="people whom at least two lists saw",
        )  # fmt: skip
    few = DEFAULT_OF_FEW if table.lists <= FEW_LISTS else ()
    wanted: list[str] = [*DEFAULT_METHODS, *few] if methods is None else list(methods)
    if chosen.models and "model" not in wanted:
        wanted.append("model")
    for name in wanted:
        if name not in METHODS:
            raise UsageError(
                f"unknown method {name!r}", got=name, expected=listing(list(METHODS), 20),
                fix=did_you_mean(name, METHODS) or None,
            )  # fmt: skip
    return tuple(row for name in dict.fromkeys(wanted) for row in METHODS[name](table, chosen))


def _options(given: Mapping[str, object]) -> Options:
    known = Options.__dataclass_fields__
    for name in given:
        if name not in known:
            raise UsageError(f"unknown option {name!r}", got=name, expected=listing(list(known), 20),
                             fix=did_you_mean(name, known) or None)  # fmt: skip
    chosen = Options(**given)  # pyright: ignore[reportArgumentType]
    check_kind(chosen.kind)
    for threshold in chosen.thresholds:
        if not 0.0 < threshold < 1.0:
            raise UsageError("a threshold is no p value", got=threshold, expected="above 0 and below 1")
    if not 0 <= chosen.bootstrap <= 100_000:
        raise UsageError("resamples not usable", got=chosen.bootstrap, expected="0 to 100,000")
    return chosen


def interval_words(options: Options) -> str:
    """What the intervals of log-linear rows are."""
    if not options.bootstrap:
        words = "95 percent intervals: profile likelihood, the model taken as given"
    else:
        words = (
            f"95 percent intervals: BCa, {options.bootstrap:,} {options.kind} resamples, "
            "the choice of the model repeated in each"
        )
    return f"{words}; rows that are not log-linear say what theirs is"


# --- rows ------------------------------------------------------------------------------------------------


def _row(
    table: CaptureTable, options: Options, choose: Callable[[Floats], Choice], method: str, words: str,
    label: str, citation: str, note: str = "", chosen: Choice | None = None,
) -> Specification:  # fmt: skip
    """The row of a log-linear model that `choose` picks for any batch of tables."""
    counts = table.array[1:]
    chosen = chosen or choose(counts)
    status = int(chosen.fits.status[0])
    terms = tuple(table.term(mask) for mask in chosen.masks())
    if status != OK:
        return Specification(method, words, terms, None, None, None, REASONS[status], label, citation)
    n_hat = float(chosen.fits.n_hat[0])
    interval = _interval(counts, choose, chosen, n_hat, options)
    apart = [table.term(m) for m in chosen.masks() if m.bit_count() == 2 and not table.overlap(m)]
    said = f"no overlap, parameter minus infinity: {', '.join(apart)}" if apart else ""
    reason = "; ".join(part for part in (said, interval.note, note) if part)
    return Specification(method, words, terms, n_hat, interval.low, interval.high, reason, label, citation)


def _interval(
    counts: Floats, choose: Callable[[Floats], Choice], chosen: Choice, n_hat: float, options: Options
) -> Interval:
    if not options.bootstrap:
        return profile(chosen.design, counts, chosen.on[0], n_hat)
    fitted = chosen.fits.fitted[0] if options.kind == "parametric" else None
    tables = resample(counts, options.bootstrap, options.seed, fitted, n_hat)
    return bca(counts, lambda many: choose(many).fits.n_hat, tables)


def _main_effects(table: CaptureTable, options: Options) -> Iterator[Specification]:
    design = pairwise_design(table.lists)
    yield _row(
        table, options, lambda counts: fixed(design, counts), "main-effects", "", "main effects", "bishop1975"
    )


def _stepwise(table: CaptureTable, options: Options) -> Iterator[Specification]:
    for threshold in options.thresholds:

        def choose(counts: Floats, threshold: float = threshold) -> Choice:
            return stepwise(table.lists, counts, threshold)

        words = f"threshold {threshold:g}"
        yield _row(table, options, choose, "stepwise", words, f"stepwise, p {threshold:g}", "chan2021")


def _bic(table: CaptureTable, options: Options, kind: str = "pairwise") -> Iterator[Specification]:
    design, models, words = family(table, kind)
    counts = table.array[1:]
    values = bic(fit(design, counts, models), counts[None, :], options.bic_size)
    short, note = models, ""
    if len(models) > _ALL_IN_RESAMPLES or len(counts) > 128:
        most = int(np.clip(SHORTLIST * 128 / len(counts), 5, SHORTLIST))
        short = models[np.argsort(values, kind="stable")[:most]]
        if options.bootstrap:
            note = f"resamples choose among the {len(short)} models with the smallest BIC"
    best = models[[int(np.argmin(values))]]
    chosen = Choice(design, best, fit(design, counts, best))
    method = "bic" if kind == "pairwise" else f"bic-{kind}"

    def choose(many: Floats) -> Choice:
        return smallest_bic(design, short, many, options.bic_size)

    words = f"{words}, n = {options.bic_size}"
    yield _row(table, options, choose, method, words, f"BIC, {kind}", "silverman2024", note, chosen)


def _bic_hierarchical(table: CaptureTable, options: Options) -> Iterator[Specification]:
    yield from _bic(table, options, "hierarchical")


def _model(table: CaptureTable, options: Options) -> Iterator[Specification]:
    if not options.models:
        raise UsageError("the method `model` needs a model", expected="terms such as A:B+B:C")
    for text in options.models:
        named = [table.mask(term.strip()) for term in text.split("+") if term.strip()]
        masks = {part for mask in named for part in range(1, mask + 1) if part & mask == part}
        design = make_design(table.lists, [mask for mask in masks if mask.bit_count() > 1])
        masks = tuple(design.terms)

        def choose(counts: Floats, design: object = design, masks: tuple[int, ...] = masks) -> Choice:
            return fixed(design, counts, masks)  # pyright: ignore[reportArgumentType]

        label = f"model {text.strip() or 'main effects'}"
        yield _row(table, options, choose, "model", "as asked for", label, "bishop1975")


def _thresholding(table: CaptureTable, options: Options) -> Iterator[Specification]:
    from yupana.evidence.populations import thresholding as bayes

    words = f"threshold {bayes.THRESHOLD:g} sd, prior sd {bayes.PRIOR_SD:g} for pairs"
    posterior, kept = bayes.threshold_pairs(table, seed=options.seed)
    terms = tuple(table.term(mask) for mask in kept)
    label = "Bayesian thresholding"
    if posterior.effective < bayes.LEAST_EFFECTIVE:
        reason = (
            f"the posterior was not sampled well: {posterior.effective:.0f} effective draws, "
            f"{bayes.LEAST_EFFECTIVE:.0f} needed"
        )
        yield Specification("thresholding", words, terms, None, None, None, reason, label, "silverman2020")
        return
    low, middle, high = (table.n + posterior.quantile(share) for share in (0.025, 0.5, 0.975))
    reason = "median and 95 percent credible interval of the posterior, the pairs kept taken as given"
    yield Specification("thresholding", words, terms, middle, low, high, reason, label, "silverman2020")


def _decomposable(table: CaptureTable, options: Options) -> Iterator[Specification]:
    from yupana.evidence.populations.decomposable import MOST_LISTS, average_graphs

    label = "average over graphs"
    if table.lists > MOST_LISTS:
        reason = f"all decomposable graphs are taken of at most {MOST_LISTS} lists"
        yield Specification("decomposable", "", (), None, None, None, reason, label, "madiganyork1997")
        return
    yield replace(average_graphs(table).specification(), label=label)


def _sample_coverage(table: CaptureTable, options: Options) -> Iterator[Specification]:
    from yupana.evidence.populations.coverage import coverage_rows

    for row in coverage_rows(table, options.bootstrap or RESAMPLES, options.seed):
        yield replace(row, label=f"sample coverage, {row.options}")


def _latent_class(table: CaptureTable, options: Options) -> Iterator[Specification]:
    from yupana.evidence.populations import latent

    if table.lists < latent.FEWEST_LISTS:
        reason = f"latent classes need {latent.FEWEST_LISTS} lists"
        yield Specification("latent-class", "", (), None, None, None, reason, "latent classes")
        return
    yield replace(latent.fit_latent_classes(table, seed=options.seed).specification(), label="latent classes")


METHODS: dict[str, Callable[[CaptureTable, Options], Iterator[Specification]]] = {
    "main-effects": _main_effects,
    "stepwise": _stepwise,
    "bic": _bic,
    "bic-hierarchical": _bic_hierarchical,
    "thresholding": _thresholding,
    "decomposable": _decomposable,
    "sample-coverage": _sample_coverage,
    "latent-class": _latent_class,
    "model": _model,
}
"""Methods for several lists, by name."""


def _single(frequencies: Mapping[int, int], methods: Sequence[str] | None) -> tuple[Specification, ...]:
    from yupana.evidence.populations.single import estimate_all

    rows = tuple(estimate_all(frequencies))
    if methods is None:
        return rows
    known = list(dict.fromkeys(row.method for row in rows))
    for name in methods:
        if name not in known:
            raise UsageError(
                f"unknown method {name!r} for people counted by times seen", got=name,
                expected=listing(known, 20), fix=did_you_mean(name, known) or None,
            )  # fmt: skip
    return tuple(row for row in rows if row.method in methods)
