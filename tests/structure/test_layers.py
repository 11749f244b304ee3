"""The layers: which package may import which, and what the kernels and the core may lean on."""

import ast
import contextlib
import io
import sys
import tomllib

import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

# llvmlite is the other half of numba; jax: of the twin on a graphics processor; telos: the kernels' own files
KERNELS_MAY_IMPORT = frozenset({"numpy", "numba", "llvmlite", "jax", "telos"})
HEAVY = frozenset(
    {
        "altair",
        "anywidget",
        "gymnasium",
        "inspect_sentinel",
        "jax",
        "jinja2",
        "numba",
        "polars",
        "vl_convert",
    }
)
PACKAGES = frozenset(
    {
        "agents",
        "assay",
        "audit",
        "bounds",
        "cli",
        "core",
        "drives",
        "errors",
        "families",
        "interop",
        "kernels",
        "measure",
        "play",
        "report",
        "runs",
        "safeguards",
        "solve",
        "studies",
        "llm",
        "testing",
        "theory",
        "worlds",
    }
)


def _imports(tree):
    """Each absolute import of a tree, with whether it stands at the top level of the file."""
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, id(node) in top, node.lineno


def test_every_import_goes_downstairs(root, monkeypatch):
    monkeypatch.chdir(root)
    configure()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        kept = lint_imports(config_filename="pyproject.toml", cache_dir=None)
    assert kept, said.getvalue()


def test_the_packages_are_those_of_the_plan_and_no_others(modules):
    assert {module.package for module in modules} - {"", "__main__"} == PACKAGES


@pytest.mark.parametrize(
    ("contract", "free"),
    [
        ("One door", {"core", "kernels", "solve"}),
        ("Only the kernels compile", {"core", "kernels"}),
        ("Only the report", {"core", "kernels", "report"}),
        ("No circle", set()),
    ],
)
def test_a_contract_that_is_about_all_packages_names_all_of_them(root, contract, free):
    """The core and the kernels have contracts of their own; `errors` only hands names on."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    (own,) = (one for one in contracts if one["name"].startswith(contract))
    listed = own.get("source_modules") or own["ancestors"]
    assert {name.removeprefix("telos.") for name in listed} == PACKAGES - free - {"errors"}


def test_kernels_know_arrays_only(modules):
    wrong = []
    for module in modules:
        if module.package != "kernels":
            continue
        for name, _, line in _imports(module.tree):
            first = name.split(".")[0]
            if first == "telos" and not name.startswith("telos.kernels"):
                wrong.append(f"{module.name}:{line} imports {name}")
            if first not in KERNELS_MAY_IMPORT | sys.stdlib_module_names:
                wrong.append(f"{module.name}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def _loads_heavily(module):
    """Whether a file imports a heavy library at its top, which is a reason to import it late."""
    return any(at_top and name.split(".")[0] in HEAVY for name, at_top, _ in _imports(module.tree))


def test_core_meets_gymnasium_in_one_file_which_is_loaded_late(modules):
    users = {
        module.name
        for module in modules
        if module.package == "core"
        and any(name.split(".")[0] == "gymnasium" for name, _, _ in _imports(module.tree))
    }
    assert len(users) <= 1, users
    early = [
        f"{module.name}:{line} imports {name}"
        for module in modules
        if module.package == "core"
        for name, at_top, line in _imports(module.tree)
        if at_top and name in users and _loads_heavily(_named(modules, name))
    ]
    assert not early, "\n".join(early)


def test_no_import_of_our_own_is_put_off_without_need(modules):
    """A late import of telos hides a circle, unless what is loaded late is heavy."""
    wrong = [
        f"{module.name}:{line} imports {name} inside a function"
        for module in modules
        if module.package not in {"", "cli"}
        for name, at_top, line in _imports(module.tree)
        if name.split(".")[0] == "telos"
        and not at_top
        and not _only_for_types(module.tree, line)
        and not _loads_heavily(_named(modules, name))
    ]
    assert not wrong, "\n".join(wrong)


def _named(modules, name):
    return next(module for module in modules if module.name == name)


def _only_for_types(tree, line):
    """Whether a line stands in an ``if TYPE_CHECKING`` block."""
    return any(
        isinstance(node, ast.If)
        and "TYPE_CHECKING" in ast.unparse(node.test)
        and node.lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("sign", ["import_module(", "__import__("])
def test_parts_are_looked_up_by_name_in_few_places(modules, sign):
    """A dotted path is turned into an object where parts are resolved, and nowhere else."""
    places = {module.name for module in modules if sign in module.text}
    assert len(places) <= 2, sorted(places)
