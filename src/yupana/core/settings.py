"""Who owns each setting of a study, its default, its range, and who may override it.

The only place where defaults stand: `Study.run` and the command line read them here, so they cannot drift
apart. What is no setting (the size of a chunk) stands here too, so that no one looks for it elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from yupana.core.errors import UsageError
from yupana.core.names import did_you_mean

DEFAULT_PACK = "peru"
"""Pack that is meant where none is named; the only place where code says a country."""


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes
    ----------
    name : as in Python; the option of the command line is ``--name`` with hyphens.
    default : value where nobody says anything; None where `default_from` says where it comes from.
    owner : the object that holds it once decided.
    overrides : who may change it: pack, call (a Python argument), shell (an option), nobody.
    kind : int, str, bool, path, years or names.
    low, high : range of a number.
    choices : values allowed, where there are few.
    in_recipe : whether it is part of a run's address: another value is another run.
    meaning : in words.
    """

    name: str
    default: Any
    owner: str
    overrides: tuple[str, ...]
    kind: str
    meaning: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    in_recipe: bool = True
    default_from: str = ""


_USER = ("call", "shell")

SETTINGS: tuple[Setting, ...] = (
    Setting("pack", DEFAULT_PACK, "Study", _USER, "str", "pack by name or folder"),
    Setting("until", None, "Pack", ("call",), "int", "last year of which anything may be known", 1900, 2100),
    Setting("steps_per_year", 12, "Config", ("call",), "int", "steps of the model in a year", 1, 366),
    Setting(
        "price_solve_steps", 2, "Config", ("nobody",), "int", "Newton steps of the planning prices a step"
    ),
    Setting("dtype", "float32", "Study", ("call",), "str", "precision", choices=("float32", "float64")),
    Setting("scenarios", ("baseline",), "Run", _USER, "names", "scenarios by name or file"),
    Setting("draws", 1024, "Run", _USER, "int", "number of draws", 1, 10_000_000),
    Setting("seed", 1, "Run", _USER, "int", "seed of all random numbers", 0, 2**63 - 1),
    Setting(
        "start", None, "Run", ("pack", *_USER), "int", "first year", 1900, 2100, default_from="pack.yaml"
    ),
    Setting("end", None, "Run", ("pack", *_USER), "int", "last year", 1900, 2100, default_from="pack.yaml"),
    Setting("monthly", False, "Run", _USER, "bool", "store months beside years"),
    Setting("prior", False, "Run", _USER, "bool", "draw from the priors, not from a fit"),
    Setting(
        "posterior",
        None,
        "Run",
        _USER,
        "str",
        "fit whose draws are used",
        default_from="the pack's own, else the priors",
    ),
    Setting(
        "allow_failed", False, "Run", _USER, "bool", "use a fit that failed a gate, and say so everywhere"
    ),
    Setting("fit_until", 2016, "Fit", _USER, "int", "last year of the figures of a fit", 1900, 2100),
    Setting("score_to", 2024, "Score", ("shell",), "int", "last test year", 1900, 2100, in_recipe=False),
    Setting(
        "method",
        "blocks",
        "Fit",
        _USER,
        "str",
        "how a posterior is drawn",
        choices=("blocks", "smc", "laplace", "nuts"),
    ),
    Setting("fit_draws", 2048, "Fit", _USER, "int", "draws of a fit, all chains together", 8, 1_000_000),
    Setting(
        "chains",
        None,
        "Fit",
        _USER,
        "int",
        "independent repetitions of a fit",
        1,
        64,
        default_from="2 of blocks, 4 of others",
    ),
    Setting("quick", False, "Fit", _USER, "bool", "the normal approximation with 256 draws", in_recipe=False),
    Setting(
        "out",
        None,
        "Run folder",
        _USER,
        "path",
        "folder of the run",
        in_recipe=False,
        default_from="./yupana-runs/ID",
    ),
    Setting(
        "resume", False, "Run folder", _USER, "bool", "go on with a run that was stopped", in_recipe=False
    ),
    Setting("threads", 2, "Runner", _USER, "int", "chunks worked on at once", 1, 256, in_recipe=False),
    Setting("chunk", 256, "Runner", ("nobody",), "int", "draws in a chunk; other sizes round differently"),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def default(name: str) -> Any:
    """Default of a setting; None where it comes from elsewhere (the pack, the run's id).

    Examples
    --------
    >>> default("draws")
    1024
    """
    return _BY_NAME[name].default


def usual_chains(method: str) -> int:
    """Repetitions of a fit where nobody names a number: a repetition of blocks costs the same for few draws.

    Examples
    --------
    >>> usual_chains("blocks"), usual_chains("smc")
    (2, 4)
    """
    return 2 if method == "blocks" else 4


def check_setting(name: str, value: Any) -> Any:
    """`value` in the type of the setting.

    Raises
    ------
    UsageError
        Y102 where it has another type or lies outside the range.
    """
    setting = _BY_NAME[name]
    if value is None:
        return setting.default
    if setting.kind == "int":
        return _whole(setting, value)
    if setting.kind == "bool" and not isinstance(value, bool):
        raise _refusal(setting, value, "true or false")
    if setting.choices and value not in setting.choices:
        near = did_you_mean(str(value), setting.choices)
        raise _refusal(setting, value, " or ".join(setting.choices), near)
    return value


def _whole(setting: Setting, value: Any) -> int:
    low = setting.low if setting.low is not None else 0
    high = setting.high if setting.high is not None else 2**63 - 1
    expected = f"a whole number from {low:,} to {high:,}"
    if isinstance(value, (bool, str)) or not hasattr(value, "__index__"):
        if not (isinstance(value, float) and math.isfinite(value) and value == int(value)):
            raise _refusal(setting, value, expected)
        value = int(value)
    number = int(value)
    if not low <= number <= high:
        raise _refusal(setting, value, expected)
    return number


def _refusal(setting: Setting, value: Any, expected: str, fix: str | None = None) -> UsageError:
    option = "--" + setting.name.replace("_", "-")
    return UsageError(
        f"{setting.name} is not usable",
        code="Y102",
        where=option,
        got=str(value),
        expected=expected,
        fix=fix or None,
    )
