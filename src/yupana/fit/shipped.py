"""The fit that comes with a pack: made once by a documented command, the default source of a run's draws.

It lies in the pack's folder ``posterior`` as any other fit does, with fewer draws, and is no part of the
pack's hash. It holds for one stamp (:mod:`yupana.fit.stamp`): a pack or a model that has changed since is
told so and never falls back on the priors in silence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.core.errors import DataError, UsageError
from yupana.evidence.locate import POSTERIOR
from yupana.fit import store
from yupana.fit.stamp import code_hash, method_hash, stamp

if TYPE_CHECKING:
    from yupana.evidence import Pack

LARGEST = 5_000_000
"""Bytes that a shipped fit may take."""
DRAWS = 1024
"""Draws that are shipped where nobody asks for another number."""
_CUT = 9  # of the 24 binary digits of a float32


def shipped(pack: Pack) -> Path | None:
    """Return the folder of the fit that comes with a pack.

    None where the pack has none, or was truncated to a year before the last that the fit saw.

    Raises
    ------
    DataError
        Y511 where the pack or the model has changed since the fit, Y403 where the folder is damaged.
    """
    folder = pack.path / POSTERIOR
    if not folder.is_dir():
        return None
    record = store.read_record(folder)
    until = int(record.recipe["until"])
    if pack.until is not None and pack.until < until:
        return None
    made = dict((record.about or {}).get("shipped", {}))
    method = str(record.recipe["method"])
    if made.get("stamp") != stamp(pack, until):
        same = made.get("code") == code_hash()
        other = "other figures, priors or drivers" if same else "another version of the model"
    elif made.get("method_code") != method_hash(method):
        other = f"another version of {method}"
    else:
        return folder
    raise DataError(
        "the fit that comes with the pack does not belong to it any more",
        code="Y511",
        where=str(folder),
        got=f"a fit of {other}",
        expected="what it was made from",
        fix=f"draw from the priors with --prior, or make a fit (yupana fit {pack.path} --until {until}) and "
        "name it with --posterior",
    )


def required(pack: Pack) -> Path:
    """Return the folder of the fit that comes with a pack.

    Raises
    ------
    UsageError
        Y505 where there is none.
    """
    folder = shipped(pack)
    if folder is None:
        raise UsageError(
            "no fit is named, and none comes with the pack",
            code="Y505",
            where=f"pack {pack.id}",
            expected="the folder of a fit, or its id",
            fix="make one with `yupana fit`",
        )
    return folder


def thinned(count: int, chains: int, keep: int, one_after_another: bool) -> np.ndarray:
    """Return which of `count` draws are kept: as many of each chain, evenly spaced, the chains in turn.

    Parameters
    ----------
    one_after_another : whether the chains stand one after another (``nuts``), or take turns already.
    """
    order = np.arange(count)
    chain = order // -(-count // chains) if one_after_another else order % chains
    own = [np.flatnonzero(chain == c) for c in np.unique(chain)]
    each = -(-keep // len(own))
    if min(part.size for part in own) < each:
        raise UsageError(
            "the fit has fewer draws",
            code="Y102",
            where="--draws",
            got=str(keep),
            expected=f"at most {count}",
        )
    picked = np.stack([part[np.arange(each) * part.size // each] for part in own], axis=1)
    return picked.ravel()[:keep]


def rounded(values: np.ndarray) -> np.ndarray:
    """Return single precision numbers rounded to 15 binary digits, which take less room once compressed.

    The error is at most 3e-5 of a number: far below what a posterior of so few draws can tell.
    """
    single = values.astype(np.float32)
    bits = single.view(np.uint32) + np.uint32(1 << (_CUT - 1))
    return np.where(np.isfinite(single), (bits & ~np.uint32((1 << _CUT) - 1)).view(np.float32), single)


def command_of(record: store.FitRecord) -> str:
    """Return the command that made a fit."""
    recipe = record.recipe
    names = ("until", "method", "draws", "chains", "seed")
    return " ".join(["yupana fit", recipe["pack"], *(f"--{name} {recipe[name]}" for name in names)])


def ship(source: Path, pack: Pack, draws: int = DRAWS, allow_failed: bool = False) -> Path:
    """Write some draws of a finished fit into its pack, and return the folder.

    Parameters
    ----------
    source : folder of the fit. pack : loaded with the fit's last year as `until`.
    draws : how many are kept. allow_failed : also where a gate failed.

    Raises
    ------
    UsageError
        Y112 for an unfinished fit, Y506 for one that failed a gate, Y102 for too many draws.
    DataError
        Y508 where the fit was made from another pack, or from another state of pack or model.
    """
    record = store.read_record(source)
    if record.status != store.FINISHED or record.about is None:
        raise UsageError("the fit was not finished", code="Y112", where=str(source))
    if record.failed and not allow_failed:
        raise UsageError(
            "the fit failed a gate",
            code="Y506",
            where=record.id,
            got="; ".join(record.failed),
            expected="a fit that passed all its gates, or --allow-failed",
        )
    now = stamp(pack)
    _check_made_from(record, pack, now, source)
    arrays = store.read_arrays(source / store.DRAWS, record.digest)
    recipe = dict(record.recipe)
    picked = thinned(arrays["points"].shape[1], int(recipe["chains"]), draws, recipe["method"] == "nuts")
    kept = {
        "points": rounded(arrays["points"][:, picked]),
        "mode": arrays["mode"],
        "figures": rounded(arrays["figures"][:, picked]),
    }
    target = pack.path / POSTERIOR
    target.mkdir(exist_ok=True)
    digest = store.write_arrays(target / store.DRAWS, kept)
    made: dict[str, Any] = {
        "stamp": now,
        "code": code_hash(),
        "method_code": method_hash(str(recipe["method"])),
        "command": command_of(record),
        "of": record.id,
        "draws": draws,
    }
    # other draws of the same fit are another source of draws: another recipe, so another id
    recipe |= {"shipped_of": record.id, "shipped_draws": draws}
    about = {**record.about, "shipped": made}
    replace(record, recipe=recipe, about=about, digest=digest).write(target)
    return target


def _check_made_from(record: store.FitRecord, pack: Pack, now: str, source: Path) -> None:
    """Refuse a fit of another pack, or of another state of the pack or the model."""
    from yupana.core.software import FITTING, software

    if record.recipe["pack"] != pack.id or record.recipe["until"] != pack.until:
        got = f"{record.recipe['pack']} to {record.recipe['until']}"
        expected = f"{pack.id} to {pack.until}"
    elif "stamp" in record.recipe:
        got, expected = str(record.recipe["stamp"]), now
    else:
        got = f"{record.recipe['pack_hash']}, {record.recipe['software']['numerics']}"
        expected = f"{pack.hash}, {software(FITTING)['numerics']}"
    if got != expected:
        raise DataError(
            "the fit was made from another state of the pack or the model",
            code="Y508",
            where=str(source),
            got=got,
            expected=expected,
            fix="fit again",
        )


def size(folder: Path) -> int:
    """Return the bytes of a shipped fit."""
    return sum(path.stat().st_size for path in folder.iterdir() if not path.name.startswith("."))
