"""A short hash of all that decides the draws of a fit: the code of the model and the content of the pack.

A stored result of a long study holds for one such hash only. What changes no draw does not count: comments
and docstrings of the code; notes, titles and reasons of the pack; its claims, scenarios and studies.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yupana.core.hashing import content_hash, hash_bytes
from yupana.evidence.schema import PLACE_GROUPS

if TYPE_CHECKING:
    from yupana.evidence import Pack

DECIDING = (
    "core/streams.py",
    "core/arrays.py",
    "evidence/observations.py",
    "params/*.py",
    "model/*.py",
    *(f"fit/{name}.py" for name in ("data", "space", "posterior", "laplace", "smc", "build")),
)
"""Source files that decide the draws of a fit."""

_PARTICLES = ("blocks", "compiled", "conditionals", "sizes", "samplers", "particles", "starts")
OWN: Mapping[str, tuple[str, ...]] = {
    "blocks": _PARTICLES,
    "nuts": (*_PARTICLES, "nuts", "chains", "centred", "gradient", "ways", "tape", "machine", "elementary"),
}
"""Files of `fit/` that decide the draws of a method beside these; stored results name both hashes."""

WORDS = frozenset({"note", "meaning", "reason", "after_note", "title", "url", "accessed"})
"""Fields of a pack that are words for people."""

SIZE = 24  # characters


def stamp(pack: Pack, until: int | None = None) -> str:
    """Return the hash of the code that fits and of what the pack tells a fit: 24 hexadecimal characters.

    Parameters
    ----------
    pack : a pack; one that is truncated counts as it is.
    until : count only what could be known by the end of this year, as a pack loaded so does; by default
        what the pack holds.

    Notes
    -----
    A fit to 2016 of a whole pack does not depend on later rows: ``stamp(pack, 2016)`` is that of the pack
    loaded with ``until=2016``.
    """
    last = pack.until if until is None else until
    return content_hash({"code": code_hash(), "pack": _content(pack, last)})[:SIZE]


@cache
def code_hash() -> str:
    """Return the hash of the source files that decide draws, without comments and docstrings."""
    root = Path(__file__).resolve().parent.parent
    files = [path for pattern in DECIDING for path in sorted(root.glob(pattern))]
    return content_hash(
        {path.relative_to(root).as_posix(): source_hash(path.read_text("utf-8")) for path in files}
    )


def method_hash(method: str) -> str | None:
    """Return the hash of the source files that only one method of drawing reads; None where it has none.

    Parameters
    ----------
    method : ``"smc"``, ``"blocks"``, ``"laplace"``, ``"nuts"``.
    """
    root = Path(__file__).resolve().parent
    files = {name: source_hash((root / f"{name}.py").read_text("utf-8")) for name in OWN.get(method, ())}
    return content_hash(files)[:SIZE] if files else None


def source_hash(source: str) -> str:
    """Return the hash of what a module says: the same for any comment, docstring, layout or Python."""
    return hash_bytes(_form(ast.parse(source)).encode())


def _form(node: Any) -> str:
    """Return a syntax tree as text.

    Python's own dump and unparser differ between its versions; this form leaves out what they added.
    """
    if isinstance(node, list):
        return "[" + ",".join(map(_form, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for name in node._fields:
        value: Any = getattr(node, name, None)
        if name == "body" and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            value = _without_docstrings(value)
        if isinstance(node, ast.JoinedStr):  # some versions of Python add empty pieces
            value = [item for item in value if getattr(item, "value", None) != ""]
        if value is None or value == []:
            continue
        parts.append(f"{name}={_form(value)}")
    return f"{type(node).__name__}({','.join(parts)})"


def _without_docstrings(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements without the strings that stand alone: they document and do nothing."""
    return [
        item
        for item in body
        if not (
            isinstance(item, ast.Expr)
            and isinstance(item.value, ast.Constant)
            and isinstance(item.value.value, str)
        )
    ]


def _content(pack: Pack, until: int | None) -> dict[str, Any]:
    """Return what a pack tells a fit."""
    ledger = pack.ledger if until in (None, pack.until) else pack.ledger.until(until or 0)
    drivers = [row for row in pack.driver_rows if until is None or row.known <= until]
    used = {row.source for row in ledger}
    return {
        "until": until,
        "info": pack.info.model_dump(include={"id", "start", "money", "home_origin", "home_country"}),
        "places": _plain(pack.places.model_dump(mode="json", include=set(PLACE_GROUPS))),
        "goods": [_plain(item.model_dump(mode="json")) for item in pack.goods.values()],
        "quantities": [_plain(item.model_dump(mode="json")) for item in pack.quantities.values()],
        "sources": _rows(source for name, source in pack.sources.items() if name in used),
        "rows": _rows(ledger),
        "drivers": [_plain(item.model_dump(mode="json")) for item in pack.drivers.values()],
        "driver_rows": _rows(drivers),
        "priors": [_plain(item.model_dump(mode="json")) for item in pack.priors],
        "likelihood": [_plain(item.model_dump(mode="json")) for item in pack.likelihood],
    }


def _rows(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Return flat rows as data, without their words."""
    return [{k: v for k, v in vars(item).items() if k not in WORDS and k != "years"} for item in items]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if key not in WORDS}
    return [_plain(item) for item in value] if isinstance(value, list) else value
