"""In: the entries of a pack's priors.yaml and the names of places. Out: priors, and draws as arrays by name.

Must not know: files, the model's equations, scenarios; it is told which parameters a model declares.
"""

from __future__ import annotations

from yupana.params.distributions import FAMILIES, Distribution
from yupana.params.prior import Basis, Prior
from yupana.params.priors import Declared, PriorSet

__all__ = ["FAMILIES", "Basis", "Declared", "Distribution", "Prior", "PriorSet"]
