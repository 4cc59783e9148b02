"""What the figures told of a number: the share of its prior spread that a fit removed, and the word for it.

The spread is the width of the interval from 5 to 95 percent, in logs where the number is positive:
contraction = 1 - (width under the posterior / width under the prior)^2, which for normal draws is the share
of variance that the figures removed. The words stand here and nowhere else.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yupana.core.settings import default

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.fit.draws import PosteriorDraws
    from yupana.model import Config
    from yupana.params import PriorSet

Floats = NDArray[np.float64]

PRIOR, MOSTLY_PRIOR, DATA = "prior", "mostly prior", "data"
GIVEN = "given"
"""Word for a number that hardly varies between prior draws: recorded or set, neither prior nor learnt."""
UNKNOWN = "not known"
SYMBOLS = {DATA: "●", MOSTLY_PRIOR: "◐", PRIOR: "○", GIVEN: "=", UNKNOWN: "?"}
"""Sign that stands for the word where there is no room for it."""
DOUBT = "~"
"""Sign before that of a word which the draws cannot tell from the next one."""

SOME, MUCH = 0.1, 0.5
"""Contraction from which a number is no longer marked prior, and from which it is marked data."""
HARDLY = 1e-3
"""Width of the prior interval, in logs or over its larger end, below which a number is taken as given."""
MOST_FOLD = 1e3
"""Fold between the ends of an interval above which no logs are taken: they count what is almost zero."""

DRAWS = 1024
SEED = 1
FEW = 256
"""Prior draws run for a number that nobody computed before."""
NAME = "prior_spread.npz"
FORMAT = 1
SHARE = "share: "  # before the key of a variable, in the file
ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Mark:
    """How much of a number is prior.

    Attributes
    ----------
    word : ``"prior"``, ``"mostly prior"``, ``"data"``, ``"given"`` or ``"not known"``.
    contraction : share of the prior variance removed; None where no such share exists. Below 0 the interval
        is wider than under the prior.
    about : whether the draws are too few to tell the word from the next one.
    """

    word: str
    contraction: float | None = None
    about: bool = False

    @property
    def sign(self) -> str:
        """The sign for the word, with that of doubt."""
        return f"{DOUBT if self.about else ''}{SYMBOLS[self.word]}"

    @property
    def text(self) -> str:
        """The word, with its doubt."""
        return f"about {self.word}" if self.about else self.word

    def to_json(self) -> dict[str, Any]:
        """Return the mark in plain types."""
        share = None if self.contraction is None else round(self.contraction, 2)
        return {"word": self.word, "contraction": share, "about": self.about}


ALL_PRIOR = Mark(PRIOR, 0.0)
NO_MARK = Mark(UNKNOWN)


def legend(words: Iterable[str], about: bool = False) -> str:
    """Return what the signs of `words` say, and the sign of doubt where there is any.

    Examples
    --------
    >>> legend(["prior", "data"], about=True)
    '● data, ○ prior, ~ about'
    """
    wanted = set(words)
    said = [f"{sign} {word}" for word, sign in SYMBOLS.items() if word in wanted]
    return ", ".join([*said, f"{DOUBT} about"] if about else said)


def contraction(before: ArrayLike, after: ArrayLike) -> Floats:
    """Return the share of the prior variance that the figures removed; NaN where nothing varies a priori.

    Parameters
    ----------
    before, after : (2, ...) 5 and 95 percent quantiles under the prior and under the posterior, one unit.

    Examples
    --------
    >>> contraction([-2.0, 2.0], [0.0, 2.0]).item()
    0.75
    """
    (low, high), (down, up) = (np.asarray(ends, dtype=np.float64) for ends in (before, after))
    with np.errstate(all="ignore"):
        logs = (low > 0.0) & (down > 0.0) & (high <= MOST_FOLD * low)
        wide = np.where(logs, np.log(high) - np.log(low), high - low)
        left = np.where(logs, np.log(up) - np.log(down), up - down)
        size = np.where(logs, 1.0, np.maximum(np.abs(low), np.abs(high)))
        share = np.maximum(1.0 - (left / wide) ** 2, -9.0)
        return np.where(wide > HARDLY * size, share, np.nan)


def word_of(share: float) -> str:
    """Return the word for a contraction; NaN is a number taken as given.

    Examples
    --------
    >>> word_of(0.05), word_of(0.3), word_of(0.8), word_of(float("nan"))
    ('prior', 'mostly prior', 'data', 'given')
    """
    if np.isnan(share):
        return GIVEN
    return PRIOR if share < SOME else MOSTLY_PRIOR if share < MUCH else DATA


def mark_of(share: float, error: float = 0.0) -> Mark:
    """Return the mark of a contraction with its standard error."""
    doubt = bool(min(abs(share - SOME), abs(share - MUCH)) < error)
    return Mark(word_of(share), None if np.isnan(share) else float(share), doubt)


def compare(before: ArrayLike, after: ArrayLike, counts: tuple[int, int] | None = None) -> Mark:
    """Return the mark of a number from its draws under the prior and under the posterior, each (draw,).

    Draws that are no number take no part. `counts` are the different draws among them; all if none.
    """
    samples = [np.asarray(draws, dtype=np.float64) for draws in (before, after)]
    samples = [draws[np.isfinite(draws)] for draws in samples]
    if min(draws.size for draws in samples) < 2:
        return NO_MARK
    share = contraction(*(np.quantile(draws, ENDS) for draws in samples)).item()
    return mark_of(share, standard_error(share, *(counts or (samples[0].size, samples[1].size))))


def standard_error(share: float, before: int, after: int) -> float:
    """Return the Monte Carlo standard error of a contraction, of so many normal draws.

    The width from 5 to 95 percent of n normal draws has a relative standard error of 0.89 / sqrt(n).
    """
    return float(2.0 * max(1.0 - share, 0.0) * 0.89 * np.sqrt(1.0 / before + 1.0 / after))


@dataclass(frozen=True, eq=False)
class Spread:
    """Intervals of every variable in the baseline.

    Attributes
    ----------
    start : first year. draws : that did not fail.
    ends : key of a variable -> (2, year, *places), 5 and 95 percent, in its unit.
    """

    start: int
    draws: int
    ends: Mapping[str, NDArray[np.float32]]


def prior_spread(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    draws: int = DRAWS,
    seed: int = SEED,
    end: int | None = None,
    threads: int = default("threads"),
) -> Spread:
    """Return the intervals of all variables under the priors in the baseline, to the year `end`.

    Parameters
    ----------
    pack, config, priors : of the study. draws : a multiple of 256. seed : of all random numbers.
    end : the pack's last year if none. threads : blocks computed at once.
    """
    return _spread(pack, config, priors, None, draws, seed, end or pack.end, threads)


def _spread(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    known: PosteriorDraws | None,
    draws: int,
    seed: int,
    end: int,
    threads: int,
) -> Spread:
    from yupana.fit.draws import FittedEngine
    from yupana.model import Engine, build_drivers, codes, compile_policy
    from yupana.model.engine import BLOCK

    drivers = build_drivers(pack, config, pack.start, end)
    policy = compile_policy(config, drivers, {})
    plain = Engine(config, "float32")
    engine: Any = FittedEngine(plain, known) if known else plain
    sampler: Any = known or priors

    def block(first: int) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
        noise = engine.draw_noise(seed, first, BLOCK, pack.start, end)
        found = engine.run(sampler.draw(seed, first, BLOCK, np.float32), drivers, policy, noise)
        return found.yearly, (np.asarray(found.code) & codes.FAILURES) == 0

    firsts = range(0, draws, BLOCK)
    parts = [block(firsts[0])]  # alone: it compiles what the others share
    with ThreadPoolExecutor(threads, thread_name_prefix="yupana") as pool:
        parts += pool.map(block, firsts[1:])
    fine = np.concatenate([good for _, good in parts])
    ends = {}
    for key in parts[0][0]:
        values = np.concatenate([np.asarray(yearly[key]) for yearly, _ in parts], axis=-1)[..., fine]
        ends[key] = np.quantile(values, ENDS, axis=-1).astype(np.float32)
    return Spread(pack.start, int(fine.sum()), ends)


@dataclass(frozen=True, eq=False)
class Informed:
    """What a fit told of every variable in the baseline, year by year.

    Attributes
    ----------
    fit : its address. start : first year.
    before, after : draws of the prior and different ones of the posterior that the intervals come from.
    shares : key of a variable -> (year, *places), contraction; NaN where the number is given.
    """

    fit: str
    start: int
    before: int
    after: int
    shares: Mapping[str, Floats]

    @property
    def end(self) -> int:
        """Last year."""
        return self.start + len(next(iter(self.shares.values()))) - 1


def informed_by(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    known: PosteriorDraws,
    folder: Path | None,
    end: int | None = None,
    threads: int = default("threads"),
    make: bool = True,
) -> Informed | None:
    """Return what a fit told: as stored beside its draws, else computed, and stored where that is allowed.

    What is stored holds for one state of code, pack and draws.

    Parameters
    ----------
    pack, config, priors : of the runs that the marks are for. known : draws of the fit.
    folder : of the fit; None for nowhere. end : last year wanted, the pack's if none.
    make : compute what is not stored; else None is returned.
    """
    last = max(pack.end, end or pack.end)
    facts = _facts(pack, config, known)
    found = None if folder is None else _read(folder / NAME, facts, last)
    if found is not None or not make:
        return found
    prior = prior_spread(pack, config, priors, end=last, threads=threads)
    draws = min(DRAWS, -(-known.count // FEW) * FEW)
    fitted = _spread(pack, config, priors, known, draws, SEED, last, threads)
    shares = {key: contraction(ends, fitted.ends[key]) for key, ends in prior.ends.items()}
    made = Informed(known.fit, pack.start, prior.draws, min(fitted.draws, known.count), shares)
    if folder is not None:
        _write(folder / NAME, facts, made, prior)
    return made


def _facts(pack: Pack, config: Config, known: PosteriorDraws) -> dict[str, Any]:
    """Return what stored intervals hold for."""
    from yupana.core.hashing import hash_bytes
    from yupana.fit.stamp import stamp

    return {
        "format": FORMAT,
        "fit": known.fit,
        "draws": hash_bytes(np.ascontiguousarray(known.points, dtype=np.float32).tobytes()),
        "stamp": stamp(pack),
        "steps_per_year": config.steps_per_year,
    }


def _read(path: Path, facts: Mapping[str, Any], last: int) -> Informed | None:
    from yupana.core.errors import DataError
    from yupana.fit.store import read_arrays

    if not path.is_file():
        return None
    try:
        arrays = read_arrays(path)
        header = json.loads(str(arrays.pop("header")))
        shares = {
            key.removeprefix(SHARE): np.asarray(value, dtype=np.float64)
            for key, value in arrays.items()
            if key.startswith(SHARE)
        }
        found = Informed(header["fit"], header["start"], header["before"], header["after"], shares)
    except (DataError, KeyError, ValueError):
        return None  # what is damaged is made anew
    same = all(header.get(name) == value for name, value in facts.items())
    return found if same and shares and found.end >= last else None


def _write(path: Path, facts: Mapping[str, Any], made: Informed, prior: Spread) -> None:
    from yupana.core.errors import EnvironmentFault
    from yupana.fit.store import write_arrays

    header = {**facts, "start": made.start, "before": made.before, "after": made.after}
    arrays: dict[str, Any] = {"header": json.dumps(header)}
    arrays |= {f"{SHARE}{key}": value.astype(np.float16) for key, value in made.shares.items()}
    arrays |= {f"prior: {key}": value for key, value in prior.ends.items()}
    # a shipped fit lies where nobody may write: the marks are made again next time
    with contextlib.suppress(EnvironmentFault):
        write_arrays(path, arrays)
