"""What is compared, and the folder that a comparison of rival models lives in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yupana.core.errors import UsageError
from yupana.core.files import read_json, write_json
from yupana.core.hashing import content_hash, short_id
from yupana.fit import ahead

if TYPE_CHECKING:
    from yupana.evidence.schema_rival_models import RivalModel, RivalQuestion
    from yupana.fit.draws import PosteriorDraws
    from yupana.fit.posterior import Posterior
    from yupana.study import Study

DEFAULT_ROOT = "yupana-comparisons"
"""Folder, beside the user, that holds the comparisons whose folder nobody named."""
NAME = "comparison.json"
RESULT = "result.json"
FORMAT = 1
DRAWS, QUICK_DRAWS = 512, 256
QUICK_ORIGINS = 4
PACK = "pack"  # the rival that restricts nothing, whose draws all others start from


@dataclass(frozen=True)
class Request:
    """What is compared.

    Attributes
    ----------
    first, until : first origin, and last year of the figures.
    draws : of every posterior. seed : of all numbers.
    questions : ids; all of the pack if none.
    """

    first: int
    until: int
    draws: int
    seed: int
    questions: tuple[str, ...] = ()

    @property
    def origins(self) -> range:
        """Origins of the one-year-ahead scores."""
        return range(self.first, self.until)


@dataclass(frozen=True, eq=False)
class Work:
    """A comparison in its folder.

    Attributes
    ----------
    study : loaded with ``until``. request : what is asked. folder : of the results.
    given : draws to start from in the last year, where a fit was named.
    threads : blocks computed at once.
    """

    study: Study
    request: Request
    folder: Path
    given: PosteriorDraws | None = None
    threads: int = 2

    @cached_property
    def questions(self) -> tuple[RivalQuestion, ...]:
        """The questions asked, in the order of the pack."""
        return find_questions(self.study, self.request.questions)

    @cached_property
    def rivals(self) -> dict[str, RivalModel | None]:
        """Rivals by the name of their files; all that restrict nothing are one."""
        found: dict[str, RivalModel | None] = {PACK: None}
        for question in self.questions:
            for rival in question.rivals:
                found.setdefault(rival_key(question.id, rival), rival)
        return found

    @cached_property
    def posteriors(self) -> dict[int, Posterior]:
        """The posterior of the figures to each year, from the first origin."""
        study, years = self.study, range(self.request.first, self.request.until + 1)
        return ahead.posteriors(study.pack, study.config, study.priors, years, self.threads)

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """Everything that decides the numbers."""
        from yupana.core.software import FITTING, software
        from yupana.fit.stamp import stamp

        return {
            "pack": self.study.pack.id,
            "stamp": stamp(self.study.pack),
            "questions": [deciding(question) for question in self.questions],
            "first": self.request.first,
            "until": self.request.until,
            "draws": self.request.draws,
            "seed": self.request.seed,
            "steps_per_year": self.study.config.steps_per_year,
            "fit": None if self.given is None else self.given.fit,
            "software": software(FITTING),
        }

    @property
    def id(self) -> str:
        """Address of the comparison."""
        return f"{self.study.pack.id}-{self.request.until}-{short_id(content_hash(self.recipe))}"


def rival_key(question: str, rival: RivalModel) -> str:
    """Return the name of a rival's files."""
    return f"{question}.{rival.id}" if rival.priors or rival.biases else PACK


def find_questions(study: Study, names: Sequence[str] = ()) -> tuple[RivalQuestion, ...]:
    """Return the pack's questions of these ids, or all.

    Raises
    ------
    UsageError
        Y512 where the pack has no such question, or none at all.
    """
    from yupana.core.names import did_you_mean, listing

    known = {question.id: question for question in study.pack.rival_models}
    for name in names or ([] if known else ["any question"]):
        if name not in known:
            raise UsageError(
                "no such question",
                code="Y512",
                where="rival_models.yaml",
                got=name,
                expected=listing(known) or "a file with at least one question",
                fix=did_you_mean(name, known) or None,
            )
    return tuple(question for id, question in known.items() if not names or id in names)


def given_draws(study: Study, posterior: str | None = None) -> PosteriorDraws | None:
    """Return the draws of a fit to a study's last year: the one named, else the pack's own if it ends there.

    Raises
    ------
    UsageError
        Y104 where the fit that is named ends in another year; what `Study.draws_of` raises.
    """
    found = study.draws_of(posterior)
    if found is None or found.until == study.pack.until:
        return found
    if posterior is None:
        return None
    raise UsageError(
        "the fit ends in another year",
        code="Y104",
        where=posterior,
        got=str(found.until),
        expected=f"a fit to {study.pack.until}, or --until {found.until}",
    )


def prepare(work: Work, resume: bool, named: bool) -> None:
    """Make the folder, or check that it holds this comparison.

    Raises
    ------
    UsageError
        Y105 where the folder holds anything else, or this comparison unfinished without `resume`;
        Y104 where there would be no origin.
    """
    if work.request.first >= work.request.until:
        raise UsageError(
            "no year is left to foretell",
            code="Y104",
            where="--from",
            got=str(work.request.first),
            expected=f"a year before {work.request.until}",
        )
    folder = work.folder
    found = read_json(folder / NAME) if folder.is_dir() else None
    if found is None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError("the output folder holds something else", code="Y105", where=str(folder),
                             expected="a new or empty folder")  # fmt: skip
    elif found.get("id") != work.id:
        raise UsageError("the output folder holds another comparison", code="Y105", where=str(folder),
                         got=str(found.get("id")), expected=f"{work.id}, or an empty folder")  # fmt: skip
    elif named and not resume and not (folder / RESULT).is_file():
        raise UsageError("the output folder holds this comparison, unfinished", code="Y105",
                         where=str(folder), fix="go on with --resume")  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / NAME, {"format": FORMAT, "id": work.id, "recipe": work.recipe})


def deciding(question: RivalQuestion) -> dict[str, Any]:
    """Return what of a question decides numbers: its rivals without their words."""
    keep = {"id": True, "rivals": {"__all__": {"id", "priors", "biases"}}}
    return question.model_dump(mode="json", include=keep)
