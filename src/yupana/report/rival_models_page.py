"""The page on rival models, written from a stored comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from yupana.analysis.rival_scores import LEANING, OPEN

if TYPE_CHECKING:
    from yupana.evidence.schema_rival_models import RivalModel, RivalQuestion

TABLE = (
    "| rival | next year | stacking weight | left out | pseudo-BMA weight | log evidence |\n"
    "|---|---:|---:|---:|---:|---:|"
)


def rival_models_markdown(found: Mapping[str, Any], questions: Sequence[RivalQuestion]) -> str:
    """Return what a comparison says, question by question.

    Parameters
    ----------
    found : as :meth:`yupana.analysis.rival_scores.Comparison.to_json` gives it.
    questions : of the pack, for words; a question that was not compared is left out.
    """
    answers = {one["id"]: one for one in found["questions"]}
    parts = [_about(found), _overview(found)]
    for question in questions:
        if question.id in answers:
            parts.append(_question(answers[question.id], question))
    return "\n\n".join(parts)


def _about(found: Mapping[str, Any]) -> str:
    origins = found["origins"]
    fit = f" The last year starts from fit `{found['fit']}`." if found["fit"] else ""
    failed = f" **FIT FAILED its gates: {'; '.join(found['failed'])}.**" if found["failed"] else ""
    return (
        f"Pack `{found['pack']}`, figures to {found['until']}: {found['figures']} left out one by one, and "
        f"{found['figures_ahead']} of {origins[0] + 1} to {found['until']} foretold from the year before. "
        f"{found['draws']} draws of every posterior, seed {found['seed']}, stamp `{found['stamp']}`."
        f"{fit}{failed}"
    )


def _overview(found: Mapping[str, Any]) -> str:
    kinds = {OPEN: "not told apart", LEANING: "one measure of two", "told apart": "told apart"}
    rows = ["| question | finding | largest stacking weight | its 5 to 95 percent |", "|---|---|---|---|"]
    for one in found["questions"]:
        top = max(one["rivals"], key=lambda rival: rival["ahead"]["weight"])["id"]
        ahead = next(rival["ahead"] for rival in one["rivals"] if rival["id"] == top)
        band = f"{ahead['weight_q05']:.2f}-{ahead['weight_q95']:.2f}"
        rows.append(f"| {one['id']} | {kinds[one['finding']]} | {top}: {ahead['weight']:.2f} | {band} |")
    return "\n".join(rows)


def _question(one: Mapping[str, Any], question: RivalQuestion) -> str:
    rows = [TABLE, *(_row(rival) for rival in one["rivals"])]
    rivals = "\n".join(f"- `{rival.id}`: {rival.words} {_means(rival)}" for rival in question.rivals)
    bad = [f"{rival['id']} {rival['bad_shapes']}" for rival in one["rivals"] if rival["bad_shapes"]]
    shapes = (
        f" Figures whose leave-one-out score is not to be trusted (Pareto shape above 0.7): {', '.join(bad)}."
        if bad
        else ""
    )
    return (
        f"### {question.question}\n\n{question.form.strip()}\n\n{rivals}\n\n"
        + "\n".join(rows)
        + f"\n\n**{one['finding'].capitalize()}.** {one['said']}{shapes}"
    )


def _row(rival: Mapping[str, Any]) -> str:
    cells = [f"`{rival['id']}`"]
    for measure in (rival["ahead"], rival["left_out"]):
        cells += [_difference(measure), _weight(measure)]
    return f"| {' | '.join(cells)} | {rival['log_evidence']:+.1f} |"


def _difference(measure: Mapping[str, Any]) -> str:
    if measure["difference"] == 0.0:
        return f"best ({measure['elpd']:.1f})"
    text = f"{measure['difference']:.1f} ± {measure['difference_se']:.1f} ± {measure['noise']:.1f}"
    return f"**{text}**" if measure["worse"] else text


def _weight(measure: Mapping[str, Any]) -> str:
    return (
        f"{measure['weight']:.2f} ± {measure['weight_se']:.2f} "
        f"({measure['weight_q05']:.2f}-{measure['weight_q95']:.2f})"
    )


def _means(rival: RivalModel) -> str:
    """Return what a rival sets, in the words of the pack."""
    said = []
    for prior in rival.priors:
        name = f"{prior.parameter}[{prior.place}]" if prior.place else prior.parameter
        ends = prior.between or (prior.q05, prior.q95)
        unit = " of the prior" if prior.between else ""
        said.append(f"`{name}` {ends[0]:g} to {ends[1]:g}{unit}")
    said += [f"bias of `{bias.publisher}` held to {bias.sd:g}" for bias in rival.biases]
    if not said:
        return f"The pack as it is: {rival.reason}."
    return f"{'; '.join(said)}. {rival.reason.strip().capitalize()}."
