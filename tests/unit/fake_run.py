"""A run without a model: a small engine with the interface of the real one, and runs made with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from yupana.core.streams import normals
from yupana.ensemble.columns import Columns
from yupana.ensemble.manifest import Manifest
from yupana.ensemble.recipe import Recipe
from yupana.ensemble.runner import Job, run_job

FAILED = 1
NOTE = 8
BASELINE_THEN_CUT = {"baseline": {}, "cut": {"area": {2012: ("multiple", 0.5)}}}


class Variable(NamedTuple):
    key: str
    name: str
    over: str | None
    unit: str
    kind: str
    meaning: str


VARIABLES = (
    Variable("area", "area", None, "ha", "stock", "area of all zones"),
    Variable("area[zone]", "area", "zone", "ha", "stock", "area"),
    Variable("price", "price", None, "USD/kg", "price", "price at the gate"),
    Variable("income[zone]", "income", "zone", "musd", "flow", "income"),
)
ZONES = ("north", "south", "west")
COLUMNS = Columns.of(VARIABLES, {"zone": ZONES, "market": ("abroad",)})


class Outcome(NamedTuple):
    yearly: dict[str, np.ndarray]
    monthly: dict[str, np.ndarray] | None
    code: np.ndarray


class Sampler:
    """Parameters addressed by draw number, as priors are."""

    def draw(self, seed: int, first: int, count: int, dtype: Any) -> dict[str, np.ndarray]:
        return {"level": np.exp(normals(seed, "level", first, count)).astype(dtype)}


@dataclass
class FakeEngine:
    """Area = level x zone x growth x lever + noise; draws named in `failing` end in a failure."""

    monthly: bool = False
    failing: tuple[int, ...] = ()
    blocks: list[tuple[int, int]] = field(default_factory=list)
    broken_at: int | None = None

    def draw_noise(self, seed: int, first: int, count: int, start: int, end: int) -> dict[str, Any]:
        years = range(start, end + 1)
        shocks = np.stack([normals(seed, f"shock/{year}", first, count) for year in years])
        return {"shock": shocks.astype(np.float32), "first": first, "years": years}

    def run(self, params: Any, drivers: Any, policy: Any, noise: Any) -> Outcome:
        first, years = noise["first"], list(noise["years"])
        if self.broken_at is not None and first >= self.broken_at:
            raise RuntimeError("the fake engine broke")
        self.blocks.append((first, noise["shock"].shape[1]))
        lever = np.ones(len(years), np.float32)
        for year, (_, value) in sorted(policy.get("area", {}).items()):
            lever[[i for i, y in enumerate(years) if y >= year]] = value
        share = np.array([1.0, 2.0, 3.0], np.float32)[None, :, None]
        base = params["level"][None, None] * lever[:, None, None] * np.exp(0.1 * noise["shock"][:, None])
        area = (1000.0 * share * base).astype(np.float32)
        yearly = {
            "area": area.sum(1),
            "area[zone]": area,
            "price": (2.0 / base[:, 0]).astype(np.float32),
            "income[zone]": area / 7.0 - 300.0,
        }
        draws = np.arange(first, first + area.shape[-1])
        code = np.where(np.isin(draws, self.failing), FAILED, 0).astype(np.int32)
        for key in yearly:
            yearly[key] = np.where(code == FAILED, np.float32(np.inf), yearly[key])
        code[draws == 5] |= NOTE
        months = {key: np.repeat(value, 12, axis=0) / 12 for key, value in yearly.items()}
        return Outcome(yearly, months if self.monthly else None, code)


def make_job(
    draws: int = 600,
    seed: int = 1,
    start: int = 2010,
    end: int = 2014,
    monthly: bool = False,
    engine: FakeEngine | None = None,
    scenarios: dict[str, Any] | None = None,
    first_year: int = 2010,
    pack: str = "fake",
) -> tuple[Job, Manifest]:
    """Return a job of the fake engine and the manifest of its run."""
    scenarios = BASELINE_THEN_CUT if scenarios is None else scenarios
    recipe = Recipe(
        pack=pack, pack_hash="0" * 32, until=None, prior="pack", steps_per_year=12, scenarios=scenarios,
        seed=seed, draws=draws, start=start, end=end, dtype="float32", monthly=monthly,
        software={"yupana": "0.1.0"},
    )  # fmt: skip
    engine = engine or FakeEngine()
    engine.monthly = monthly
    job = Job(recipe, engine, Sampler(), None, scenarios, first_year)
    about = {"pack_name": "Fake", "pack_word": pack, "licence": "CC0", "invented": True, "labels": {}}
    index = {str(year): 1.0 + 0.02 * (year - 2012) for year in recipe.years}
    manifest = Manifest(
        id=recipe.id, recipe=recipe.to_json(), columns=COLUMNS, about=about,
        money={"unit": "USD", "year": 2012, "index": index}, failures=FAILED,
        codes={"1": "failed", "8": "note"},
    )  # fmt: skip
    return job, manifest


def make_run(out: Path, threads: int = 1, order: Any = None, **options: Any) -> Manifest:
    """Run the fake engine into a folder."""
    job, manifest = make_job(**options)
    return run_job(job, manifest, out, threads, order=order)


def chunk_bytes(out: Path) -> dict[str, bytes]:
    """Return the bytes of every chunk of a run by name."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.glob("*/*/*.parquet"))}
