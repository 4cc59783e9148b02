"""In: parameter draws, drivers, policy and noise as arrays. Out: states, flows and a result code a member.

Must not know: files, scenario names, countries, colours; one mechanism a file, pure functions of arrays.
"""

from yupana.model.config import Config, build_config
from yupana.model.drivers import Drivers, build_drivers
from yupana.model.engine import BLOCK, Block, Engine
from yupana.model.parameters import PARAMETERS, Parameter
from yupana.model.policy import SIGNALS, Policy, compile_policy, lever_names
from yupana.model.variables import VARIABLES, Variable, element_names

__all__ = [
    "BLOCK",
    "PARAMETERS",
    "SIGNALS",
    "VARIABLES",
    "Block",
    "Config",
    "Drivers",
    "Engine",
    "Parameter",
    "Policy",
    "Variable",
    "build_config",
    "build_drivers",
    "compile_policy",
    "element_names",
    "lever_names",
]
