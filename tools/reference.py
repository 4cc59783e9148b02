"""Write the reference pages that follow from code and pack, so that they cannot drift from either.

    .venv/bin/python tools/reference.py           write them
    .venv/bin/python tools/reference.py --check   name pages that are out of date, and fail if there are any
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
PACK = "peru"
NOTICE = "<!-- Written by tools/reference.py; do not edit. -->"
KINDS = {
    "stock": "value on 31 December",
    "flow": "sum over the calendar year",
    "price": "mean over the months of the year",
    "ratio": "mean over the months of the year",
}
CURRENCY_EXAMPLES = ("EUR", "PEN", "PEN/USD")

INTRO_TEXT = """
errors: Every message that Yupana prints about a mistake carries a code in brackets. The exit status is 2
for a mistake in a command or in data, 1 for a refusal of the machine, 130 after an interruption.

variables: What a run reports for each year. A name in brackets is a dimension: `coca_area[zone]` holds one
value a zone, and `coca_area[vraem]` is one of them. Some names have several keys: `homicide_rate` is the
whole, and is also told by cause and by place; `earnings` is told by account, by trade and by residence. A
name alone means the whole where there is one, and the first of its keys where there is none. Money is in USD
of 2012; `musd` is a million of them. Cocaine is in tonnes of pure cocaine, leaf in tonnes dried in the sun.

levers: What a scenario of the pack `peru` can move, as `yupana pack levers` prints it. A plain number is
a multiple of the baseline, within the range; an absolute value is accepted where a unit is named. What the
state pays for names the parameter that prices it; all together it cannot ask more than the part of the budget
that is not bound (explanation, Public).

priors: The distribution of every parameter of the pack `peru` before any data are confronted: 5%, 50% and
95% quantiles, the reason, and the rows of evidence it rests on (`yupana evidence show ROW`). Nothing is
fitted.

settings: Each setting has one owner, which holds it once decided, and one default, which stands in this table
alone. *Call* is an argument in Python, *shell* an option of the command, *pack* a line of pack.yaml.

units: The units that evidence, priors and levers may carry, with other spellings that are read as the same
unit. A figure in any other unit is refused. Money is listed for US dollars; every other currency, of which
`EUR` and `PEN` are examples, forms the same units. Purity and dryness belong to the basis, never to the unit.

commands: `yupana VERB --help` prints the same. Every verb that offers `--json` prints one JSON object on
standard output; messages go to standard error.

