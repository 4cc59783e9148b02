"""A fit from start to end: the mode, the draws by one of the methods, the gates; a stopped one can go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.core.files import locked
from yupana.core.settings import default
from yupana.fit import blocks, gates, particles, smc, starts, store
from yupana.fit.build import build_posterior
from yupana.fit.centred import about_mode, centred
from yupana.fit.compiled import compiled
from yupana.fit.draws import PosteriorDraws
from yupana.fit.halved import halved_gate
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import Posterior, _key
from yupana.fit.samplers import Settling, Tempered
from yupana.model.variables import kinds

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.model import Config
    from yupana.params import PriorSet

OnProgress = Callable[[str, float, float], None]
"""Told what is being done, the share done (0 to 1) and the seconds since the start."""


APART = 512
"""Draws from which repetitions and searches are processes: a shorter fit is over before they have begun."""


@dataclass(frozen=True)
class Request:
    """What a user asks of a fit.

    Attributes
    ----------
    until : last year of the figures. method : ``"blocks"``, ``"smc"``, ``"laplace"``, ``"nuts"``.
    draws : of all chains together. chains : independent repetitions, compared by R-hat.
    seed : of all numbers.
    """

    until: int
    method: str
    draws: int
    chains: int
    seed: int

    @property
    def apart(self) -> bool:
        """Whether repetitions and searches are processes of their own."""
        return self.method in ("blocks", "nuts") and self.draws >= APART


def run_fit(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    request: Request,
    recipe: dict[str, Any],
    folder: Path,
    threads: int = default("threads"),
    on_progress: OnProgress | None = None,
    start: Mapping[str, float] | None = None,
    thorough: bool = True,
) -> store.FitRecord:
    """Return the record of a finished fit, going on from what the folder holds of the same fit.

    Parameters
    ----------
    start : coordinate -> where the search for its mode begins; the prior's centre where nothing is said.
    thorough : whether other modes are searched for, and half the time step is tried.

    Raises
    ------
    EnvironmentFault
        If a file cannot be written; finished stages stay.
    UsageError
        If another process writes the same fit.
    """
    began = time.monotonic()

    def tell(what: str, share: float) -> None:
        if on_progress:
            on_progress(what, share, time.monotonic() - began)

    record = store.FitRecord(recipe, store.RUNNING)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        record.write(folder)
        stage = store.read_stage(folder) or {}
        quick = build_posterior(pack, config, priors, request.until, "float32", threads)
        exact = build_posterior(pack, config, priors, request.until, "float64", threads)
        mode, weighted = _mode(exact, stage, folder, tell, start)
        normal = approximate(mode, weighted)
        thorough = thorough and request.method != "laplace"  # a first look does without
        swift = _swift(quick) if request.method in ("blocks", "nuts") else quick
        others = _others(swift, normal, request, folder, tell) if thorough else []
        begun = starts.begun_from(others, request.chains) if request.method == "blocks" else []
        points, found, more = _draws(exact, swift, normal, (others, begun), request, folder, tell)
        figures = quick.log_figures(points)
        found += _record_gates(quick, points, figures, request.seed)
        if thorough:
            found.append(starts.other_mode_gate(others, begun))
            tell("half the time step", 0.0)
            found.append(halved_gate(quick, points))
        digest = store.write_arrays(
            folder / store.DRAWS, {"points": points.astype(np.float32), "mode": mode, "figures": figures}
        )
        about = describe(exact, normal, points, time.monotonic() - began) | more
        record = replace(
            record,
            status=store.FINISHED,
            gates=tuple(gate.to_json() for gate in found),
            about=about,
            digest=digest,
        )
        record.write(folder)
        (folder / store.STAGE).unlink(missing_ok=True)
    return record


def _swift(posterior: Posterior) -> Posterior:
    """Return the posterior with a program of its own, which needs figures of more than the ends of years."""
    kind = kinds()
    at_ends = all(kind.get(_key(item.variable)[0]) == "stock" for item in posterior.data.data)
    return posterior if at_ends else compiled(posterior)


def _draws(
    exact: Posterior,
    quick: Posterior,
    normal: Normal,
    modes: tuple[list[starts.Mode], list[starts.Mode]],
    request: Request,
    folder: Path,
    tell: Callable[[str, float], None],
) -> tuple[np.ndarray, list[gates.Gate], dict[str, Any]]:
    """Return draws by the method asked for, the gates on how they came about, and what the record says of it.

    Parameters
    ----------
    exact, quick : the posterior in double and in single precision.
    modes : the other modes known, those at which particles begin.
    """
    if request.method == "nuts":
        return _nuts(exact, quick, normal, modes[0], request, folder, tell)
    if request.method == "laplace":
        return (*_laplace(quick, normal, request, tell), {})
    return (*_particles(quick, normal, modes, request, folder, tell), {})


def _record_gates(
    posterior: Posterior, points: np.ndarray, figures: np.ndarray, seed: int
) -> list[gates.Gate]:
    """Return whether the draws could have made the record, and how far they left the priors."""
    return [
        gates.shift_gate(posterior.space.names, points),
        *gates.predictive_gates(posterior, points, figures, seed),
        gates.furthest_gate(posterior, points, figures, seed),
        gates.copies_gate(posterior.data),
    ]


def _mode(
    posterior: Posterior,
    stage: dict[str, np.ndarray],
    folder: Path,
    tell: Callable[[str, float], None],
    start: Mapping[str, float] | None,
) -> tuple[np.ndarray, np.ndarray]:
    if "weighted" in stage:
        return stage["mode"], stage["weighted"]
    tell("mode", 0.0)
    most = 12
    mode, weighted = find_mode(
        posterior,
        np.array([(start or {}).get(name, 0.0) for name in posterior.space.names]),
        most,
        on_step=lambda step, _: tell("mode", (step + 1) / most),
    )
    store.write_arrays(folder / store.STAGE, {"mode": mode, "weighted": weighted})
    return mode, weighted


def _others(
    posterior: Posterior, normal: Normal, request: Request, folder: Path, tell: Callable[[str, float], None]
) -> list[starts.Mode]:
    """Return modes that other starts lead to, from the stage where it holds them."""
    stage = dict(store.read_stage(folder) or {})
    if "other_shares" not in stage:
        tell("other modes", 0.0)
        found = starts.other_modes(
            posterior,
            normal,
            request.seed,
            on_search=lambda share: tell("other modes", share),
            apart=request.apart,
        )
        stage["other_shares"] = np.array([mode.share for mode in found])
        for i, mode in enumerate(found):
            stage[f"other_point{i}"], stage[f"other_weighted{i}"] = mode.point, mode.weighted
        store.write_arrays(folder / store.STAGE, stage)
    return [
        starts.Mode(stage[f"other_point{i}"], stage[f"other_weighted{i}"], float(share))
        for i, share in enumerate(stage["other_shares"])
    ]


def _particles(
    posterior: Posterior,
    normal: Normal,
    modes: tuple[list[starts.Mode], list[starts.Mode]],
    request: Request,
    folder: Path,
    tell: Callable[[str, float], None],
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return draws by particles, and the gates on them."""
    wanted = (request.draws, request.chains, request.seed)
    if request.method == "smc":
        compared = particles.compared(normal)
        return particles.draw(posterior, Tempered(normal), compared, wanted, folder, tell)
    sampler, compared = _settling(normal, *modes)
    return particles.draw(posterior, sampler, compared, wanted, folder, tell, request.apart)


