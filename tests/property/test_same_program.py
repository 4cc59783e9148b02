"""The program that is compiled does not depend on the order in which Python happens to hash names.

It once did: a set of names was summed, so that every process compiled anew and could round differently.
"""

from __future__ import annotations

import os
import subprocess
import sys

LOWERED = """
import hashlib
import numpy as np
from yupana.evidence import load_pack
from yupana.model import Engine, build_config, build_drivers, compile_policy
from yupana.model.engine import TOLERANCE, _compiled, _policy_year, _slice
from yupana.params import PriorSet

pack = load_pack("exampleland")
config = build_config(pack)
drivers = build_drivers(pack, config, pack.start, pack.start)
engine = Engine(config, "float32")
params = engine._cast(PriorSet.from_pack(pack, config.dims).draw(1, 0, 2, "float32"))
noise = engine._cast(engine.draw_noise(1, 0, 2, pack.start, pack.start))
policy, drivers = engine._cast(compile_policy(config, drivers, {})), engine._cast(drivers)
start, year = _compiled(config, False, TOLERANCE["float32"])
first = _slice(drivers, 0)._replace(eradication=np.full(2, 1.0, np.float32))
import jax
fixed, state = jax.eval_shape(start, params, first)
inputs = (_slice(drivers, 0), _policy_year(policy, 0), _slice(noise, 0))
text = year.lower(params, fixed, state, *inputs).as_text()
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_the_program_is_the_same_in_every_process():
    prints = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", LOWERED],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        prints.append(done.stdout.strip())
    assert prints[0] == prints[1]
