"""One table owns every default: no signature and no option may have another."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

from yupana.core.errors import UsageError
from yupana.core.settings import DEFAULT_PACK, SETTINGS, check_setting, default
from yupana.evidence.locate import shipped_packs
from yupana.fit.build import build_posterior

NAMES = {setting.name for setting in SETTINGS}


def test_the_table_is_complete() -> None:
    assert len(NAMES) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.owner
        assert setting.meaning
        assert setting.overrides
        assert setting.default is not None or setting.default_from or setting.name == "until", setting.name
        if setting.default is not None and setting.kind == "int":
            assert check_setting(setting.name, setting.default) == setting.default


def test_the_default_pack_is_shipped() -> None:
    assert default("pack") == DEFAULT_PACK
    assert (next(iter(shipped_packs().values())).parent / DEFAULT_PACK).is_dir()


def _defaults_of(function: Any) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def test_python_takes_its_defaults_from_the_table() -> None:
    import yupana
    from yupana.study import Study

    for function in (Study.run, Study.plan, yupana.load, Study.__init__):
        for name, value in _defaults_of(function).items():
            if name in NAMES:
                assert value is None or value == default(name), f"{function.__qualname__}: {name}={value}"


def test_the_shell_takes_its_defaults_from_the_table() -> None:
    from yupana.cli.main import load_verb

    for parameter in load_verb("run").params:
        value = parameter.default
        blank = value in (None, (), [], False) or "UNSET" in repr(value)
        if parameter.name in NAMES and not blank:
            assert value == default(parameter.name), f"--{parameter.name}={value}"


#: options of a verb whose setting has another name, since a run has one of the same word
OWN = {"fit": {"until": "fit_until", "draws": "fit_draws"}, "score": {"last": "score_to"}}
#: options that ask for nothing unless they are given
BLANK = (None, (), [], False)


@pytest.mark.parametrize("verb", ["run", "fit", "diagnose", "score", "audit", "identify", "show", "plot"])
def test_every_verb_takes_its_defaults_from_the_table(verb: str) -> None:
    from yupana.cli.main import load_verb

    for parameter in load_verb(verb).params:
        name = OWN.get(verb, {}).get(str(parameter.name), parameter.name)
        if name in NAMES and parameter.default not in BLANK and "UNSET" not in repr(parameter.default):
            assert parameter.default == default(str(name)), f"{verb} --{parameter.name}={parameter.default}"


def test_options_of_a_fit_and_of_scores_are_settings() -> None:
    """What decides the numbers of a fit, or how it is made, stands in the table under one name."""
    from yupana.cli.main import load_verb

    for verb, free in (("fit", {"as_json"}), ("run", {"as_json", "quiet", "help"})):
        names = {OWN.get(verb, {}).get(str(p.name), str(p.name)) for p in load_verb(verb).params}
        missing = {n for n in names if n not in NAMES and n.rstrip("s") + "s" not in NAMES} - free
        assert not missing, f"{verb}: {sorted(missing)}"


def _own_defaults(path: Path) -> list[str]:
    """Defaults that a module writes down for what the table owns: arguments, and fields of classes."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            named = [*node.args.posonlyargs, *node.args.args]
            pairs = list(zip(reversed(named), reversed(node.args.defaults), strict=False))
            pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d]
            found += [(node.name, a.arg, d) for a, d in pairs]
        if isinstance(node, ast.ClassDef):
            fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and item.value]
            found += [(node.name, f.target.id, f.value) for f in fields if isinstance(f.target, ast.Name)]
    owned = {*NAMES, "until", "chains"}
    return [
        f"{path.name}: {where}({name}={value.value!r})"
        for where, name, value in found
        if name in owned and isinstance(value, ast.Constant) and value.value not in BLANK
    ]


def test_nothing_in_fit_has_a_default_of_its_own(tmp_path: Path) -> None:
    import yupana.fit

    folder = Path(str(yupana.fit.__file__)).parent
    assert [line for path in sorted(folder.glob("*.py")) for line in _own_defaults(path)] == []
    planted = tmp_path / "planted.py"  # and such a default would be seen
    planted.write_text(
        "class A:\n    threads: int = 2\ndef f(draws=8, *, seed: int = 3, out=None): pass\n", encoding="utf-8"
    )
    assert len(_own_defaults(planted)) == 3


@pytest.mark.parametrize("name", ["seed", "threads", "steps_per_year", "price_solve_steps", "dtype"])
def test_run_and_fit_share_what_both_use(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A study is the one way to both: what it hands to a fit is what it hands to a run."""
    from yupana.fit import fitting, store
    from yupana.study import Study, load

    study = load("exampleland", until=2004)
    seen: dict[str, Any] = {}

    def fit(
        pack: Any, config: Any, priors: Any, request: Any, recipe: Any, folder: Any, threads: int, *_: Any
    ) -> Any:
        seen.update(threads=threads, seed=request.seed, steps_per_year=config.steps_per_year)
        seen.update(price_solve_steps=config.price_solve_steps)

    monkeypatch.setattr(fitting, "run_fit", fit)
    monkeypatch.setattr(store, "check_free", lambda *a, **k: None)
    study.fit()
    seen["dtype"] = _defaults_of(build_posterior)["dtype"]
    recipe = study.plan(prior=True).manifest.recipe
    shared = {**recipe, "threads": default("threads"), "price_solve_steps": study.config.price_solve_steps}
    assert seen[name] == shared[name] == default(name)
    assert isinstance(study, Study)


def test_the_model_takes_its_defaults_from_the_table() -> None:
    from yupana.ensemble.recipe import CHUNK
    from yupana.model import Config, build_config

    fields = Config.__dataclass_fields__
    assert fields["steps_per_year"].default == default("steps_per_year")
    assert fields["price_solve_steps"].default == default("price_solve_steps")
    assert _defaults_of(build_config)["steps_per_year"] == default("steps_per_year")
    assert default("chunk") == CHUNK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("draws", 0),
        ("draws", -1),
        ("draws", "x"),
        ("draws", "5"),
        ("draws", 1.5),
        ("draws", float("nan")),
        ("draws", True),
        ("seed", -1),
        ("threads", 0),
        ("steps_per_year", 0),
        ("dtype", "float16"),
        ("monthly", 1),
    ],
)
def test_values_out_of_range(name: str, value: object) -> None:
    with pytest.raises(UsageError) as caught:
        check_setting(name, value)
    assert caught.value.where == "--" + name.replace("_", "-")
    assert caught.value.expected


def test_values_in_range() -> None:
    assert check_setting("draws", 7.0) == 7
    assert check_setting("draws", None) == default("draws")
    assert check_setting("until", None) is None
    assert check_setting("dtype", "float64") == "float64"


@pytest.mark.parametrize(
    ("asked", "chains"), [({}, 2), ({"method": "smc"}, 4), ({"method": "blocks", "chains": 3}, 3)]
)
def test_blocks_usually_has_two_repetitions(
    asked: dict[str, Any], chains: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yupana.fit import fitting, store
    from yupana.study import load

    seen: list[int] = []
    monkeypatch.setattr(fitting, "run_fit", lambda *given: seen.append(given[3].chains))
    monkeypatch.setattr(store, "check_free", lambda *a, **k: None)
    load("exampleland", until=2004).fit(**asked)
    assert seen == [chains]


def test_a_misspelt_choice_is_told_what_is_near() -> None:
    from yupana.core.errors import UsageError

    with pytest.raises(UsageError, match="did you mean 'blocks'") as refused:
        check_setting("method", "block")
    assert refused.value.code == "Y102"
