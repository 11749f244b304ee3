"""The public names of telos: declared, sorted, complete and at home."""

import importlib
import importlib.metadata
import importlib.util
import types

import telos

#: Packages that only an extra makes importable, and what it brings.
NEEDS = {"telos.kernels.gpu": "jax", "telos.play.cell": "anywidget"}


def _public_names():
    """What ``dir(telos)`` shows a user, less packages that are not declared."""
    return {
        name
        for name in dir(telos)
        if not name.startswith("_")
        and not (isinstance(getattr(telos, name), types.ModuleType) and name not in telos.__all__)
    }


def test_the_exported_names_are_sorted_and_unique():
    assert list(telos.__all__) == sorted(set(telos.__all__))


def test_the_public_names_are_few():
    assert len(telos.__all__) <= 67


def test_what_is_exported_is_exactly_what_can_be_seen():
    declared = {name for name in telos.__all__ if not name.startswith("_")}
    # `from telos import *` would replace the builtin
    assert declared == _public_names() - {"open"}


def test_every_exported_name_can_be_reached():
    unreachable = [name for name in telos.__all__ if not hasattr(telos, name)]
    assert not unreachable


def test_every_exported_object_is_defined_in_telos():
    foreign = []
    for name in telos.__all__:
        thing = getattr(telos, name)
        home = thing.__name__ if isinstance(thing, types.ModuleType) else None
        home = home or getattr(thing, "__module__", None)
        if home is not None and home.split(".")[0] != "telos":
            foreign.append(f"{name} comes from {home}")
    assert not foreign, "\n".join(foreign)


def test_the_version_is_the_version_that_was_installed():
    if hasattr(telos, "__version__"):
        assert telos.__version__ == importlib.metadata.version("telos-lab")


def test_a_star_import_brings_exactly_the_exported_names():
    namespace: dict[str, object] = {}
    exec("from telos import *", namespace)
    namespace.pop("__builtins__")
    assert sorted(namespace) == list(telos.__all__)


def test_every_package_hands_on_only_names_it_declares(modules):
    wrong = []
    for module in modules:
        if module.path.name != "__init__.py" or not module.package:
            continue
        if module.name in NEEDS and importlib.util.find_spec(NEEDS[module.name]) is None:
            continue
        package = importlib.import_module(module.name)
        declared = getattr(package, "__all__", ())
        wrong += [f"{module.name}.{name}" for name in declared if not hasattr(package, name)]
        if list(declared) != sorted(set(declared)):
            wrong.append(f"{module.name}.__all__ is not sorted")
    assert not wrong, "\n".join(wrong)
