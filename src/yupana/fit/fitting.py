"""A fit from start to end: the mode, the draws by one of the methods, the gates; a stopped one can go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.core.files import locked
from yupana.fit import gates, smc, store
from yupana.fit.build import build_posterior
from yupana.fit.draws import PosteriorDraws
from yupana.fit.halved import halved_gate
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import Posterior

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.model import Config
    from yupana.params import PriorSet

OnProgress = Callable[[str, float, float], None]
"""Told what is being done, the share done (0 to 1) and the seconds since the start."""
USUAL_MOVES = 360
"""Moves of a particle in a fit of Peru: only the remaining time is told by it."""
WATCHED = ("coca_area", "leaf_price", "hcl_price", "seizures_home")


@dataclass(frozen=True)
class Request:
    """What a user asks of a fit.

    Attributes
    ----------
    until : last year of the figures. method : ``"smc"``, ``"laplace"``, ``"nuts"``.
    draws : of all chains together. chains : independent repetitions, compared by R-hat.
    seed : of all numbers.
    """

    until: int
    method: str
    draws: int
    chains: int
    seed: int


def run_fit(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    request: Request,
    recipe: dict[str, Any],
    folder: Path,
    threads: int = 2,
    on_progress: OnProgress | None = None,
    start: Mapping[str, float] | None = None,
) -> store.FitRecord:
    """Return the record of a finished fit, going on from what the folder holds of the same fit.

    Parameters
    ----------
    start : coordinate -> where the search for its mode begins; the prior's centre where nothing is said.

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

    if request.method == "nuts":
        from yupana.fit.nuts import prepare

        prepare()
    record = store.FitRecord(recipe, store.RUNNING)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        record.write(folder)
        exact = build_posterior(pack, config, priors, request.until, "float64", threads)
        stage = store.read_stage(folder) or {}
        mode, weighted = _mode(exact, stage, folder, tell, start)
        normal = approximate(mode, weighted)
        quick = build_posterior(pack, config, priors, request.until, "float32", threads)
        more: dict[str, Any] = {}
        if request.method == "nuts":
            points, found, more = _nuts(exact, normal, request, stage, folder, tell)
        elif request.method == "laplace":
            points, found = _laplace(quick, normal, request, tell)
        else:
            points, found = _smc(quick, normal, request, stage, folder, tell)
        figures = quick.log_figures(points)
        found.append(gates.shift_gate(quick.space.names, points))
        found += gates.predictive_gates(quick, points, figures, request.seed)
        found.append(gates.furthest_gate(quick, points, figures, request.seed))
        found.append(gates.copies_gate(quick.data))
        if request.method != "laplace":  # a first look does without
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


