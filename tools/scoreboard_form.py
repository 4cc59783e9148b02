"""The part of the scoreboard on the error of form: what widening by earlier misses changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

Scores = Mapping[str, Any]
ABOUT = (
    "A fit narrows parameters, not equations. How wrong the equations go was read from forecasts of earlier "
    "origins that met figures of years to {until}: the log of a variable walks away from the run by yearly "
    "steps of one spread, whose posterior (half-normal prior of 0.2, each figure counted once) is integrated "
    "over; where figures are few it is mostly prior. No test year has a part in it. "
    "`yupana score --form-error` makes such forecasts, pictures draw "
    "them dotted, and the bands of `run` in later years are those of the fit alone."
)


def section(boards: Mapping[str, Any]) -> str:
    """Return what is known of the error of form, and the spread it gives the scored variables."""
    body = boards["form"]
    lines = [
        "## The error of form",
        "",
        ABOUT.format(until=body["origin"]),
        "",
        "| variable | log spread of one year (90%) | factor after five years, 90% | figures |",
        "|---|--:|--:|--:|",
    ]
    for name, one in body["form"].items():
        low, middle, high = one["a_year"]
        factor = exp(1.645 * middle * 5**0.5)
        lines.append(
            f"| `{name}` | {middle:.2f} ({low:.2f} to {high:.2f}) | {1 / factor:.2f} to {factor:.2f} | "
            f"{one['figures']} |"
        )
    return "\n".join(lines)


def widened(fit: Sequence[Scores], form: Sequence[Scores]) -> str:
    """Return the table of one version: forecasts of the fit beside the same with the error of form."""
    other = {(one["name"], one["part"]): one for one in form}
    lines = [
        "| series | n | unit | CRPS of the fit | with the error | against the best naive: fit | with "
        "| fit inside 50% / 90% | with |",
        "|---|--:|---|--:|--:|---|---|--:|--:|",
    ]
    for one in fit:
        wide = other[one["name"], one["part"]]
        label = f"`{one['name']}` {one['part']}".strip()
        verdicts = [each["verdict"] if each["best_naive"] else "-" for each in (one, wide)]
        inside = [f"{each['coverage50']:.0%} / {each['coverage90']:.0%}" for each in (one, wide)]
        cells = (label, one["n"], one["unit"], three(one["crps"]), three(wide["crps"]), *verdicts, *inside)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def three(value: float | None) -> str:
    """Return a number with three figures, or in whole thousands."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
