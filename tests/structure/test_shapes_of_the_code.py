"""The shapes of the code: abstract or final classes, small files, short functions, plain calls."""

import ast
import io
import re
import tokenize

import pytest

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MOST_PARAMETERS = 8
# Kernels are counted out: a compiled function is handed its arrays one by one, not in a record.
ARRAYS_ONE_BY_ONE = "telos.kernels."

# Each exemption names one thing and says why; an exemption that is no longer needed fails a test.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
WIDE_FUNCTIONS: dict[str, str] = {
    "telos.cli.assay.assay": "one parameter for each option of the command",
    "telos.cli.run.run": "one parameter for each option of the command",
    "telos.cli.audit.audit": "one parameter for each option of the command",
    "telos.cli.tabulate.tabulate": "one parameter for each option of the command",
    "telos.llm.inspect_.tasks.world": "one parameter for each `-T` of the task",
    "telos.llm.inspect_.tasks._playing.played": "one parameter for each `-T` of the task",
    "telos.cli.bounds_verify.verify": "one parameter for each option of the command",
    "telos.llm.inspect_.opsdesk.opsdesk": "one parameter for each `-T` of the task",
    "telos.core.world.World.from_arrays": "a record written out: one keyword for each field",
    "telos.interop.explicit.read_explicit": "a record written out: one keyword for each file",
    "telos.interop.environments.explore_env": (
        "one keyword for each thing that a third-party environment may need to be told"
    ),
}
SHAPELESS_CLASSES: dict[str, str] = {
    "telos.audit.formats.telling.Telling": "what is known of a transcript grows while a file is read",
    "telos.audit.inspect_.turns.Asked": "what is known of a call grows while a log is read",
    "telos.audit.transcript.Unnamed": "arguments as any others, that say what they lack",
    "telos.bounds.monitor.BoundsMonitor": "what a lineage has done grows with every step",
    "telos.audit.inspect_.turns.Turn": "what is known of a message grows while a log is read",
}

# numpy.random.choice(...) draws from a generator nobody passed; default_rng(seed) makes one.
GLOBAL_DRAW = re.compile(
    r"(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence|Philox|PCG64).+"
)

# Classes whose shape is decided by what they inherit from outside Telos.
OUTSIDE_SHAPES = {
    "BaseException": "an error",
    "Exception": "an error",
    "Warning": "an error",
    "UserWarning": "an error",
    "ValueError": "an error",
    "TypeError": "an error",
    "KeyError": "an error",
    "LookupError": "an error",
    "RuntimeError": "an error",
    "OSError": "an error",
    "ImportError": "an error",
    "KeyboardInterrupt": "an error",
    "Enum": "an enumeration",
    "IntEnum": "an enumeration",
    "StrEnum": "an enumeration",
    "Flag": "an enumeration",
    "IntFlag": "an enumeration",
    "NamedTuple": "a record by nature",
    "TypedDict": "a type, not a class",
    "Protocol": "a type, not a class",
}
# Classes that somebody else's library makes us inherit: they must at least be final.
OUTSIDE_PARENTS = {
    "BaseModel": "pydantic reads the files people write",
    "Env": "Gymnasium's checker asks for a subclass of its Env",
    "AnyWidget": "a widget of a notebook is a subclass of it",
    "NodeVisitor": "the standard library's tree walk",
    "ModelAPI": "Inspect asks a provider of models to subclass it",
    "BrokenPipeError": "an output that nobody reads, told from other broken pipes",
    "HTMLParser": "the standard library's parser",
    "Type": "Numba's type of a row of lanes",
    "PrimitiveModel": "how Numba keeps a row of lanes",
}


