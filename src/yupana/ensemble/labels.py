"""Names for people of what a variable can run over: from the pack, or words for what every pack shares."""

from __future__ import annotations

from typing import Any

_GROUPS = {
    "zone": "zones",
    "corridor": "corridors",
    "market": "markets",
    "tier": "tiers",
    "institution": "institutions",
    "district": "districts",
    "city": "cities",
    "buyer": "buyers",
    "trade": "trades",
}
"""Dimension -> list of places.yaml that names its elements."""

_WORDS: dict[str, dict[str, str]] = {
    "form": {"base": "Base", "hydrochloride": "Hydrochloride"},
    "user": {"light": "Light users", "heavy": "Heavy users"},
    "person": {
        "growers": "Growers",
        "carriers": "Carriers",
        "clan_members": "Members of clans",
        "leaders": "Leaders",
        "foreigners": "Foreigners",
    },
    "work": {
        "timber": "Timber",
        "gold_illegal": "Gold, illegal",
        "gold_informal": "Gold, informal",
        "gold_formal": "Gold, formal",
        "coca": "Coca",
    },
    "registry": {"illegal": "Illegal", "informal": "Informal", "formal": "Formal"},
    "cause": {
        "contest": "Contests of groups",
        "succession": "Fallen leaders",
        "insurgents": "Insurgents",
        "retail": "Retail turf",
        "threats": "Threatened leaders",
        "mining": "Mines and forests",
        "extortion": "Extortion",
        "background": "Everything else",
    },
    "site": {"elsewhere": "Elsewhere"},
    "account": {
        "gold_miners": "Gold miners",
        "gold_owners": "Owners of gold mines",
        "gold_traders": "Gold traders",
        "loggers": "Loggers",
        "timber_traders": "Timber traders",
        "officials": "Officials",
        "armed_groups": "Armed groups",
        "extorters": "Extorters",
    },
    "illicit_trade": {
        "cocaine": "Cocaine",
        "gold": "Gold",
        "timber": "Timber",
        "protection": "Protection",
        "extortion": "Extortion",
    },
    "residence": {"home": "At home", "abroad": "Abroad"},
}

_BORROWS = {
    "foreign_market": ("market",),
    "rival": ("origin",),
    "contest": ("zone", "corridor", "market", "district"),
    "site": ("zone", "corridor", "market", "district", "city"),
    "account": ("tier", "trade"),
    "illicit_trade": ("trade",),
}
"""Dimension -> dimensions whose elements it takes in."""


def labels_of(pack: Any) -> dict[str, dict[str, str]]:
    """Return names for people: dimension -> id -> name."""
    labels = {
        dim: {place.id: place.name for place in getattr(pack.places, group)} for dim, group in _GROUPS.items()
    }
    labels["origin"] = {origin.id: origin.name for origin in pack.places.origins}
    for dim, words in _WORDS.items():
        labels[dim] = dict(words)
    for dim, others in _BORROWS.items():
        borrowed = {key: name for other in others for key, name in labels[other].items()}
        labels[dim] = borrowed | labels.get(dim, {})
    return labels
