"""Experts' quantiles from a CSV file: a row for each expert and question."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from yupana.core.errors import DataError, did_you_mean, from_os_error
from yupana.evidence.experts.judgements import Judgements, check_quantiles

QUANTILE = re.compile(r"q(\d{1,2}(?:\.\d+)?)$")
NEEDED = ("expert", "question")
LARGEST = 1e15
"""Numbers from here on are taken for a slip of the keyboard."""

OPTIONAL = ("truth", "scale", "unit", "note")


def read_judgements(path: str | Path) -> Judgements:
    """Judgements of a CSV file.

    Columns ``expert``, ``question``, quantiles such as ``q05``, ``q50``, ``q95`` (percent), and if wanted
    ``truth`` (of seed questions), ``scale`` (``uniform`` or ``log``), ``unit`` and ``note``, which are not
    read.

    Parameters
    ----------
    path : of the file; comma or semicolon between columns, a point before decimals.

    Raises
    ------
    DataError
        Y263 for quantiles out of order, Y264 for one that is missing, Y266 for a table that cannot be used.
    EnvironmentFault
        Y901 where the file may not be read.
    """
    file = Path(path)
    header, rows = _rows(file)
    levels = _levels(header, file)
    answers: dict[tuple[str, str], tuple[float, ...]] = {}
    truths: dict[str, float | None] = {}
    scales: dict[str, str] = {}
    for number, row in rows:
        where = f"{file.name}, row {number}"
        expert, question = row["expert"], row["question"]
        if not (expert and question):
            raise DataError("a row names no expert or no question", code="Y266", where=where,
                            expected="both")  # fmt: skip
        if (expert, question) in answers:
            raise DataError(f"{expert} answers question {question} twice", code="Y266", where=where,
                            fix="Keep one of the two rows.")  # fmt: skip
        values = tuple(_number(row[column], f"{where}, {column}", "Y264") for column in levels)
        check_quantiles(values, tuple(levels.values()), f"{where}, {expert}, question {question}")
        answers[expert, question] = values
        truth = _number(row["truth"], f"{where}, truth", "Y266") if row.get("truth") else None
        _agree(truths, question, truth, "truth", where)
        _agree(scales, question, row.get("scale") or "uniform", "scale", where)
    return _assembled(answers, truths, scales, tuple(levels.values()), file)


def _assembled(
    answers: dict[tuple[str, str], tuple[float, ...]], truths: dict[str, float | None],
    scales: dict[str, str], levels: tuple[float, ...], file: Path,
) -> Judgements:  # fmt: skip
    experts = tuple(dict.fromkeys(expert for expert, _ in answers))
    questions = tuple(truths)
    open_ones = [(e, q) for e in experts for q in questions if (e, q) not in answers]
    if open_ones:
        expert, question = open_ones[0]
        raise DataError(
            f"{len(open_ones)} answers are missing", code="Y266", where=file.name,
            got=f"{expert} says nothing of question {question}", expected="an answer of every expert to each",
            fix="Ask again, or leave out the question or the expert.",
        )  # fmt: skip
    quantiles = tuple(tuple(answers[expert, question] for question in questions) for expert in experts)
    return Judgements(
        levels, experts, questions, quantiles, tuple(truths.values()), tuple(scales[q] for q in questions)
    )


def _rows(file: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise DataError("no such file", code="Y266", where=str(file),
                        fix="Give the path of a CSV file of judgements.") from None  # fmt: skip
    except UnicodeDecodeError:
        raise DataError("the file is not text in UTF-8", code="Y266", where=str(file),
                        fix="Save it as CSV UTF-8.") from None  # fmt: skip
    except OSError as fault:
        raise from_os_error(fault, "reading expert judgements", file) from fault
    lines = text.splitlines()
    first = lines[0] if lines else ""
    reader = csv.reader(lines, delimiter=";" if first.count(";") > first.count(",") else ",")
    table = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    table = [(number, row) for number, row in table if any(row)]
    if len(table) < 2:
        raise DataError("the file holds no judgements", code="Y266", where=str(file),
                        expected="a header and a row for each expert and question")  # fmt: skip
    header = [name.lower() for name in table[0][1]]
    rows = []
    for number, row in table[1:]:
        if len(row) != len(header):
            raise DataError("a row does not fit the header", code="Y266", where=f"{file.name}, row {number}",
                            got=f"{len(row)} cells", expected=f"{len(header)} cells")  # fmt: skip
        rows.append((number, dict(zip(header, row, strict=True))))
    return header, rows


def _levels(header: list[str], file: Path) -> dict[str, float]:
    """Quantile column -> probability, rising."""
    known = (*NEEDED, *OPTIONAL, "q05", "q50", "q95")
    doubled = sorted({name for name in header if header.count(name) > 1})
    missing = [name for name in NEEDED if name not in header]
    odd = [name for name in header if name not in known and not QUANTILE.match(name)]
    if doubled or missing or odd:
        what = f"column {(doubled or missing or odd)[0]!r} "
        what += "stands twice" if doubled else "is missing" if missing else "is not known"
        raise DataError(
            what, code="Y266", where=file.name, got=", ".join(header), expected=", ".join(known),
            fix=(did_you_mean(odd[0], known) or None) if odd and not missing else None,
        )  # fmt: skip
    levels = {name: float(found[1]) / 100 for name in header if (found := QUANTILE.match(name))}
    levels = dict(sorted(levels.items(), key=lambda item: item[1]))
    if len(levels) < 2 or not min(levels.values()) > 0:
        raise DataError("too few quantile columns", code="Y264", where=file.name,
                        got=", ".join(levels) or "none",
                        expected="two or more, such as q05, q50, q95")  # fmt: skip
    return levels


def _number(text: str, where: str, code: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < LARGEST:
        what = "a quantile is missing or no number" if code == "Y264" else "a truth is no number"
        raise DataError(what, code=code, where=where, got=text or "an empty cell",
                        expected="a number such as 1200.5, below 1e15, no thousands separators")  # fmt: skip
    return value


def _agree(known: dict, question: str, value: object, noun: str, where: str) -> None:
    """Note what a row says of its question; rows of one question must agree."""
    if question in known and known[question] != value:
        raise DataError(
            f"rows of question {question} disagree on its {noun}", code="Y266", where=where,
            got="none" if value is None else f"{value}",
            expected="none, as above" if known[question] is None else f"{known[question]}, as above",
            fix=f"Write the same {noun} in all rows of a question.",
        )  # fmt: skip
    known[question] = value
