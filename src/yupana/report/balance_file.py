"""The file that `--out` of a reconciliation names: checked before the work, written after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from yupana.core.errors import UsageError
from yupana.core.names import did_you_mean
from yupana.report.balance_sankey import WIDTHS
from yupana.report.save import FORMATS

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.reconcile.result import Reconciliation

DATA = (".csv", ".json")


def check_file(out: Path, width: str) -> None:
    """Refuse a file or a width that the diagram cannot have, before anything is computed.

    Raises
    ------
    UsageError
        Y109 where the ending is no format; Y102 for an unknown width; Y105 where the data beside the picture
        would replace files that are not of a picture.
    """
    if out.suffix[1:].lower() not in FORMATS or out.is_dir():
        raise UsageError(
            "the picture has no known ending",
            code="Y109",
            where="--out",
            got=str(out),
            expected=f"a file that ends in {' or '.join('.' + kind for kind in FORMATS)}",
        )
    if width not in WIDTHS:
        raise UsageError(
            f"unknown width {width!r}",
            code="Y102",
            where="--width",
            got=width,
            expected=" or ".join(WIDTHS),
            fix=did_you_mean(width, WIDTHS) or None,
        )
    others = [out.with_suffix(kind) for kind in DATA]
    taken = [path.name for path in others if path.exists()]
    if taken and not any(out.with_suffix(f".{kind}").exists() for kind in FORMATS):
        raise UsageError(
            "the data beside the picture would replace files that are not of a picture",
            code="Y105",
            where="--out",
            got=", ".join(taken),
            fix="give the picture another name",
        )


def draw_file(
    found: Reconciliation, out: Path, year: int, pack: Pack | None = None, width: str = "screen"
) -> tuple[Path, ...]:
    """Draw one year of a reconciliation into a file, its data beside it, and return the paths.

    Parameters
    ----------
    found, year, pack : as in `gather_balance.balance_picture`.
    out : file that ends in .svg or .png.
    width : screen, for 900 pixels of a page on a screen, or a4, for the text of a page of A4.

    Raises
    ------
    UsageError
        As `check_file` does; Y102 where there is no flow in the year.
    EnvironmentFault
        Where the machine refuses.
    """
    from dataclasses import replace

    from yupana.report.gather_balance import balance_picture
    from yupana.report.save import save_picture

    check_file(out, width)
    picture = balance_picture(found, year, pack, WIDTHS[width])
    return save_picture(replace(picture, name=out.stem), out.parent, (out.suffix[1:].lower(),))
