"""Imports point downwards, engines are imported lazily and in few places, modules stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("harness", "tasks", "scorers", "reports", "leaderboard")
BASE = {"harness.core", "harness.files", "harness.archive"}

# Each module, or each folder of modules, with what it may import of the project besides its own folder.
ALLOWED: dict[str, set[str]] = {
    "harness.core": set(),
    "harness.archive": set(),
    "harness.files": {"harness.core", "harness.archive"},
    "harness.registry": {"harness.core"},
    "harness.thinking": {"harness.core"},
    "harness.policy": {"harness.core", "harness.meter", "harness.thinking"},
    "harness.meter": set(),
    "harness.batcher": {"harness.core"},
    "harness.steps": set(),
    "harness.endpoint": {"harness.core"},
    "harness.tree": {"harness.core"},
    "harness.verification": {"harness.core", "harness.steps"},
    "harness.choice": {"harness.core"},
    "harness.synthetic": {"harness.core"},
    "harness.tokenizer": {"harness.core", "harness.thinking"},
    "harness.calls": BASE,
    "harness.limits": {*BASE, "harness.calls"},
    "harness.run": BASE,
    "harness.models": {*BASE, "harness.registry"},
    "harness.strategies": {f"harness.{name}" for name in ("core", "policy", "steps", "tree", "verification")},
    "harness.verifiers": {
        *BASE,
        *(
            f"harness.{name}"
            for name in ("batcher", "endpoint", "replicas", "models", "registry", "synthetic", "tokenizer")
        ),
    },
    "harness.backends": {
        *BASE,
        *(f"harness.{n}" for n in ("batcher", "endpoint", "replicas", "models", "registry", "synthetic", "tokenizer")),
        "harness.thinking",
    },
    "scorers": {"harness.core", "harness.thinking"},
    "tasks": {*BASE, "scorers"},
    "harness.records": {"harness.core", "harness.choice", "harness.registry", "harness.run", "harness.thinking"},
    "harness.judge": {"harness.core", "harness.calls", "harness.thinking"},
    "harness.desk": {"harness.core", "harness.calls", "harness.thinking", "scorers"},
    "harness.outcomes": {"harness.core", "harness.run", "scorers"},
    "harness.localization": {"harness.run", "scorers"},
    "harness.results": {
        *(f"harness.{n}" for n in ("analysis", "core", "calls", "localization", "outcomes", "registry", "run")),
        "scorers",
    },
    "harness.baseline": {*BASE, "harness.outcomes", "harness.results", "harness.run", "scorers"},
    "harness.gate": {"harness.baseline", "harness.run", "scorers"},
    "harness.replicas": {"harness.core"},
    "harness.rerun": {*BASE, "scorers"},
    "harness.forecast": {"harness.core"},
    "harness.merge": {*BASE, "harness.results", "harness.run"},
    "harness.progress": {"harness.core", "harness.run", "scorers"},
    "harness.regrade": {
        *BASE,
        *(f"harness.{name}" for name in ("calls", "judge", "records", "results", "run", "thinking")),
        "scorers",
    },
    "harness.replay": {
        *BASE,
        *(
            f"harness.{name}"
            for name in ("calls", "choice", "desk", "registry", "steps", "run", "verification", "analysis")
        ),
        "scorers",
    },
    "harness.evaluate": {
        *BASE,
        *(
            f"harness.{name}"
            for name in (
                *("calls", "choice", "desk", "judge", "limits", "meter", "policy", "progress", "records", "registry"),
                *("results", "run", "thinking", "verification", "analysis"),
            )
        ),
        "scorers",
    },
    "harness.traces": {"harness.core", "harness.steps", "scorers"},
    "harness.analysis": {
        *BASE,
        *(f"harness.{name}" for name in ("choice", "outcomes", "run", "thinking", "traces")),
        "scorers",
    },
    "harness.exports": {
        *BASE,
        *(f"harness.{name}" for name in ("analysis", "calls", "models", "outcomes", "registry", "results", "run")),
        "harness.tokenizer",
        "scorers",
        "tasks",
    },
    "harness.housekeeping": {*BASE, "harness.run"},
    "harness.watching": {*BASE, "harness.housekeeping", "harness.progress", "harness.run", "scorers"},
    "harness.imports": {
        *BASE,
        *(f"harness.{name}" for name in ("records", "results", "run")),
        "scorers",
        "tasks",
    },
    "reports": {
        *BASE,
        *(
            f"harness.{name}"
            for name in ("analysis", "baseline", "housekeeping", "outcomes", "registry", "results", "run", "traces")
        ),
        "scorers",
    },
    "leaderboard": {
        *BASE,
        *(f"harness.{name}" for name in ("analysis", "baseline", "outcomes", "results", "run")),
        *("reports", "scorers"),
    },
    "harness.commands": {"harness", "tasks", "scorers", "reports", "leaderboard"},
    "harness.cli": {"harness.core", "harness.commands"},
}
ENGINES = {"torch", "vllm", "transformers", "ray", "huggingface_hub", "gguf"}
ENGINE_USERS = (
    "harness.backends",
    "harness.verifiers",
    "harness.models",
    "harness.tokenizer",
    "harness.commands.doctor",
)
# First-party imports inside functions hide cycles; the commands alone defer theirs, so that `--help` stays quick.
DEFERRING = ("harness.commands", "harness.cli")


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, inside a function) for every import of a file; those for type checkers alone do not count."""
    tree = ast.parse(path.read_text())
    skipped: set[ast.AST] = set()
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            skipped.update(ast.walk(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            known = {name for name, _ in modules()}
            yield from ((name if name in known else str(node.module), node in inside) for name in names)


def within(name: str, folder: str) -> bool:
    return name == folder or name.startswith(folder + ".")


def layer(name: str) -> str:
    """The entry of ALLOWED that a module belongs to."""
    found = [entry for entry in ALLOWED if within(name, entry)]
    return max(found, key=len, default="")


MODULES = list(modules())


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_point_downwards(name: str, path: Path) -> None:
    if name in ("harness",):
        return
    own = layer(name)
    assert own, f"{name} has no place in the layers"
    for imported, inside in imports(path):
        if imported.split(".")[0] in PACKAGES:
            allowed = within(imported, own) or any(within(imported, entry) for entry in ALLOWED[own])
            assert allowed, f"{name} imports {imported}"
            assert not inside or name.startswith(DEFERRING), f"{name} imports {imported} inside a function"
        if imported.split(".")[0] in ENGINES:
            assert name.startswith(ENGINE_USERS), f"{name} imports the engine {imported}"
            assert inside, f"{name} imports {imported} at its top"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_modules_are_small(name: str, path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_the_rule_catches_an_upward_import(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("def f():\n    from harness.evaluate import evaluate\n    import torch\n")
    assert set(imports(file)) == {("harness.evaluate", True), ("torch", True)}
    assert not any(within("harness.evaluate", entry) for entry in ALLOWED["harness.strategies"])


def test_help_imports_no_engine_and_no_third_party_package() -> None:
    code = (
        "import sys\nfrom harness.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'vllm', 'transformers', 'lm_eval', 'datasets', 'pandas', 'numpy', 'sympy', 'jinja2'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"
