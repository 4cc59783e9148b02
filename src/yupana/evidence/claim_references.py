"""What the claims of a pack ask for exists: quantities, places, sources and rows, years in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yupana.core.names import did_you_mean, listing
from yupana.evidence.loading import Draft
from yupana.evidence.reading import Loc

LABEL = "claims.yaml"


def check_claims(draft: Draft) -> None:
    """Note every reference of the claims that leads nowhere."""
    claims, places = draft.content.get(LABEL), draft.content.get("places.yaml")
    if claims is None or places is None:
        return
    known = {
        "quantity": {item.id for item in draft.content.get("quantities.yaml", ())},
        "place": set(places.all_ids()),
        "source": draft.ids.get("sources", set()),
        "ids": draft.ids.get("evidence", set()),
        "exclude": draft.ids.get("evidence", set()),
    }
    if "quantities.yaml" not in draft.content or draft.unread:
        return
    for loc, query in queries(claims.claims, ("claims",)):
        for field, options in known.items():
            for word in getattr(query, field):
                if word not in options:
                    _note(draft, (*loc, field), field, word, options)


def _note(draft: Draft, loc: Loc, field: str, word: str, options: set[str]) -> None:
    noun = {"ids": "row", "exclude": "row"}.get(field, field)
    draft.note(
        f"a claim asks for an unknown {noun} {word!r}",
        "Y210",
        draft.where(LABEL, loc),
        got=word,
        expected=listing(sorted(options), 8) or f"a {noun}",
        fix=did_you_mean(word, options) or None,
    )


def queries(value: Any, loc: Loc) -> Iterator[tuple[Loc, Any]]:
    """Every query of rows within a claim, with its place in the file."""
    from yupana.evidence.claims import Rows

    if isinstance(value, Rows):
        yield loc, value
    elif hasattr(value, "model_fields_set"):
        for name in type(value).model_fields:
            yield from queries(getattr(value, name), (*loc, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from queries(item, (*loc, index))
