"""In: the entries of a pack's priors.yaml and the names of places. Out: priors, and draws as arrays by name.

Must not know: files, the model's equations, scenarios; it is told which parameters a model declares.
"""

from __future__ import annotations

from yupana.params.distributions import FAMILIES, Distribution
from yupana.params.prior import Basis, Prior
from yupana.params.priors import Declared, PriorSet
from yupana.params.structure import Change, compile_settings, structured

__all__ = [
    "FAMILIES",
    "Basis",
    "Change",
    "Declared",
    "Distribution",
    "Prior",
    "PriorSet",
    "compile_settings",
    "structured",
]