def _laplace(
    posterior: Posterior, normal: Normal, request: Request, tell: Callable[[str, float], None]
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return draws of the normal approximation, and how far it is from the posterior."""
    tell("draws", 0.0)
    cloud = smc.start_cloud(posterior, normal, request.draws, request.seed)
    ratio = cloud.log_target - cloud.log_start
    tell("draws", 1.0)
    return cloud.points, [gates.pareto_gate(ratio)]


def _smc(
    posterior: Posterior,
    normal: Normal,
    request: Request,
    stage: dict[str, np.ndarray],
    folder: Path,
    tell: Callable[[str, float], None],
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return the particles of independent repetitions, as many at once as threads, and the gates on their agreement."""
    each = -(-request.draws // request.chains)
    wide = normal.widened(smc.WIDE)
    known = _clouds(stage, request.chains)
    single = request.chains >= posterior.threads
    model = _Counted(**vars(posterior), on_run=_Moves(request.chains, known, tell).moved)
    if single:
        model = replace(model, threads=1)
    lock = Lock()

    def repetition(chain: int) -> smc.Cloud:
        seed = request.seed + 1_000_003 * (chain + 1)
        cloud = known[chain] or smc.start_cloud(model, wide, each, seed)

        def after(now: smc.Cloud) -> None:
            with lock:
                known[chain] = now
                _save(folder, stage, normal, known)

        after(cloud)
        return smc.run(model, wide, each, seed, cloud, after)

    with ThreadPoolExecutor(posterior.threads if single else 1) as pool:
        clouds = list(pool.map(repetition, range(request.chains)))
    chains = np.stack([_shuffled(cloud.points, request.seed + i) for i, cloud in enumerate(clouds)])
    informed = np.einsum("dk,cdn->cnk", normal.directions[:, :20], chains - normal.mean[None, :, None])
    names = [f"informed direction {i + 1}" for i in range(informed.shape[-1])]
    found = gates.chain_gates(informed, names)
    distinct = min(np.unique(cloud.log_target).size / cloud.log_target.size for cloud in clouds)
    found.append(gates.Gate("share of distinct draws", distinct, 0.9, "at least"))
    found.append(
        gates.Gate(
            "spread of the log evidence between repetitions",
            float(np.std([cloud.evidence for cloud in clouds], ddof=1)) if len(clouds) > 1 else np.nan,
            1.0,
            "at most",
        )
    )
    points = chains.transpose(1, 2, 0).reshape(chains.shape[1], -1)[:, : request.draws]
    return points, found


def _nuts(
    posterior: Posterior,
    normal: Normal,
    request: Request,
    stage: dict[str, np.ndarray],
    folder: Path,
    tell: Callable[[str, float], None],
) -> tuple[np.ndarray, list[gates.Gate], dict[str, Any]]:
    """Return the draws of all chains, the gates on them, and how they went."""
    from yupana.fit import nuts
    from yupana.fit.gradient import Gradient

    start = {name: (store.read_stage(folder) or stage)[name] for name in ("mode", "weighted")}

    def save(arrays: dict[str, np.ndarray]) -> None:
        store.write_arrays(folder / store.STAGE, start | arrays)

    each = -(-request.draws // request.chains)
    chains = nuts.run(
        Gradient(posterior),
        normal,
        request.chains,
        each,
        request.seed,
        saved=stage,
        save=save,
        tell=lambda share: tell("draws", share),
    )
    points = chains.points.reshape(-1, chains.points.shape[-1]).T[:, : request.draws]
    return points, nuts.gates(chains, normal), {"nuts": nuts.about(chains)}


def _shuffled(points: np.ndarray, seed: int) -> np.ndarray:
    """Return particles in random order: the copies that resampling makes stand side by side before."""
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**33], dtype=np.uint64)))
    return points[:, rng.permutation(points.shape[1])]


_PARTS = ("points", "log_target", "log_start")


@dataclass(frozen=True, eq=False)
class _Counted(Posterior):
    """A posterior that tells of every run of particles."""

    on_run: Callable[[], None] = lambda: None

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        found = super().log_figures(z)
        self.on_run()
        return found


class _Moves:
    """How much of the particles' moves is done: against those of a usual fit."""

    def __init__(
        self, chains: int, known: list[smc.Cloud | None], tell: Callable[[str, float], None]
    ) -> None:
        self.all, self.tell, self.lock = chains * USUAL_MOVES, tell, Lock()
        self.done = sum(sum(cloud.moves) + 1 for cloud in known if cloud)

    def moved(self) -> None:
        with self.lock:
            self.done += 1
            self.tell("draws", min(self.done / self.all, 0.99))


def _save(
    folder: Path, stage: dict[str, np.ndarray], normal: Normal, clouds: Sequence[smc.Cloud | None]
) -> None:
    kept = store.read_stage(folder) or stage
    arrays: dict[str, Any] = {name: kept[name] for name in ("mode", "weighted")}
    for i, cloud in enumerate(clouds):
        if cloud is None:
            continue
        arrays |= {f"{part}_{i}": getattr(cloud, part) for part in _PARTS}
        arrays[f"state_{i}"] = [cloud.stage, cloud.temperature, cloud.step, cloud.evidence]
        arrays[f"acceptance_{i}"], arrays[f"moves_{i}"] = cloud.acceptance, cloud.moves
    store.write_arrays(folder / store.STAGE, arrays)


def _clouds(stage: dict[str, np.ndarray], chains: int) -> list[smc.Cloud | None]:
    found: list[smc.Cloud | None] = []
    for i in range(chains):
        if f"state_{i}" not in stage:
            found.append(None)
            continue
        number, temperature, step, evidence = (float(x) for x in stage[f"state_{i}"])
        found.append(
            smc.Cloud(
                stage=int(number),
                temperature=temperature,
                points=stage[f"points_{i}"],
                log_target=stage[f"log_target_{i}"],
                log_start=stage[f"log_start_{i}"],
                step=step,
                evidence=evidence,
                acceptance=tuple(float(x) for x in stage[f"acceptance_{i}"]),
                moves=tuple(int(x) for x in stage[f"moves_{i}"]),
            )
        )
    return found


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
