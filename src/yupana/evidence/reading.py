"""Files of a pack to plain data that remembers on which line everything stood.

Nothing here knows what a file means. Whatever a file holds, the outcome is data or a `DataError` that names
file and line: empty, binary, wrongly encoded, unclosed, repeated keys, lines with a cell too many.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, from_os_error
from yupana.core.names import did_you_mean

Loc = tuple[str | int, ...]
MAX_DEPTH = 60  # deeper nesting is a mistake, or a circle of YAML aliases
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Document:
    """Data of one file and the line of each of its parts."""

    label: str
    data: Any
    lines: Mapping[Loc, int] = field(default_factory=dict)

    def line(self, loc: Loc) -> int | None:
        """The line of the innermost part of `loc` that the file has."""
        for size in range(len(loc), -1, -1):
            if loc[:size] in self.lines:
                return self.lines[loc[:size]]
        return None

    def where(self, loc: Loc = ()) -> tuple[str, ...]:
        """File, line, entry of a list and key path as parts of an error's `where`."""
        line, entry, rest = self.line(loc), "", loc
        if loc and isinstance(loc[0], int) and isinstance(self.data, list) and loc[0] < len(self.data):
            item, rest = self.data[loc[0]], loc[1:]
            name = item.get("id", item.get("name")) if isinstance(item, dict) else None
            entry = f"entry {name if isinstance(name, str) else loc[0] + 1}"
        path = key_path(rest)
        return (self.label, f"line {line}" if line else "", entry, f"key {path}" if path else "")


@dataclass(frozen=True)
class Table:
    """A CSV file: header and rows as texts, each with its line."""

    label: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def key_path(loc: Loc) -> str:
    """A location in words: ``zones[2].id``."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def read_text(path: Path, label: str) -> str:
    """The text of a file.

    Raises
    ------
    DataError
        Y201 missing, Y202 binary or not UTF-8, Y203 empty.
    EnvironmentFault
        When the operating system refuses.
    """
    try:
        if not path.exists():
            near = (
                did_you_mean(path.name, [p.name for p in path.parent.iterdir()])
                if path.parent.is_dir()
                else ""
            )
            raise DataError(
                "a file is missing", code="Y201", where=label, expected="a file", fix=near or None
            )
        if not path.is_file():
            raise DataError(
                "a file was expected", code="Y201", where=label, got="a folder", expected="a file"
            )
        if path.stat().st_size > MAX_BYTES:
            raise DataError("the file is too large", code="Y202", where=label, expected="at most 64 MiB")
        raw = path.read_bytes()
    except OSError as fault:
        raise from_os_error(fault, "reading", label) from None
    if b"\x00" in raw:
        raise DataError(
            "the file is binary", code="Y202", where=label, got="null bytes", expected="UTF-8 text"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise DataError(
            "the file is not UTF-8 text",
            code="Y202",
            where=(label, f"line {line}"),
            got=f"byte 0x{raw[fault.start]:02x}",
            expected="UTF-8 text",
        ) from None
    if not text.strip():
        raise DataError("the file is empty", code="Y203", where=label, got="nothing")
    return text


def read_yaml(path: Path, label: str) -> Document:
    """The data of a YAML file.

    Raises
    ------
    DataError
        As `read_text`; Y203 nothing but comments, Y204 broken YAML, Y205 a key given twice.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = read_text(path, label)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DataError(
            "broken YAML", code="Y204", where=(label, line), got=_yaml_reason(fault), expected="valid YAML"
        ) from None
    except (YAMLError, ValueError, RecursionError) as fault:
        reason = (str(fault).strip() or type(fault).__name__).splitlines()[0]
        raise DataError("broken YAML", code="Y204", where=label, got=reason) from None
    if node is None:
        raise DataError("the file is empty", code="Y203", where=label, got="comments only")
    lines: dict[Loc, int] = {}
    return Document(label, _build(node, (), lines, label), lines)


def _yaml_reason(fault: Any) -> str:
    context, problem = fault.context or "", fault.problem or ""
    return f"{context}: {problem}".strip(": ") or "not understood"


def _build(node: Any, loc: Loc, lines: dict[Loc, int], label: str) -> Any:
    """Plain data of a composed node; notes the line of every part."""
    line = node.start_mark.line + 1
    lines.setdefault(loc, line)
    if len(loc) > MAX_DEPTH:
        raise DataError(
            "the YAML is nested too deeply",
            code="Y204",
            where=(label, f"line {line}"),
            got="a circle of aliases?",
        )
    kind = type(node).__name__
    if kind == "SequenceNode":
        return [_build(child, (*loc, i), lines, label) for i, child in enumerate(node.value)]
    if kind == "MappingNode":
        return _build_mapping(node, loc, lines, label)
    return _scalar(node, label)


def _build_mapping(node: Any, loc: Loc, lines: dict[Loc, int], label: str) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if type(key_node).__name__ != "ScalarNode":
            raise DataError("a key must be a word", code="Y204", where=(label, f"line {line}"), got="a list")
        key = _scalar(key_node, label)
        part: str | int = key if isinstance(key, int) and not isinstance(key, bool) else str(key_node.value)
        if part in found:
            raise DataError(
                "a key is given twice",
                code="Y205",
                where=(label, f"line {line}", f"key {key_path((*loc, part))}"),
                got=f"{part!r} again; first on line {lines[(*loc, part)]}",
                expected="each key once",
            )
        lines[(*loc, part)] = line
        found[part] = _build(child, (*loc, part), lines, label)
    return found


def _scalar(node: Any, label: str) -> Any:
    text, tag = str(node.value), str(node.tag).rsplit(":", 1)[-1]
    try:
        if tag == "null":
            return None
        if tag == "bool":
            return text.strip().lower() == "true"
        if tag == "int":
            return _integer(text)
        if tag == "float":
            return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        pass
    if tag not in ("str", "timestamp", "int", "float", "bool"):
        line = node.start_mark.line + 1
        raise DataError(
            "a YAML tag is not allowed", code="Y204", where=(label, f"line {line}"), got=str(node.tag)
        )
    return text


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    if plain.lower().lstrip("+-").startswith(("0x", "0o", "0b")):
        return int(plain, 0)
    return int(plain)


def read_csv(path: Path, label: str) -> Table:
    """The rows of a CSV file as texts.

    Raises
    ------
    DataError
        As `read_text`; Y218 where a line has another number of cells than the header, Y205 where a column
        is given twice.
    """
    reader = csv.reader(io.StringIO(read_text(path, label), newline=""), strict=True)
    lines = _csv_lines(reader, label)
    _, names = next(lines)
    header = tuple(name.strip() for name in names)
    repeated = {name for name in header if header.count(name) > 1}
    if repeated:
        raise DataError(
            "a column is given twice", code="Y205", where=(label, "line 1"), got=sorted(repeated)[0]
        )
    rows = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise DataError(
                "a line does not fit the header",
                code="Y218",
                where=(label, f"line {line}"),
                got=f"{len(cells)} cells",
                expected=f"{len(header)} cells: {','.join(header)}",
            )
        rows.append((line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return Table(label, header, tuple(rows))


def _csv_lines(reader: Any, label: str) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as fault:
        raise DataError("broken CSV", code="Y218", where=(label, f"line {line}"), got=str(fault)) from None
