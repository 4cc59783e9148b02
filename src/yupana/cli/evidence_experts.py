"""`yupana evidence experts`: experts' quantiles scored and pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from yupana.cli.common import print_json, print_table

if TYPE_CHECKING:
    from yupana.evidence.experts import Fitted, Judgements, PooledJudgements


def command(
    file: str = typer.Argument(..., metavar="FILE", help="CSV: expert, question, q05, q50, q95, truth, ..."),
    family: str = typer.Option(
        None, "--family", help="Fit each pool: normal, lognormal, gamma, or beta (0 to 1)."
    ),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on standard output."),
) -> None:
    """Score and pool experts' quantiles: equal weights and Cooke's classical model, both."""
    from yupana.evidence.experts import fit_quantiles, pool_judgements, read_judgements

    judgements = read_judgements(file)
    found = pool_judgements(judgements)
    fits: dict[tuple[str, int], Fitted] = {}
    if family:
        for pool in found.pools:
            for i in judgements.targets if pool.quantiles else ():
                fits[pool.name, i] = fit_quantiles(judgements.levels, pool.quantiles[i], family)
    if as_json:
        print_json(_as_dict(judgements, found, fits))
        return
    _print_scores(judgements, found)
    _print_questions(judgements, found)
    _print_fits(judgements, fits)


def quantile_name(level: float) -> str:
    """The column of a level: q05 for 0.05, q2.5 for 0.025."""
    percent = 100 * level
    return f"q{round(percent):02d}" if abs(percent - round(percent)) < 1e-9 else f"q{percent:.6g}"


def _as_dict(
    judgements: Judgements, found: PooledJudgements, fits: dict[tuple[str, int], Fitted]
) -> dict[str, Any]:
    names = [quantile_name(level) for level in judgements.levels]
    pools = []
    for pool in found.pools:
        answers = []
        for i, row in enumerate(pool.quantiles):
            fit = fits.get((pool.name, i))
            answers.append(
                {"question": judgements.questions[i], "seed": judgements.truths[i] is not None}
                | dict(zip(names, row, strict=True))
                | ({"fit": _fit_dict(fit)} if fit else {})
            )
        pools.append(
            {
                "name": pool.name,
                "weights": pool.weights,
                "cutoff": pool.cutoff,
                "calibration": pool.score.calibration if pool.score else None,
                "information": pool.score.information if pool.score else None,
                "reason": pool.reason,
                "questions": answers,
            }
        )
    scored = [
        {
            "expert": score.name,
            "calibration": score.calibration,
            "information": score.information,
            "information_all": score.information_all,
            "truths_by_bin": list(score.counts),
        }
        for score in found.scores
    ]
    return {"seed_questions": len(judgements.seeds), "experts": scored, "pools": pools}


def _fit_dict(fit: Fitted) -> dict[str, Any]:
    return {"family": fit.family, **fit.parameters, "misfit": fit.misfit, "close": fit.close}


def _print_scores(judgements: Judgements, found: PooledJudgements) -> None:
    rows = []
    scores = {score.name: score for score in found.scores}
    for expert in judgements.experts:
        weights = tuple(f"{pool.weights[expert]:.3f}" if pool.weights else "" for pool in found.pools)
        rows.append((expert, *_score_cells(scores.get(expert)), *weights))
    for pool in found.pools:
        rows.append((f"pool: {pool.name}", *_score_cells(pool.score), "", ""))
    headers = ("expert", "calibration", "information", "equal", "performance")
    count = len(judgements.seeds)
    title = f"Scores on {count} seed questions, and weights" if count else "Weights; no seed question"
    print_table(headers, rows, title=title, numeric=headers[1:])
    if found.performance.reason:
        typer.echo(f"performance weights: {found.performance.reason}")
    if found.performance.score:
        typer.echo("the performance pool is scored on the questions that set its weights, which flatters it")


def _score_cells(score: Any) -> tuple[str, str]:
    return (f"{score.calibration:.2g}", f"{score.information:.3f}") if score else ("", "")


def _print_questions(judgements: Judgements, found: PooledJudgements) -> None:
    from yupana.evidence.rounding import round_to_interval

    rows = []
    for i in judgements.targets:
        said = [(expert, row[i]) for expert, row in
                zip(judgements.experts, judgements.quantiles, strict=True)]  # fmt: skip
        said += [(f"pool: {pool.name}", pool.quantiles[i]) for pool in found.pools if pool.quantiles]
        for position, (name, row) in enumerate(said):
            cells = tuple(round_to_interval(value, row[0], row[-1]) for value in row)
            rows.append((judgements.questions[i] if not position else "", name, *cells))
    headers = ("question", "by", *(quantile_name(level) for level in judgements.levels))
    typer.echo("")
    if rows:
        print_table(headers, rows, numeric=headers[2:])
    else:
        typer.echo("every question is a seed question: nothing is asked")


def _print_fits(judgements: Judgements, fits: dict[tuple[str, int], Fitted]) -> None:
    if not fits:
        return
    rows = [
        (
            judgements.questions[i],
            name,
            ", ".join(f"{key} {value:.5g}" for key, value in fit.parameters.items()),
            f"{fit.misfit:.3f}" + ("" if fit.close else ": not what the pool says"),
        )
        for (name, i), fit in fits.items()
    ]
    family = next(iter(fits.values())).family
    typer.echo("")
    print_table(("question", "pool", "parameters", "misfit in probability"), rows, title=f"Fitted: {family}")
