"""Copies of the invented pack that tests may break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from yupana.core.errors import YupanaError
from yupana.evidence.checking import check_pack
from yupana.evidence.loading import load_pack
from yupana.evidence.locate import SHIPPED


def copy_pack(folder: Path, priors: int | None = 3) -> Path:
    """A copy of the invented pack in a new folder, with its first few priors: most tests need no more."""
    target = folder / "pack"
    shutil.copytree(SHIPPED / "exampleland", target)
    if priors is not None:
        entries = (target / "priors.yaml").read_text(encoding="utf-8").split("\n- name:")
        (target / "priors.yaml").write_text("\n- name:".join(entries[: priors + 1]) + "\n", encoding="utf-8")
        for name in ("balance.yaml", "rival_models.yaml"):  # they name priors that are left out
            (target / name).unlink()
    return target


def replace(path: Path, old: str, new: str, count: int = 1) -> None:
    """Replace a text that the file must hold."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} does not hold {old!r}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def append(path: Path, line: str) -> int:
    """Append a line; returns its number."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text + line + "\n", encoding="utf-8")
    return text.count("\n") + 1


def problems_of(root: Path) -> list[YupanaError]:
    """What the full check finds."""
    return list(check_pack(root).problems)


def refusal(root: Path) -> YupanaError:
    """The error that loading raises; fails where it raises none."""
    try:
        load_pack(root)
    except YupanaError as error:
        return error
    raise AssertionError("the pack was accepted")


Breaker = Callable[[Path], None]