def _settling(
    normal: Normal, others: list[starts.Mode], begun: list[starts.Mode]
) -> tuple[Settling, np.ndarray]:
    """Return rounds of moves between the modes, and the directions in which repetitions are compared."""
    ways = [other.point - normal.mean for other in others]
    normals = [normal, *(other.normal for other in begun)]
    sampler = Settling(normals, np.array(ways).T if ways else None)
    return sampler, particles.compared(normal, ways)


def _laplace(
    posterior: Posterior, normal: Normal, request: Request, tell: Callable[[str, float], None]
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return draws of the normal approximation, and how far it is from the posterior."""
    tell("draws", 0.0)
    cloud = smc.start_cloud(posterior, normal, request.draws, request.seed)
    ratio = cloud.log_target - cloud.log_start
    tell("draws", 1.0)
    return cloud.points, [gates.pareto_gate(ratio)]


def _nuts(
    posterior: Posterior,
    quick: Posterior,
    normal: Normal,
    others: list[starts.Mode],
    request: Request,
    folder: Path,
    tell: Callable[[str, float], None],
) -> tuple[np.ndarray, list[gates.Gate], dict[str, Any]]:
    """Return the draws of all chains, the gates on them, and how they went.

    Scales and starts are those of a short run by `blocks`: coordinates of a cloud that is too narrow, as a
    tempered one, make the widest directions three times as long as the rest.
    """
    from yupana.fit import chains, nuts

    stage = dict(store.read_stage(folder) or {})
    if "pilot" not in stage:
        usual, compared = _settling(normal, others, [])
        sampler = chains.Glance(usual.normals, usual.ways)
        draws = chains.pilot(
            quick, sampler, compared, request.seed + 17, folder, lambda share: tell("pilot", share)
        )
        stage = {name: stage[name] for name in stage if name in ("mode", "weighted") or "other_" in name}
        stage["pilot"] = draws.astype(np.float64)
        store.write_arrays(folder / store.STAGE, stage)
    chosen = np.linspace(0, stage["pilot"].shape[1] - 1, request.chains).astype(int)
    figures = quick.log_figures(stage["pilot"])
    coordinates = centred(posterior, stage["pilot"], figures)
    there = coordinates.there(stage["pilot"], figures)
    about = blocks.about(about_mode(posterior, coordinates, there, stage["weighted"]), there)
    each = -(-request.draws // request.chains)
    found = chains.draw(
        posterior, coordinates, about, there[:, chosen], each, request.seed, stage, folder,
        lambda share: tell("draws", share),
    )  # fmt: skip
    points = found.points.reshape(-1, found.points.shape[-1]).T[:, : request.draws]
    return points, nuts.gates(found, normal), {"nuts": nuts.about(found)}


def describe(posterior: Posterior, normal: Normal, points: np.ndarray, seconds: float) -> dict[str, Any]:
    """Return what the record says beside the gates."""
    space = posterior.space
    moved = gates.contraction(points)
    order = np.argsort(-moved)
    return {
        "rows": [item.row for item in posterior.data.data],
        "left_out": dict(posterior.data.left_out),
        "years": list(space.years),
        "biases": list(space.biases),
        "bias_sds": [float(x) for x in space.bias_sds],
        "scales": dict(zip(space.scales, (float(x) for x in space.scale_sds), strict=True)),
        "coordinates": space.size,
        "informed": int((normal.eigenvalues > 1.0).sum()),
        "eigenvalues": [round(float(x), 4) for x in normal.eigenvalues[:60]],
        "contraction": {space.names[i]: round(float(moved[i]), 4) for i in order},
        "seconds": round(seconds, 1),
    }


def make_recipe(pack: Pack, config: Config, request: Request) -> dict[str, Any]:
    """Return everything that decides the draws: the pack as it is read, the request, the software."""
    from yupana.core.software import FITTING, software
    from yupana.fit.stamp import stamp

    return {
        "pack": pack.id,
        "pack_hash": pack.hash,
        "stamp": stamp(pack),
        "until": request.until,
        "method": request.method,
        "draws": request.draws,
        "chains": request.chains,
        "seed": request.seed,
        "steps_per_year": config.steps_per_year,
        "software": software(FITTING),
    }


def summary(record: store.FitRecord, folder: Path) -> dict[str, Any]:
    """Return a fit for machines: id, method, gates, and where it lies."""
    return {
        "fit": record.id,
        "pack": record.recipe["pack"],
        "until": record.recipe["until"],
        "method": record.recipe["method"],
        "gates": [dict(gate) for gate in record.gates],
        "folder": str(folder),
        "seconds": (record.about or {}).get("seconds"),
    }


def open_draws(folder: Path, config: Config, priors: PriorSet) -> PosteriorDraws:
    """Return the draws of a finished fit.

    Raises
    ------
    UsageError
        Y112 where the fit was not finished.
    DataError
        Y508 where the pack has other unknowns than the fit, Y403 where its draws are damaged.
    """
    from yupana.core.errors import DataError, UsageError
    from yupana.fit.space import Space

    record = store.read_record(folder)
    if record.status != store.FINISHED or record.about is None:
        raise UsageError(
            "the fit was not finished", code="Y112", where=str(folder), fix="go on with --resume"
        )
    arrays = store.read_arrays(folder / store.DRAWS, record.digest)
    years = tuple(int(year) for year in record.about["years"])
    biases = tuple(record.about["biases"])
    scales = record.about.get("scales", {})
    space = Space(
        priors, config, years, biases, np.array(record.about["bias_sds"]), tuple(scales),
        np.array(list(scales.values())),
    )  # fmt: skip
    if space.size != arrays["points"].shape[0] or set(space.names) != set(record.about["contraction"]):
        raise DataError(
            "the fit has other unknowns than the pack",
            code="Y508",
            where=str(folder),
            got=f"{arrays['points'].shape[0]} unknowns",
            expected=f"{space.size}",
        )
    points = arrays["points"].astype(np.float64)
    return PosteriorDraws(record.id, int(record.recipe["until"]), space, points, record.failed)
