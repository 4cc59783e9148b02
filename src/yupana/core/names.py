"""Names: near misses and the one rule for identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable

ID_PATTERN = r"^[a-z][a-z0-9_]*$"
"""Ids of places, units, levers, quantities and priors: lower-case words joined by underscores."""

ROW_ID_PATTERN = r"^[a-z0-9][a-z0-9_.+-]*$"
"""Ids of evidence rows: as ids, and they may hold hyphens, dots and digits in front."""

SCENARIO_PATTERN = r"^[a-z][a-z0-9_-]*$"
"""Names of scenarios: as ids, and they may hold hyphens."""

_ELEMENT = re.compile(r"^(?P<base>[a-z][a-z0-9_]*)(?:\[(?P<element>[a-z0-9_]+)\])?$")


def is_id(word: str) -> bool:
    """Whether `word` can be an id."""
    return re.fullmatch(ID_PATTERN, word) is not None


def is_row_id(word: str) -> bool:
    """Whether `word` can be the id of an evidence row."""
    return re.fullmatch(ROW_ID_PATTERN, word) is not None


def split_key(key: str) -> tuple[str, str | None]:
    """Split ``base[element]`` into its two parts; the element is None where there is none.

    Raises
    ------
    ValueError
        When `key` is not of that form.

    Examples
    --------
    >>> split_key("coca_area[north]")
    ('coca_area', 'north')
    """
    match = _ELEMENT.match(key)
    if match is None:
        raise ValueError(f"{key!r} is not of the form name or name[element]")
    return match["base"], match["element"]


def _fold(word: str) -> str:
    return re.sub(r"[\s_\-]+", "_", word.strip().lower())


def closest(word: str, options: Iterable[str], limit: int = 3) -> list[str]:
    """The options nearest to `word`, best first, ignoring case, hyphens and underscores."""
    import difflib

    by_fold: dict[str, str] = {}
    for option in options:
        by_fold.setdefault(_fold(str(option)), str(option))
    folded = _fold(str(word))
    hits = difflib.get_close_matches(folded, list(by_fold), limit, 0.6)
    scores = [difflib.SequenceMatcher(None, hit, folded).ratio() for hit in hits]
    # Much weaker matches than the best would only distract.
    return [by_fold[hit] for hit, score in zip(hits, scores, strict=True) if score >= scores[0] - 0.1]


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """The question "did you mean ...?", or an empty string where nothing is near.

    Examples
    --------
    >>> did_you_mean("baselin", ["baseline", "eradicate"])
    "did you mean 'baseline'?"
    """
    hits = closest(word, options)
    if not hits:
        return ""
    return "did you mean " + " or ".join(repr(hit) for hit in hits) + "?"


def listing(options: Iterable[str], limit: int = 12) -> str:
    """The options as a comma-separated text, shortened past `limit`."""
    words = [str(option) for option in options]
    if len(words) <= limit:
        return ", ".join(words)
    return ", ".join(words[:limit]) + f", ... ({len(words)} in all)"
