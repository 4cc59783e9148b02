"""JSON Schemas of every file of a pack, written from the models that the loader itself uses."""

from __future__ import annotations

from typing import Any

BASE = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """Name of the schema file -> JSON Schema; of a CSV file, the schema of one row."""
    from pydantic import TypeAdapter

    from yupana.evidence import schema, schema_study
    from yupana.evidence.accounts.schema import AccountsFile
    from yupana.evidence.claims import ClaimFile
    from yupana.evidence.rows import Measurement, Source
    from yupana.evidence.schema_balance import Balance
    from yupana.evidence.schema_disputes import Dispute
    from yupana.evidence.schema_hindcast import HindcastFile
    from yupana.evidence.schema_likelihood import LikelihoodSeries
    from yupana.evidence.schema_rival_models import RivalQuestion
    from yupana.evidence.schema_studies import FieldStudy

    kinds: dict[str, tuple[Any, str]] = {
        "pack": (schema.PackInfo, "pack.yaml"),
        "places": (schema.Places, "places.yaml"),
        "goods": (list[schema.Good], "goods.yaml"),
        "quantities": (list[schema.Quantity], "quantities.yaml"),
        "sources": (Source, "sources.csv, one row"),
        "evidence": (Measurement, "evidence/*.csv, one row"),
        "checks": (list[schema.Check], "checks.yaml"),
        "disputes": (list[Dispute], "disputes.yaml"),
        "drivers": (list[schema_study.DriverInfo], "drivers.yaml"),
        "driver_rows": (schema_study.DriverRow, "drivers/*.csv, one row"),
        "priors": (list[schema_study.PriorEntry], "priors.yaml"),
        "levers": (list[schema_study.Lever], "levers.yaml"),
        "scenario": (schema_study.Scenario, "scenarios/NAME.yaml"),
        "claims": (ClaimFile, "claims.yaml"),
        "accounts": (AccountsFile, "accounts.yaml"),
        "balance": (Balance, "balance.yaml"),
        "hindcast": (HindcastFile, "hindcast.yaml"),
        "likelihood": (list[LikelihoodSeries], "likelihood.yaml"),
        "rival_models": (list[RivalQuestion], "rival_models.yaml"),
        "studies": (list[FieldStudy], "studies.yaml"),
    }
    found = {}
    for name, (kind, title) in kinds.items():
        body = TypeAdapter(kind).json_schema(mode="validation")
        found[name] = {"$schema": BASE, **body, "title": title}
    return found
