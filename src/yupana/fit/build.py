"""From a pack and its model to the posterior that a fit explores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yupana.core.errors import DataError, UsageError
from yupana.core.settings import default
from yupana.fit.data import collect
from yupana.fit.posterior import Posterior
from yupana.fit.space import Space
from yupana.model import VARIABLES, Config, Engine, build_drivers, compile_policy

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.fit.data import Data
    from yupana.model.engine import Precision
    from yupana.params import PriorSet


def build_posterior(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    until: int,
    dtype: Precision = default("dtype"),
    threads: int = default("threads"),
) -> Posterior:
    """Return the posterior of all unknowns given the rows of the years to `until`.

    Parameters
    ----------
    pack : loaded with the same `until`, so that nothing known later can be read.
    config, priors : of the study.
    until : last year of the figures.
    dtype : precision of the model; the log likelihood is summed in double precision in any case.

    Raises
    ------
    UsageError
        Y104 where `until` lies before the pack's first year.
    DataError
        Where the pack declares no likelihood, or no row may enter it.
    """
    if until < pack.start:
        raise UsageError(
            "the fit would end before the pack begins",
            code="Y104",
            where="--until",
            got=str(until),
            expected=f"{pack.start} or later",
        )
    data = read_data(pack, config, until)
    years = tuple(range(pack.start, until + 1))
    space = Space(
        priors, config, years, tuple(data.biases), data.bias_sds, tuple(data.scales), data.scale_sds
    )
    drivers = build_drivers(pack, config, pack.start, until)
    policy = compile_policy(config, drivers, {})
    return Posterior(space, data, Engine(config, dtype), drivers, policy, threads)


def read_data(pack: Pack, config: Config, until: int) -> Data:
    """Return the figures of the years to `until` that the pack's likelihood asks for.

    Raises
    ------
    DataError
        Y507 where the pack declares no likelihood, or no row may enter it.
    """
    if not pack.likelihood:
        raise DataError(
            "the pack declares no likelihood",
            code="Y507",
            where="likelihood.yaml",
            got="no such file",
            expected="one entry for each variable whose figures a fit may use",
        )
    units = {variable.key: variable.unit for variable in VARIABLES}
    data = collect(pack, config, units, pack.start, until, pack.likelihood)
    if not data.data:
        raise DataError(
            "no row of the ledger may enter the likelihood",
            code="Y507",
            where="likelihood.yaml",
            got=f"{len(data.left_out)} rows, all left out",
            expected="at least one verified figure within the years",
        )
    return data
