"""Rival models of a pack compared: fitted to one year after another, scored on the next and figures left out.

Every rival is a restriction of the pack (rival_models.yaml). Its draws come from those of the pack's own
priors at the same origin (:mod:`yupana.fit.restricted`). Each result is a file of the comparison's folder, so
that a comparison that was killed goes on where it stood.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.analysis.rival_clock import Clock, OnStep
from yupana.analysis.rival_scores import Comparison, Scores, answer
from yupana.analysis.rival_work import (
    PACK,
    RESULT,
    Work,
    deciding,
    rival_key,
)
from yupana.analysis.stacking import leave_one_out, log_mean_density
from yupana.core.errors import DataError
from yupana.core.files import locked, read_json, write_json
from yupana.core.hashing import content_hash
from yupana.fit import ahead
from yupana.fit.restricted import Restriction, draw_restricted, restriction_of
from yupana.fit.store import read_arrays, write_arrays

if TYPE_CHECKING:
    from yupana.evidence.schema_rival_models import RivalModel
    from yupana.fit.posterior import Posterior
    from yupana.study import Study

LAST_TIMES = 2  # draws of the last year over those of an origin, where a fit gives so many
SCORING = ("fit/restricted.py", "fit/ahead.py", "analysis/stacking.py", "analysis/rival_scores.py")
"""Source files that decide scores and weights, beside those that decide draws."""


def compare(work: Work, on_step: OnStep | None = None) -> Comparison:
    """Return what the scores say of every question, going on from what the folder holds.

    Raises
    ------
    EnvironmentFault
        If a file cannot be written; finished steps stay.
    UsageError
        Y105 if another process writes the same comparison.
    """
    clock = Clock(_steps(work), on_step)
    with locked(work.folder):
        base: ahead.Base | None = None
        for year in range(work.request.first, work.request.until + 1):
            base = _base(work, year, base, clock)
            for name in work.rivals:
                if not _path(work, name, year).is_file():
                    clock.begin(f"{name}, figures to {year}")
                    write_json(_path(work, name, year), _score(work, name, year, base))
                    clock.end("rival", year)
        found = _result(work)
        write_json(work.folder / RESULT, found.to_json())
    return found


# --- steps ------------------------------------------------------------------------------------------------


def _path(work: Work, name: str, year: int) -> Path:
    return work.folder / f"{name}-{year}.json"


def draws_path(folder: Path, name: str) -> Path:
    """Return the file of a rival's draws in the last year."""
    return folder / f"{name}.npz"


def _steps(work: Work) -> list[tuple[str, int]]:
    """Return the steps that are still to be done: kind and year."""
    todo = []
    for year in range(work.request.first, work.request.until + 1):
        if not (work.folder / f"base-{year}.npz").is_file():
            todo.append(("first" if year == work.request.first else "next", year))
        todo += [("rival", year) for name in work.rivals if not _path(work, name, year).is_file()]
    return todo


def _base(work: Work, year: int, before: ahead.Base | None, clock: Clock) -> ahead.Base:
    """Return the draws at an origin, from their file where it stands."""
    path = work.folder / f"base-{year}.npz"
    posterior, seed = work.posteriors[year], work.request.seed
    if path.is_file():
        try:
            kept = read_arrays(path)
            return ahead.Base(posterior, kept["mode"], kept["weighted"], kept["points"].astype(np.float64))
        except DataError:
            path.unlink()  # damaged: it is made anew
            clock.todo.append(("next" if before else "first", year))
    clock.begin(f"all figures to {year}")
    if year == work.request.until and work.given is not None:
        count = min(work.given.count, LAST_TIMES * work.request.draws)
        places = np.linspace(0, work.given.count - 1, count).astype(int)
        fresh = posterior.space.draw(seed, 0, count)
        points = ahead.extend(work.given.points[:, places], work.given.space, posterior.space, fresh)
        found = ahead.given_base(posterior, points)
    elif before is None:
        found = ahead.first_base(posterior, work.request.draws, seed)
    else:
        found = ahead.next_base(before, posterior, seed + year)
    points = found.points.astype(np.float32)
    write_arrays(path, {"mode": found.mode, "weighted": found.weighted, "points": points})
    clock.end("first" if before is None else "next", year)
    # what a comparison that was killed reads back is what this one goes on with
    return ahead.Base(posterior, found.mode, found.weighted, points.astype(np.float64))


