"""What a schema refuses, in words: file, line, key, got, expected, near miss."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean, listing
from yupana.evidence.reading import Document, Loc, Table

M = TypeVar("M", bound=BaseModel)
Where = Callable[[Loc], "tuple[str, ...]"]


def validate(kind: Any, document: Document) -> tuple[Any, list[DataError]]:
    """The validated content of a YAML document, or None, and what is wrong with it.

    Parameters
    ----------
    kind : a model, or a type such as ``list[Model]``.
    """
    try:
        return TypeAdapter(kind).validate_python(document.data), []
    except ValidationError as error:
        return None, explain(error, kind, document.where)


def validate_rows(model: type[M], table: Table) -> tuple[list[tuple[int, M]], list[DataError]]:
    """The validated rows of a CSV table with their lines, and what is wrong with the others."""
    faults = _header_faults(model, table)
    if faults:
        return [], faults
    found: list[tuple[int, M]] = []
    for line, cells in table.rows:
        try:
            found.append(
                (line, model.model_validate({key: text for key, text in cells.items() if text != ""}))
            )
        except ValidationError as error:
            row = cells.get("id", "")

            def where(loc: Loc, line: int = line, row: str = row) -> tuple[str, ...]:
                column = f"column {loc[0]}" if loc else ""
                return (table.label, f"line {line}", f"row {row}" if row else "", column)

            faults += explain(error, model, where, column=True)
    return found, faults


def _header_faults(model: type[BaseModel], table: Table) -> list[DataError]:
    known = list(model.model_fields)
    where = (table.label, "line 1")
    faults = [
        DataError(
            "unknown column",
            code="Y206",
            where=where,
            got=name,
            expected=listing(known, 30),
            fix=did_you_mean(name, known) or None,
        )
        for name in table.header
        if name not in known
    ]
    faults += [
        DataError("a column is missing", code="Y208", where=where, expected=name)
        for name, field in model.model_fields.items()
        if field.is_required() and name not in table.header
    ]
    return faults


PLAIN = {
    "String should have at least 1 character": "some text",
    "a valid dictionary": "a mapping: lines of 'key: value', without a dash before them",
    "a valid list": "a list: lines that begin with a dash, or [a, b]",
    "a valid string": "a text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
}
"""What the checker of types expects, in words for people who write files."""


def explain(error: ValidationError, kind: Any, where: Where, column: bool = False) -> list[DataError]:
    """One `DataError` for each fault of a pydantic error, in the order of the file."""
    faults, seen = [], set()
    for item in error.errors(include_url=False):
        loc: Loc = tuple(part for part in item["loc"] if not _is_tag(part))
        key = (loc, item["type"])
        # A union reports one fault for each of its members; one is enough.
        if key in seen or (item["type"] != "extra_forbidden" and any(loc == other for other, _ in seen)):
            continue
        seen.add(key)
        faults.append(_fault(item, loc, kind, where, column))
    return faults


def _is_tag(part: str | int) -> bool:
    return isinstance(part, str) and any(
        mark in part for mark in ("[key]", "function-", "constrained-", "-literal")
    )


def _fault(item: Any, loc: Loc, kind: Any, where: Where, column: bool) -> DataError:
    sort, name = item["type"], str(loc[-1]) if loc else ""
    noun = "column" if column else "key"
    if sort == "extra_forbidden":
        known = _fields_at(kind, loc[:-1])
        return DataError(
            f"unknown {noun} {name!r}",
            code="Y206",
            where=where(loc),
            got=name,
            expected=listing(known, 30) or None,
            fix=did_you_mean(name, known) or f"remove the {noun}",
        )
    if sort == "missing":
        return DataError(
            f"{'an empty cell' if column else 'a key is missing'}",
            code="Y208",
            where=where(loc),
            got="nothing",
            expected=f"{noun} {name}",
        )
    message, value = str(item["msg"]), item.get("input")
    if sort == "value_error":
        expected, got = _split(message.removeprefix("Value error, "), value)
    else:
        expected, got = message.removeprefix("Input should be ").removeprefix("Value error, "), _show(value)
    expected = PLAIN.get(expected, expected)
    if sort == "model_type":
        expected = f"a mapping with the keys {listing(_fields_at(kind, loc), 8)}"
    if sort == "string_pattern_mismatch":
        expected = f"lower-case letters without accents, digits, no spaces: {item['ctx']['pattern']}"
    code = "Y219" if "finite" in message else "Y207"
    hint = did_you_mean(str(value), _choices(item)) if sort == "literal_error" else ""
    if "string" in sort and isinstance(value, (int, float)):
        hint = "put the value in quotes"
    what = "a number is not finite" if code == "Y219" else f"wrong value of {_subject(loc)}"
    return DataError(what, code=code, where=where(loc), got=got, expected=expected, fix=hint or None)


def _subject(loc: Loc) -> str:
    names = [part for part in loc if isinstance(part, str)]
    return names[-1] if names else ("the entry" if loc else "the file")


def _split(message: str, value: Any) -> tuple[str, str]:
    """Expected and got of a message "expected ...; got ..."."""
    expected, mark, got = message.partition("; got ")
    return expected.removeprefix("expected "), got if mark else _show(value)


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return (
            f"a mapping with the keys {listing([str(key) for key in value], 5)}"
            if value
            else "an empty mapping"
        )
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return "nothing" if value is None else f"{value!r}"


def _choices(item: Any) -> list[str]:
    text = str(item.get("ctx", {}).get("expected", ""))
    return [part.strip(" '") for part in text.replace(" or ", ",").split(",")]


def _fields_at(kind: Any, loc: Loc) -> list[str]:
    """Names of the fields of the model that stands at `loc` within `kind`."""
    current = [kind]
    for part in loc:
        following: list[Any] = []
        for option in current:
            following += _step(option, part)
        current = following
    return [name for option in _models(current) for name in option.model_fields]


def _models(kinds: list[Any]) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
        elif typing.get_origin(kind) in (typing.Union, types.UnionType, typing.Annotated):
            found += _models(list(typing.get_args(kind)))
    return found


def _step(kind: Any, part: str | int) -> list[Any]:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return [found for option in args for found in _step(option, part)]
    if origin is typing.Annotated:
        return _step(args[0], part)
    if origin in (list, tuple) and isinstance(part, int):
        return [arg for arg in args if arg is not Ellipsis]
    if origin is dict:
        return [args[1]]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return [field.annotation] if field is not None else []
    return []
