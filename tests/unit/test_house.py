"""House rules that hold for every file: layers, imports, names, lengths, and nothing of any one machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "yupana"
LONGEST_FILE = 400
LONGEST_FUNCTION = 50  # statements; the docstring is not counted
HEAVY = ("jax", "xarray", "duckdb", "pandas", "matplotlib", "pyarrow", "pint", "pydantic", "ruamel", "scipy")


@cache
def tracked() -> tuple[Path, ...]:
    """Files under version control, and new ones that are not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return tuple(path for path in map(ROOT.joinpath, done.stdout.splitlines()) if path.is_file())


@cache
def texts() -> dict[str, str]:
    """Text of every tracked text file, by its path from the root."""
    found = {}
    for path in tracked():
        try:
            found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def python_files() -> dict[str, str]:
    """Text of every tracked Python file."""
    return {name: text for name, text in texts().items() if name.endswith(".py")}


def folders() -> list[str]:
    """Names of the packages right below yupana."""
    return sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


def python(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a few lines in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", source], cwd=folder, text=True, capture_output=True)


# --- nothing happens at import ---------------------------------------------------------------------------


def test_import_of_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    done = python(f"import sys, yupana; print([m for m in {HEAVY!r} if m in sys.modules])", tmp_path)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    lines = (
        "import sys\nfrom yupana.cli.main import run\nassert run(['--help']) == 0\n"
        f"print([m for m in {(*HEAVY, 'numpy')!r} if m in sys.modules], file=sys.stderr)"
    )
    done = python(lines, tmp_path)
    assert done.stderr.strip() == "[]", done.stdout + done.stderr


def test_importing_every_module_has_no_effect(tmp_path: Path) -> None:
    lines = """
import importlib, pkgutil, threading, warnings, yupana
for module in pkgutil.walk_packages(yupana.__path__, "yupana."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
import sys
bridge = sys.modules.get("jax._src.xla_bridge")
assert bridge is None or not bridge._backends, "a JAX device was started"
assert threading.active_count() == 1, threading.enumerate()
"""
    done = python(lines, tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


# --- layers ----------------------------------------------------------------------------------------------


def test_every_folder_has_a_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(c for c in settings["contracts"] if c["id"] == "layers")
    assert layers["exhaustive"]
    assert set(folders()) <= {layer.strip("()") for layer in layers["layers"]}


def test_imports_point_back_along_the_flow(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", folders())
def test_folder_says_what_it_must_not_know(folder: str) -> None:
    text = ast.get_docstring(ast.parse((SOURCE / folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    if folder in ("cli", "packs"):
        assert text
        return
    for part in ("in:", "out:", "must not know:"):
        assert part in text.lower(), f"{folder}/__init__.py lacks '{part}'"


def test_code_names_no_place() -> None:
    """Places stand in the pack; `variable[place]` may be an example, the default pack is named once."""
    import json

    from ruamel.yaml import YAML

    places = json.loads(json.dumps(YAML(typ="safe").load(SOURCE / "packs/peru/places.yaml")))
    generic = {"home", "rest", "domestic", "retail", "wholesale", "foreign"}
    kinds = ("zones", "departments", "corridors", "markets", "origins")
    words = {entry["id"] for kind in kinds for entry in places[kind]} - generic
    pattern = re.compile(rf"(?<!\[)\b({'|'.join(sorted(words))})\b", re.I)
    hits = {}
    for name, text in python_files().items():
        if name.startswith("src/"):
            found = [line.strip() for line in text.splitlines() if pattern.search(line)]
            if found:
                hits[name] = found
    lines = [line for found in hits.values() for line in found]
    assert all("DEFAULT_PACK" in line for line in lines), hits
    assert len(lines) <= 1, hits


# --- public names ----------------------------------------------------------------------------------------


def test_public_names_are_those_of_the_docs() -> None:
    import yupana

    page = (ROOT / "docs/reference/python.md").read_text(encoding="utf-8")
    documented = re.findall(r"^::: yupana\.(?:[\w.]+\.)?(\w+)$", page, re.M)
    assert sorted(documented) == sorted(set(yupana.__all__) - {"__version__"})
    assert all(getattr(yupana, name) is not None for name in yupana.__all__)


def test_version_is_one() -> None:
    import yupana

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == yupana.__version__
    assert f"\nversion: {yupana.__version__}\n" in citation
    assert f"## [{yupana.__version__}]" in changes
    assert "Results change" in changes


def test_readme_has_two_commands_and_ci_runs_the_second() -> None:
    readme = texts()["README.md"]
    commands = re.findall(r"^python3 .*$", readme, re.M)
    assert commands == ["python3 tools/start.py run", "python3 tools/start.py test"]
    assert texts()[".ci/run"].rstrip().endswith(f"exec {commands[1]}")


# --- nothing of any one machine --------------------------------------------------------------------------


def test_no_machine_paths() -> None:
    absolute = r"(?<![\w.:/@-])/(?:work|root|home|Users|opt|mnt)/\w"
    path = re.compile(absolute + r"|(?<![\w/])\.\./shared\b|[A-Z]:\\\\Users")
    hits = {
        f"{name}: {line.strip()[:80]}"
        for name, text in texts().items()
        if name != "tests/unit/test_house.py"
        for line in text.splitlines()
        if path.search(line)
    }
    assert not hits


def test_no_registry_hosts() -> None:
    hosts = ("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "conda." + "anaconda")
    hits = {name for name, text in texts().items() if any(host in text for host in hosts)}
    assert not hits


def test_versions_are_pinned_without_addresses() -> None:
    lines = [line for line in texts()["constraints.txt"].splitlines() if line and not line.startswith("#")]
    assert len(lines) > 30
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line)]
    assert not odd
    names = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needs = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted = {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", need)[0]).lower() for need in needs}  # type: ignore[index]
    assert wanted <= names, f"run tools/pin.py: {sorted(wanted - names)}"


# --- size and finish -------------------------------------------------------------------------------------


def test_nothing_left_to_do() -> None:
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    written = {name: text for name, text in texts().items() if name.endswith((".py", ".md", ".yaml"))}
    assert not {name for name, text in written.items() if marks.search(text)}


def test_files_are_short() -> None:
    lengths = {name: text.count("\n") for name, text in python_files().items()}
    assert not {name: lines for name, lines in lengths.items() if lines >= LONGEST_FILE}


def test_functions_are_short() -> None:
    long = {}
    for name, text in python_files().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = statements(node)
                if lines > LONGEST_FUNCTION:
                    long[f"{name}:{node.name}"] = lines
    assert not long


def statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Statements of a function, its docstring aside, however a formatter breaks them into lines."""
    inside = [part for part in ast.walk(node) if isinstance(part, ast.stmt) and part is not node]
    return len(inside) - (ast.get_docstring(node) is not None)


def functions(tree: ast.AST, inner: bool = False) -> Iterator[tuple[ast.FunctionDef, bool]]:
    """Every function of a module, and whether it stands inside another one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node, inner
        yield from functions(node, inner or isinstance(node, ast.FunctionDef))


def test_functions_are_annotated_and_described() -> None:
    bare, mute = [], []
    for name, text in python_files().items():
        if not name.startswith("src/"):
            continue
        for node, inner in functions(ast.parse(text)):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            plain = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            if plain or node.returns is None:
                bare.append(f"{name}:{node.name}({', '.join(plain)})")
            declared = ast.unparse(node.body[-1]) == "..."  # of a protocol, which describes itself
            if not (inner or declared or node.name.startswith("_") or ast.get_docstring(node)):
                mute.append(f"{name}:{node.name}")
    assert not bare
    assert not mute


def test_citations_have_their_work() -> None:
    keys = set(re.findall(r"^@\w+\{(\w+),", texts()["docs/references.bib"], re.M))
    key = re.compile(r"\b([a-z]{3,}(?:19|20)\d{2})\b")
    code = [text for name, text in python_files().items() if name.startswith("src/")]
    cited = {hit for text in code for hit in key.findall(text)}
    cited |= {
        hit
        for name, text in texts().items()
        if name.startswith("docs/explanation/") and name.endswith(".md")
        for hit in re.findall(r"`([a-z]{3,}(?:19|20)\d{2})`", text)
    }
    assert cited <= keys, sorted(cited - keys)
