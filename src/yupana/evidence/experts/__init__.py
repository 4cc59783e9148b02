"""Comes in: quantiles that experts gave for questions, some of which have a known answer.
Goes out: fitted distributions, scores of experts, and two pools: with equal and with performance weights.
Must not know: packs, parameters, the model, runs, figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.evidence.experts.classical import ExpertScore, score_experts
    from yupana.evidence.experts.fitting import Fitted, fit_quantiles
    from yupana.evidence.experts.judgements import Judgements
    from yupana.evidence.experts.pooling import Pool, PooledJudgements, pool_judgements
    from yupana.evidence.experts.reading import read_judgements

__all__ = [
    "ExpertScore",
    "Fitted",
    "Judgements",
    "Pool",
    "PooledJudgements",
    "fit_quantiles",
    "pool_judgements",
    "read_judgements",
    "score_experts",
]

_HOMES = {
    "ExpertScore": "classical",
    "score_experts": "classical",
    "Fitted": "fitting",
    "fit_quantiles": "fitting",
    "Judgements": "judgements",
    "Pool": "pooling",
    "PooledJudgements": "pooling",
    "pool_judgements": "pooling",
    "read_judgements": "reading",
}


def __getattr__(name: str) -> Any:
    # Names are found on first use: importing this folder must not import scipy.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"yupana.evidence.experts.{_HOMES[name]}"), name)