def _score(work: Work, name: str, year: int, base: ahead.Base) -> dict[str, Any]:
    """Return the scores of a rival at an origin, or in the last year those of figures left out."""
    began = time.monotonic()
    posterior, rival, seed = base.posterior, work.rivals[name], work.request.seed
    found = draw_restricted(posterior, base.normal, base.points, _restriction(posterior, rival), seed)
    body: dict[str, Any] = {
        "rival": name,
        "year": year,
        "log_evidence": found.evidence,
        "shares": list(found.shares),
        "moves": list(found.moves),
        "acceptance": list(found.acceptance),
        "distinct": float(np.unique(found.log_likelihood).size / found.log_likelihood.size),
    }
    if year < work.request.until:
        later = work.posteriors[year + 1]
        rows, each = ahead.next_year(
            later, found.points, posterior.space, _restriction(later, rival), seed + year
        )
        means, pulls = log_mean_density(each)
        by_draw = pulls.sum(axis=0).reshape(-1, ahead.REPEATS).mean(axis=1)
        noise = float(by_draw.std() / np.sqrt(by_draw.size))
        body |= {"rows": list(rows), "scores": means.tolist(), "noise": noise}
    else:
        each = ahead.log_densities(posterior, found.points)
        left = leave_one_out(each)
        body |= {
            "rows": [item.row for item in posterior.data.data],
            "scores": left.scores.tolist(),
            "shapes": [None if not np.isfinite(k) else float(k) for k in left.k],
            "noise": left.noise,
        }
        write_arrays(draws_path(work.folder, name), {"points": found.points.astype(np.float32)})
    return body | {"seconds": round(time.monotonic() - began, 2)}


def _restriction(posterior: Posterior, rival: RivalModel | None) -> Restriction:
    if rival is None:
        size = posterior.space.size
        return Restriction(np.zeros(size), np.ones(size))
    return restriction_of(posterior.space, rival)


# --- all together -----------------------------------------------------------------------------------------


def _result(work: Work) -> Comparison:
    read = {
        name: [_read(work, name, year) for year in range(work.request.first, work.request.until + 1)]
        for name in work.rivals
    }
    scores = {name: _scores(found) for name, found in read.items()}
    answers = []
    for question in work.questions:
        keys = {rival.id: rival_key(question.id, rival) for rival in question.rivals}
        answers.append(
            answer(
                question.id,
                question.question,
                question.form,
                [(rival.id, rival.words) for rival in question.rivals],
                {id: scores[key] for id, key in keys.items()},
                work.request.seed,
            )
        )
    own = read[PACK]
    return Comparison(
        pack=work.study.pack.id,
        stamp=comparison_stamp(work.study),
        until=work.request.until,
        origins=tuple(work.request.origins),
        draws=work.request.draws,
        seed=work.request.seed,
        figures=len(own[-1]["rows"]),
        figures_ahead=sum(len(one["rows"]) for one in own[:-1]),
        answers=tuple(answers),
        fit=None if work.given is None else work.given.fit,
        failed=() if work.given is None else tuple(work.given.failed),
    )


def comparison_stamp(study: Study) -> str:
    """Return the hash of what decides a comparison's numbers: draws, rivals, and how they are scored."""
    from yupana.fit.stamp import SIZE, source_hash, stamp

    root = Path(__file__).resolve().parent.parent
    code = {name: source_hash((root / name).read_text(encoding="utf-8")) for name in SCORING}
    rivals = [deciding(question) for question in study.pack.rival_models]
    return content_hash({"fit": stamp(study.pack), "code": code, "rivals": rivals})[:SIZE]


def _read(work: Work, name: str, year: int) -> dict[str, Any]:
    found = read_json(_path(work, name, year))
    if found is None:
        raise DataError(
            "a result of the comparison cannot be read",
            code="Y403",
            where=str(_path(work, name, year)),
            fix="delete the file and go on with --resume",
        )
    return found


def _scores(found: Sequence[dict[str, Any]]) -> Scores:
    *every, last = found
    years = [one for one in every if one["rows"]]  # a year without a figure is no unit
    shapes = [np.nan if k is None else k for k in last["shapes"]]
    return Scores(
        years=np.array([sum(one["scores"]) for one in years]),
        year_noise=np.array([one["noise"] for one in years]),
        figures=np.array(last["scores"]),
        figure_noise=float(last["noise"]),
        shapes=np.nan_to_num(np.array(shapes, dtype=float), nan=-1.0),
        log_evidence=float(last["log_evidence"]),
    )
