"""The full posterior by the no-U-turn sampler, with gates that say whether it may be believed.

The unknowns are the standard normal numbers of the graph, so that every prior is non-centred and no mass can
become negative. The sampler starts from the Gauss-Newton mode, in coordinates in which the Gaussian there is
round. One compiled program serves every anchor and every set of rows of the same size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yupana.core.errors import DataError
from yupana.evidence.reconcile.graph import Floats, Graph
from yupana.evidence.reconcile.problem import Problem, solve_gauss_newton

CHAINS = 4
WARMUP = 300
KEPT = 1000
"""Samples kept of each chain, for a year; three times as many for several."""
ACCEPT = 0.9
"""Acceptance that the step size aims at."""
RHAT = 1.01
LEAST = 400
"""Effective samples asked for, in the bulk and in the tails."""
TAILS = (0.05, 0.95)
_SAMPLERS: dict[tuple[int, int, int], tuple[Graph, Any]] = {}
_SAMPLERS_KEPT = 4


def sample(problem: Problem, seed: int = 0) -> tuple[Floats, dict[str, tuple[float, float, bool]]]:
    """Return draws of the unknowns and the gates: (unknown, draw), name -> (value, limit, passed).

    Parameters
    ----------
    problem : what to sample. seed : of the sampler.

    References
    ----------
    .. [1] hoffmangelman2014
    .. [2] vehtari2021
    """
    jax = _double()
    jnp = jax.numpy
    normal = solve_gauss_newton(problem)
    # x = mode + root @ t: t is close to standard normal where the posterior is close to normal
    root = normal.root
    arguments = (
        jnp.asarray(normal.mode),
        jnp.asarray(root),
        jnp.asarray(problem.design),
        jnp.asarray(problem.constants),
        jnp.asarray(problem.observed),
        jnp.asarray(problem.sd),
        jnp.asarray(problem.loads),
    )
    sampler = _sampler(problem)
    sampler.run(jax.random.PRNGKey(seed), *arguments, extra_fields=("diverging",))
    steps = np.asarray(sampler.get_samples(group_by_chain=True)["t"], np.float64)
    divergences = int(np.asarray(sampler.get_extra_fields()["diverging"]).sum())
    points = normal.mode[:, None] + root @ steps.reshape(-1, problem.size).T
    return points, _gates(problem, points, divergences)


def _double() -> Any:
    """Return JAX with float64 available."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def _sampler(problem: Problem) -> Any:
    """Return the sampler of a graph, compiled once for all data of one size."""
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    graph = problem.graph
    key = (id(graph), len(problem.terms), len(problem.biases))
    if key in _SAMPLERS:
        return _SAMPLERS[key][1]
    split = graph.size

    def model(mode: Any, root: Any, design: Any, constants: Any, observed: Any, sd: Any, loads: Any) -> None:
        steps = numpyro.sample("t", dist.Normal(0.0, 1.0).expand([problem.size]).to_event(1).mask(False))
        point = mode + root @ steps
        fitted = design @ graph.atoms(point[:split]) + constants + loads @ point[split:]
        misfit = (observed - fitted) / sd
        numpyro.factor("posterior", -0.5 * (jnp.sum(point**2) + jnp.sum(misfit**2)))

    kernel = NUTS(
        model, init_strategy=numpyro.infer.init_to_value(values={"t": jnp.zeros(problem.size)}),
        target_accept_prob=ACCEPT,
    )  # fmt: skip
    sampler = MCMC(
        kernel,
        num_warmup=WARMUP,
        num_samples=_kept(graph),
        num_chains=CHAINS,
        chain_method="vectorized",
        progress_bar=False,
        jit_model_args=True,
    )
    while len(_SAMPLERS) >= _SAMPLERS_KEPT:
        _SAMPLERS.pop(next(iter(_SAMPLERS)))
    _SAMPLERS[key] = (graph, sampler)
    return sampler


def _kept(graph: Graph) -> int:
    """Return how many samples a chain keeps: walks of several years mix more slowly."""
    return KEPT if len(graph.years) == 1 else 3 * KEPT


def _gates(problem: Problem, points: Floats, divergences: int) -> dict[str, tuple[float, float, bool]]:
    """Return R-hat, effective samples and divergences, the worst of all unknowns and quantities."""
    from arviz_stats.base.array import array_stats

    logs = problem.graph.logs_of(points[: problem.graph.size])
    rows = np.concatenate([points, logs]).reshape(-1, CHAINS, _kept(problem.graph))
    rows = rows[rows.std(axis=(1, 2)) > 0.0]
    worst = float(np.max(array_stats.rhat(rows)))
    bulk = float(np.min(array_stats.ess(rows, method="bulk")))
    tail = float(np.min(array_stats.ess(rows, method="tail", prob=TAILS)))
    return {
        "R-hat": (worst, RHAT, worst < RHAT),
        "bulk ESS": (bulk, float(LEAST), bulk > LEAST),
        "tail ESS": (tail, float(LEAST), tail > LEAST),
        "divergences": (float(divergences), 0.0, divergences == 0),
    }


def check_gates(gates: dict[str, tuple[float, float, bool]]) -> None:
    """Refuse samples that failed a gate.

    Raises
    ------
    DataError
        Y244 naming the gates that failed.
    """
    failed = [f"{name} {value:.4g} (limit {limit:g})" for name, (value, limit, ok) in gates.items() if not ok]
    if failed:
        raise DataError("the samples are not to be trusted", code="Y244", got=", ".join(failed))