references: Works that the code and these pages cite, by the key they use. The same list as BibTeX is
`docs/references.bib`.
"""
INTRO = {
    key: " ".join(text.split())
    for key, text in (part.split(":", 1) for part in INTRO_TEXT.strip().split("\n\n"))
}


def cell(value: object) -> str:
    """A value as the text of one table cell."""
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows])


def figures(value: float) -> str:
    """A number with four significant digits, and commas from ten thousand on."""
    rounded = float(f"{value:.4g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10_000 else f"{rounded:g}"


def code(word: object) -> str:
    """A word in code font, or nothing."""
    return f"`{word}`" if word not in (None, "") else ""


def page(title: str, *parts: str) -> str:
    """A page with its title and the notice that it is generated."""
    return "\n\n".join((f"# {title}", NOTICE, *parts)) + "\n"


def errors_page() -> str:
    """Every error code with its meaning and remedy."""
    from yupana.core.errors import CODES

    families = {
        "Y1": "Usage: the command, an option, an argument",
        "Y2": "Packs and evidence",
        "Y3": "Scenarios and levers",
        "Y4": "Runs and results",
        "Y5": "Priors, drivers, model",
        "Y6": "Claims and verdicts",
        "Y9": "The machine, and the unexpected",
    }
    parts = [INTRO["errors"]]
    for family in sorted({number[:2] for number in CODES}):
        rows = [(code(number), *CODES[number]) for number in sorted(CODES) if number.startswith(family)]
        parts += [f"## {families[family]}", table(("code", "title", "meaning", "what to do"), rows)]
    return page("Error codes", *parts)


def variables_page() -> str:
    """Every variable of a run."""
    from yupana.model import VARIABLES

    rows = [(code(v.key), v.unit, v.kind, v.meaning) for v in VARIABLES]
    kinds = [(code(kind), meaning) for kind, meaning in KINDS.items()]
    return page(
        "Variables",
        INTRO["variables"],
        table(("variable", "unit", "kind", "meaning"), rows),
        "## Kinds",
        table(("kind", "value of a year"), kinds),
    )


def levers_page() -> str:
    """Every lever of the shipped pack."""
    rows = [
        (code(x.id), code(x.over), f"{x.low:g} to {x.high:g}", x.absolute_unit or "", x.meaning)
        for x in load_pack().levers
    ]
    return page(
        "Levers",
        INTRO["levers"],
        table(("lever", "by", "range, multiple", "absolute unit", "meaning"), rows),
    )


def priors_page() -> str:
    """Every prior of the shipped pack."""
    from yupana.model import build_config
    from yupana.params import PriorSet

    pack = load_pack()
    known = PriorSet.from_pack(pack, build_config(pack).dims).table()
    rows = [
        (code(f"{r['name']}[{r['element']}]" if r["element"] else r["name"]), r["unit"],
         *(figures(r[q]) for q in ("q05", "q50", "q95")), r["pedigree"], r["reason"],
         ", ".join(code(s) for s in r["sources"]))
        for r in known
    ]
    return page(
        "Priors",
        INTRO["priors"],
        table(("parameter", "unit", "5%", "50%", "95%", "pedigree", "reason", "rows"), rows),
    )


def shown(default: object) -> str:
    """A default as a user would write it."""
    if isinstance(default, tuple):
        return ", ".join(map(str, default))
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default is None else str(default)


def settings_page() -> str:
    """Every setting with its owner."""
    from yupana.core.settings import SETTINGS

    rows = [
        (code(s.name), s.owner, ", ".join(s.overrides), s.default_from or shown(s.default), s.meaning,
         "yes" if s.in_recipe else "no")
        for s in SETTINGS
    ]
    return page(
        "Settings and their owners",
        INTRO["settings"],
        table(("setting", "owner", "overridden by", "default", "meaning", "part of a run's id"), rows),
    )


def units_page() -> str:
    """Every unit that a pack may use."""
    from yupana.core.units import currency_of, units

    every = units().values()
    kept = [u for u in every if u.name in CURRENCY_EXAMPLES or currency_of(u.name) in (None, "USD")]
    rows = [(code(u.name), ", ".join(code(a) for a in u.aliases), u.meaning) for u in kept]
    return page(
        "Units",
        INTRO["units"],
        table(("unit", "also written", "meaning"), rows),
    )


def commands_page() -> str:
    """Every verb of the command with its options."""
    from yupana.cli.main import VERBS, load_verb

    parts = [part for verb in VERBS for part in describe(load_verb(verb), ("yupana", verb))]
    return page("Commands", INTRO["commands"], *parts)


def describe(command: Any, words: tuple[str, ...]) -> Iterable[str]:
    """The parts of the page that tell of one verb, or of the verbs below it."""
    inner = getattr(command, "commands", {})
    for name, sub in inner.items():
        yield from describe(sub, (*words, name))
    if inner:
        return
    context = command.context_class(command, info_name=" ".join(words))
    yield f"## {' '.join(words)}"
    yield re.sub(r"\n\s+", "\n", (command.help or "").strip())
    yield "```text\n" + " ".join(command.get_usage(context).replace("Usage: ", "").split()) + "\n```"
    rows = [option_row(p) for p in command.params if not getattr(p, "hidden", False)]
    if rows:
        yield table(("argument or option", "default", "meaning"), rows)


def option_row(parameter: Any) -> tuple[str, str, str]:
    """One row of a command's table."""
    is_option = parameter.param_type_name == "option"
    names = ", ".join(parameter.opts) if is_option else parameter.name.upper()
    default = getattr(parameter, "show_default", None)
    if not isinstance(default, str):
        default = parameter.default
    words = default if isinstance(default, str | int | float) and not isinstance(default, bool) else ""
    help_, _, told = (parameter.help or "").partition(" [default: ")
    return code(names), told.rstrip("]") or str(words), help_


def references_page() -> str:
    """Every work in references.bib."""
    text = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")
    rows = []
    for entry in re.finditer(r"@\w+\{(\w+),(.*?)\n\}", text, re.S):
        fields = dict(re.findall(r"(\w+) = \{(.*?)\}(?:,\n|$)", entry[2] + "\n", re.S))
        fields |= {k: v for k, v in re.findall(r"(\w+) = \{(.*)\}$", entry[2], re.M) if k not in fields}
        plain = {name: plain_text(value) for name, value in fields.items()}
        names = ("journal", "booktitle", "institution", "publisher")
        where = next((plain[name] for name in names if name in plain), "")
        authors = plain["author"].replace(" and ", "; ").replace("; others", " and others")
        rows.append((code(entry[1]), authors, plain["year"], plain["title"], where))
    return page(
        "References",
        INTRO["references"],
        table(("key", "authors", "year", "title", "published in"), rows),
    )


def plain_text(value: str) -> str:
    """A BibTeX field without braces, accents composed."""
    import unicodedata

    def accent(match: re.Match[str]) -> str:
        marks = {"'": "\u0301", "~": "\u0303", '"': "\u0308"}
        return unicodedata.normalize("NFC", match[2] + marks[match[1]])

    value = re.sub(r"\\(['~\"])\{?\\?(\w)\}?", accent, value)
    return re.sub(r"\s+", " ", value.replace("{", "").replace("}", "")).strip()


def load_pack() -> Any:
    """The shipped pack."""
    from yupana.evidence import load_pack as load

    return load(PACK)


GENERATED: dict[str, Callable[[], str]] = {
    "cli.md": commands_page,
    "errors.md": errors_page,
    "levers.md": levers_page,
    "priors.md": priors_page,
    "references.md": references_page,
    "settings.md": settings_page,
    "units.md": units_page,
    "variables.md": variables_page,
}


def main(words: Sequence[str]) -> int:
    """Write every page, or with --check compare."""
    stale = []
    for name, write in GENERATED.items():
        path, text = PAGES / name, write()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in words:
                path.write_text(text, encoding="utf-8")
    if stale:
        print(("out of date: " if "--check" in words else "written: ") + ", ".join(stale))
    return int(bool(stale) and "--check" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
