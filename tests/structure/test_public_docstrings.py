"""The public names explain themselves: a sentence, the sections that apply, examples that run."""

import ast
import dataclasses
import doctest
import enum
import importlib
import inspect
import re
import types

import pytest

import telos

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _public():
    """Each exported class and function with the name a user types."""
    for name in getattr(telos, "__all__", ()):
        thing = getattr(telos, name)
        if isinstance(thing, types.ModuleType):
            for inner in getattr(thing, "__all__", ()):
                found = getattr(thing, inner)
                if inspect.isclass(found) or inspect.isroutine(found):
                    yield f"{name}.{inner}", found
        elif inspect.isclass(thing) or inspect.isroutine(thing):
            yield name, thing


PUBLIC = dict(_public())


def _has(doc, *titles):
    """Whether one of the titles heads a section."""
    return any(re.search(rf"^\s*{title}:\s*$", doc, flags=re.MULTILINE) for title in titles)


def _missing_from_function(function, doc):
    signature = inspect.signature(function)
    taken = [name for name in signature.parameters if name not in {"self", "cls"}]
    if taken and not _has(doc, "Args"):
        yield "Args:"
    yield from (f"argument {name!r}" for name in taken if not re.search(rf"\b{name}\b", doc))
    if signature.return_annotation not in (None, "None", signature.empty) and not _has(
        doc, "Returns", "Yields"
    ):
        yield "Returns:"
    if re.search(r"^\s+raise ", inspect.getsource(function), flags=re.MULTILINE) and not _has(
        doc, "Raises"
    ):
        yield "Raises:"


def _missing_from_class(cls, doc):
    if issubclass(cls, BaseException | enum.Enum):
        return
    fields = [f.name for f in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else []
    fields = [name for name in fields if not name.startswith("_")]
    if fields and not _has(doc, "Args", "Attributes", "Fields"):
        yield "Args: or Attributes:"
    yield from (f"field {name!r}" for name in fields if not re.search(rf"\b{name}\b", doc))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_docstring_has_the_sections_it_needs(name):
    thing = PUBLIC[name]
    doc = inspect.cleandoc(thing.__doc__ or "")
    first = doc.split("\n\n")[0].strip()
    missing = [] if first.endswith((".", "?", "!")) else ["a first sentence that ends"]
    needed = _missing_from_class if inspect.isclass(thing) else _missing_from_function
    missing += needed(thing, doc)
    if "." not in name and ">>>" not in doc:
        missing.append("an example (>>>)")
    assert not missing, f"{name}: the docstring lacks " + ", ".join(missing)


def test_the_examples_in_docstrings_run(modules):
    failures = []
    for module in modules:
        if ">>>" not in module.text:
            continue
        said = []
        runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
        for example in doctest.DocTestFinder().find(importlib.import_module(module.name)):
            runner.run(example, out=said.append)
        failures += said
    assert not failures, "".join(failures)


def test_no_docstring_shows_the_seam_of_a_string(modules):
    """What was wrapped as a string in two parts has a quotation mark at a line's end and the next's begin."""
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef)
    wrong = [
        f"{module.name}: {getattr(node, 'name', '')}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, nodes) and re.search(r' "\n +"\w', ast.get_docstring(node, False) or "")
    ]
    assert not wrong, wrong