def _last(node):
    """The last word of a possibly dotted, called or subscripted name."""
    if isinstance(node, ast.Call):
        return _last(node.func)
    if isinstance(node, ast.Subscript):
        return _last(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _decorators(node):
    return {_last(decorator) for decorator in node.decorator_list}


def _functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def _abstract_methods(node):
    return {f.name for f in _methods(node) if _decorators(f) & {"abstractmethod"}}


def _methods(node):
    return [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def _is_frozen_dataclass(node):
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _last(decorator) == "dataclass":
            flags = {k.arg: k.value for k in decorator.keywords}
            frozen = flags.get("frozen")
            return isinstance(frozen, ast.Constant) and frozen.value is True
    return False


def _names(module):
    """The dotted name of every class and function of a module, by the identity of its node."""
    named = {}

    def walk(node, prefix):
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                inner = f"{prefix}.{child.name}"
                named[id(child)] = inner
            walk(child, inner)

    walk(module.tree, module.name)
    return named


def _lines_of_code(node, text):
    """Lines of a function's body that carry code: no docstring, no comment, no blank line."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if not body:
        return 0
    idle = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    busy = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in idle:
            busy.update(range(token.start[0], token.end[0] + 1))
    return sum(body[0].lineno <= line <= node.end_lineno for line in busy)


def _parameters(node):
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument.arg for argument in listed if argument.arg not in {"self", "cls"}]


@pytest.fixture(scope="module")
def classes(modules):
    """Every class of the code: its dotted name and its node."""
    found = []
    for module in modules:
        names = _names(module)
        found += [
            (names[id(node)], node)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
        ]
    return found


@pytest.fixture(scope="module")
def ancestors(classes):
    """Dotted class name -> the names of all classes above it, ours and others'.

    Two files may each have a class of one name: a class is looked up by its dotted name, and only
    its parents by their last word (then all of that name count).
    """
    parents = {}
    for _, node in classes:
        parents.setdefault(node.name, set()).update(_last(base) for base in node.bases)

    def climb(names, seen):
        for parent in names:
            if parent not in seen:
                seen.add(parent)
                climb(parents.get(parent, ()), seen)
        return seen

    return {name: climb({_last(base) for base in node.bases}, set()) for name, node in classes}


@pytest.fixture(scope="module")
def functions(modules):
    """Every function and method of the code: its dotted name, its node, its module."""
    found = []
    for module in modules:
        names = _names(module)
        found += [(names[id(node)], node, module) for node in _functions(module.tree)]
    return found


def test_no_class_name_is_defined_twice(classes):
    where = {}
    for name, node in classes:
        where.setdefault(node.name, []).append(name)
    assert not {name: places for name, places in where.items() if len(places) > 1}


def test_every_class_is_abstract_or_final(classes, ancestors):
    wrong = []
    for name, node in classes:
        above = ancestors[name]
        if name in SHAPELESS_CLASSES or above & set(OUTSIDE_SHAPES):
            continue
        if node.name.lstrip("_").startswith("Abstract"):
            if "BaseModel" in above:
                continue  # a model that others extend: fields, and nothing to implement
            if not (_abstract_methods(node) and above & {"ABC"}):
                wrong.append(f"{name}: called abstract, but is not an ABC with an abstract method")
        elif "final" not in _decorators(node):
            wrong.append(f"{name}: neither Abstract… nor marked @final")
        elif not (_is_frozen_dataclass(node) or above & set(OUTSIDE_PARENTS)):
            wrong.append(f"{name}: final, but no dataclass(frozen=True)")
    assert not wrong, "\n".join(wrong)


def test_there_are_only_the_abstract_parts_of_the_plan(classes, ancestors):
    planned = {
        "AbstractAgent",
        "AbstractDrive",
        "AbstractGoalFamily",
        "AbstractSafeguard",
        "AbstractScenario",
        # How a game is put to a model, and what reads it back: a sheet, or files and tools.
        "AbstractReader",
        "AbstractTelling",
    }
    models = {name for name, _ in classes if "BaseModel" in ancestors[name]}
    found = {node.name for name, node in classes if name not in models}
    assert {name for name in found if name.startswith("Abstract")} <= planned


def test_nothing_is_inherited_from_a_final_class(classes, ancestors):
    final = {node.name for _, node in classes if "final" in _decorators(node)}
    wrong = [name for name, node in classes if ancestors[name] & final]
    assert not wrong, "\n".join(wrong)


#: What a part may say of itself and need not: a scenario that is silent *cannot be told*.
OPTIONAL = {"without"}


def test_only_abstract_methods_are_overridden(classes, ancestors):
    concrete = {
        node.name: {f.name for f in _methods(node)} - _abstract_methods(node) - OPTIONAL
        for _, node in classes
        if node.name.startswith("Abstract")
    }
    wrong = [
        f"{name}.{method.name} overrides {above}.{method.name}"
        for name, node in classes
        for above in ancestors[name] & set(concrete)
        for method in _methods(node)
        if method.name in concrete[above]
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_calls_super(modules):
    wrong = [
        f"{module.name}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "super"
    ]
    assert not wrong, "\n".join(wrong)


#: A decorator of other people's functions takes what they take, and binds it by their signature; a tool that
#: is made of data takes what its schema names, and Inspect validates it.
TAKES_ANYTHING = ("telos.bounds.decorated", "telos.llm.inspect_.tools")


def test_no_signature_takes_keywords_unseen(modules):
    wrong = [
        f"{module.name}:{node.lineno}"
        for module in modules
        if module.name not in TAKES_ANYTHING
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and node.args.kwarg
    ]
    assert not wrong, "\n".join(wrong)


def test_no_default_argument_can_change(functions):
    wrong = [
        name
        for name, node, _ in functions
        for default in [*node.args.defaults, *node.args.kw_defaults]
        if isinstance(default, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_module_opens_with_a_docstring(modules):
    wrong = [module.name for module in modules if ast.get_docstring(module.tree) is None]
    assert not wrong, "\n".join(wrong)


def test_files_stay_short(modules):
    long = {m.name: n for m in modules if (n := len(m.text.splitlines())) > LONGEST_FILE}
    assert not {name: n for name, n in long.items() if name not in LONG_FILES}
    assert set(LONG_FILES) <= set(long), "an exemption that is no longer needed"


def test_functions_stay_short(functions):
    long = {
        name: lines
        for name, node, module in functions
        if node.end_lineno - node.lineno >= LONGEST_FUNCTION
        and (lines := _lines_of_code(node, module.text)) > LONGEST_FUNCTION
    }
    assert not {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS}
    assert set(LONG_FUNCTIONS) <= set(long), "an exemption that is no longer needed"


def test_functions_take_few_parameters(functions):
    wide = {
        name: len(listed)
        for name, node, _ in functions
        if len(listed := _parameters(node)) > MOST_PARAMETERS
        and not name.startswith(ARRAYS_ONE_BY_ONE)
    }
    assert not {name: count for name, count in wide.items() if name not in WIDE_FUNCTIONS}
    assert set(WIDE_FUNCTIONS) <= set(wide), "an exemption that is no longer needed"


def test_every_exemption_says_why():
    listed = (LONG_FILES, LONG_FUNCTIONS, WIDE_FUNCTIONS, SHAPELESS_CLASSES)
    assert all(len(reason) > 20 for table in listed for reason in table.values())


def test_randomness_is_always_passed_in(modules):
    """No module draws from NumPy's or Python's global generator."""
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import) and any(a.name == "random" for a in node.names):
                wrong.append(f"{module.name}:{node.lineno} imports random")
            if isinstance(node, ast.Call) and GLOBAL_DRAW.fullmatch(ast.unparse(node.func)):
                wrong.append(f"{module.name}:{node.lineno} {ast.unparse(node.func)}")
    assert not wrong, "\n".join(wrong)
