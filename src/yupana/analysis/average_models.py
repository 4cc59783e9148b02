"""Draws from the rivals of one question together, each by its stacking weight: a fit like any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.analysis.compare_models import draws_path
from yupana.analysis.rival_work import rival_key
from yupana.fit import fitting, gates, store
from yupana.fit.laplace import approximate

if TYPE_CHECKING:
    from yupana.analysis.rival_scores import Comparison
    from yupana.analysis.rival_work import Work

METHOD = "stacked"


def shares(weights: np.ndarray, count: int) -> np.ndarray:
    """Return how many of `count` draws each rival gives, (rival,) int, by largest remainders."""
    exact = weights / weights.sum() * count
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: count - whole.sum()]] += 1
    return whole


def mixture(points: list[np.ndarray], weights: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return draws of the mixture, (coordinate, count), in random order.

    Parameters
    ----------
    points : (coordinate, draw) of each rival. weights : (rival,).
    """
    rng = np.random.Generator(np.random.Philox(seed))
    parts = [
        one[:, rng.permutation(one.shape[1])[:number]]
        for one, number in zip(points, shares(weights, count), strict=True)
    ]
    joined = np.concatenate(parts, axis=1)
    return joined[:, rng.permutation(joined.shape[1])]


def average(work: Work, found: Comparison, question: str) -> Path:
    """Write draws of a question's rivals by their stacking weights as a fit, and return its folder.

    Every verb that takes a fit takes this one. Its gates are those that a mixture can be held to: that the
    record is no stranger than made ones. Whether to average rivals at all is said by their errors.
    """
    one = next(item for item in work.questions if item.id == question)
    scores = next(item for item in found.answers if item.id == question)
    weights = np.array([rival.ahead.weight for rival in scores.rivals])
    points = [
        store.read_arrays(draws_path(work.folder, rival_key(question, rival)))["points"].astype(np.float64)
        for rival in one.rivals
    ]
    request = fitting.Request(work.request.until, METHOD, work.request.draws, 1, work.request.seed)
    recipe = fitting.make_recipe(work.study.pack, work.study.config, request) | {
        "averaged": {
            "comparison": work.id,
            "question": question,
            "weights": {rival.id: float(w) for rival, w in zip(one.rivals, weights, strict=True)},
        }
    }
    record = store.FitRecord(recipe, store.RUNNING)
    folder = work.folder / f"average-{question}"
    done = store.check_free(folder, record, resume=True, named=True)
    if done is None:
        _write(work, folder, record, mixture(points, weights, work.request.draws, work.request.seed))
    return folder


def _write(work: Work, folder: Path, record: store.FitRecord, points: np.ndarray) -> None:
    posterior = work.posteriors[work.request.until]
    base: Any = store.read_arrays(work.folder / f"base-{work.request.until}.npz")
    figures = posterior.log_figures(points)
    found = gates.predictive_gates(posterior, points, figures, work.request.seed)
    folder.mkdir(parents=True, exist_ok=True)
    digest = store.write_arrays(
        folder / store.DRAWS,
        {"points": points.astype(np.float32), "mode": base["mode"], "figures": figures},
    )
    store.FitRecord(
        record.recipe,
        store.FINISHED,
        tuple(gate.to_json() for gate in found),
        fitting.describe(posterior, approximate(base["mode"], base["weighted"]), points, 0.0),
        digest,
    ).write(folder)
