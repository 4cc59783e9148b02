"""Put a finished fit into its pack, where it is the default of every run.

    python tools/ship_fit.py yupana-fits/ID src/yupana/packs/NAME

Some draws of each chain are kept, so that the folder takes at most 5 MB. The fit must belong to the pack and
the model as they stand.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from yupana.core.errors import YupanaError
from yupana.evidence import load_pack
from yupana.evidence.locate import POSTERIOR
from yupana.fit.informed import informed_by
from yupana.fit.shipped import DRAWS, LARGEST, command_of, ship, size
from yupana.fit.store import read_record
from yupana.study import load


def main() -> int:
    """Write the folder, say what is in it, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("fit", type=Path, help="folder of the fit")
    parser.add_argument("pack", type=Path, help="folder of the pack")
    parser.add_argument("--draws", type=int, default=DRAWS, help=f"draws that are kept (default {DRAWS})")
    parser.add_argument("--allow-failed", action="store_true", help="also a fit that failed a gate")
    asked = parser.parse_args()
    try:
        record = read_record(asked.fit)
        pack = load_pack(asked.pack, until=int(record.recipe["until"]))
        folder = ship(asked.fit, pack, asked.draws, asked.allow_failed)
        study = load(asked.pack)
        assert study.shipped is not None
        # how much of each number is prior: stored beside the draws, so that no run has to find out
        informed_by(study.pack, study.config, study.priors, study.shipped, folder)
    except YupanaError as error:
        print(f"ship_fit: {error}", file=sys.stderr)
        return error.exit_code
    taken = size(folder)
    print(
        f"{folder}: {asked.draws} draws of {record.id}, {taken / 1e6:.2f} MB; made by: {command_of(record)}"
    )
    if taken <= LARGEST:
        return 0
    shutil.rmtree(asked.pack / POSTERIOR)
    print(f"ship_fit: more than {LARGEST / 1e6:g} MB, removed again: keep fewer --draws", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
