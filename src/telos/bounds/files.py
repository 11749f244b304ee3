"""Reading bounds and bindings: whole, strictly, and each refusal in one sentence with line and remedy."""

import difflib
import json
import re
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from telos.bounds.binding import Binding
from telos.bounds.rules import Bounds
from telos.bounds.scanner import Place, once, scan
from telos.bounds.schema import ArgumentSchema, check_arguments
from telos.core.errors import BoundsError
from telos.core.files import open_to_others, read_file
from telos.core.model import AbstractModel
from telos.core.text import printable

#: What a file may hold at most, and how deep values may lie in one another.
MOST_BYTES, MOST_RULES, DEEPEST = 64 * 2**10, 500, 30
#: Keys whose text people read and programs do not compare: it may be in any language.
PROSE = ("absent", "description", "title")
#: What to do about an error of pydantic, by its kind; other messages say what the input should be.
REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "leave it out, or correct its spelling",
    "int_type": "write a decimal integer, without quotes",
    "bool_type": "write true or false",
    "string_type": 'write a "text" in quotes',
    "list_type": 'write an array, as in ["a"]',
    "dict_type": "write a table, as in { a = 1 }",
    "model_type": "write a table, as in { a = 1 }",
}
#: What a text should be, by how its pattern begins.
PATTERNS = {
    "^[a-z][": "write small letters, digits, _ and -, a letter first, as in off_switch",
    "^[A-Za-z_]": "write letters, digits, _ and -, a letter first, as in read_file",
    "^[a-z0-9]": "write it in small letters, as in example.org or https",
    "^[A-Z]": "write the name of a class, as in ServerFarm",
    "^sha256": "write sha256: and 64 hexadecimal digits",
    "^([0-9]": 'write a number above 0 as a text, as in "0.05"',
}
M = TypeVar("M", bound=AbstractModel)


def load_bounds(path: Path | str) -> Bounds:
    """The bounds in a file.

    Args:
        path: of a TOML file that only its owner can write.

    Returns:
        All that it says, checked.

    Raises:
        BoundsError: naming file, line, value and remedy, if the file is a link, can be written by others
            (itself, or its folder, where it could be replaced), or says anything that is not understood.
    """
    return read_bounds(_text(path), str(path))


def load_binding(path: Path | str) -> Binding:
    """The binding in a file, with the schemas beside it that it names read in.

    Args:
        path: as of `load_bounds`.

    Returns:
        All that it says, checked; whether it fits its bounds is asked where both are at hand.

    Raises:
        BoundsError: as of `load_bounds`.
    """
    return read_binding(_text(path), str(path), Path(path).parent)


def read_bounds(text: str, where: str) -> Bounds:
    """Bounds from a text.

    Args:
        text: TOML. where: what messages call it.

    Returns:
        All that it says, checked.

    Raises:
        BoundsError: naming line, value and remedy.

    Example:
        >>> text = 'bounds = 1\\nname = "ops"\\ndenials = 3\\nopaque = "deny"\\nprotected = ["clock"]'
        >>> read_bounds(text, "ops.toml").protected
        ['clock']
    """
    data, lines = _scanned(text, where)
    if "binding" in data:
        raise BoundsError(
            f"{where}:{_line(lines, ('binding',))}: this is a binding; name the bounds that it is for: "
            f"their name is {str(data.get('for', 'not given'))[:64]!r}."
        )
    bounds = _checked(Bounds, data, lines, where)
    rules = len(bounds.forbid) + len(bounds.keep) + len(bounds.budget) + len(bounds.approve)
    if rules > MOST_RULES:
        raise BoundsError(f"{where}:1: {rules} rules are too many; at most {MOST_RULES} are read.")
    return bounds


def read_binding(text: str, where: str, folder: Path | None = None) -> Binding:
    """A binding from a text.

    Args:
        text: TOML. where: what messages call it.
        folder: where the schemas lie that it names; None: it may name none.

    Returns:
        All that it says, checked.

    Raises:
        BoundsError: naming line, value and remedy.
    """
    data, lines = _scanned(text, where)
    if "bounds" in data:
        line = _line(lines, ("bounds",))
        raise BoundsError(f"{where}:{line}: these are bounds; name a binding, which is for them.")
    tools = data.get("tool")
    for name, tool in tools.items() if isinstance(tools, dict) else ():
        if isinstance(tool, dict) and isinstance(tool.get("schema"), str):
            line = _line(lines, ("tool", name, "schema"))
            tool["schema"] = _schema_file(tool["schema"], f"{where}:{line}", folder)
            _check_texts(tool["schema"], lines, where, ("tool", name, "schema"))
    binding = _checked(Binding, data, lines, where)
    for name, bound in binding.tool.items():
        place: Place = ("tool", name, "schema")
        schema = _checked(ArgumentSchema, data["tool"][name]["schema"], lines, where, place)
        if problem := check_arguments(schema, bound):
            raise BoundsError(f"{where}:{_line(lines, place)}: tool.{name} {problem}.")
    return binding


def bindings_beside(path: Path | str, bounds: Bounds) -> tuple[Path, ...]:
    """Every ``*.toml`` beside a bounds file whose `for` is the name of the bounds, sorted.

    A binding that cannot be believed is among them: it is refused when it is loaded, never left out.
    """
    says = re.compile(
        rf"^\ufeff?[ \t]*[\"']?for[\"']?[ \t]*=[ \t]*[\"']{re.escape(bounds.name)}[\"']",
        re.MULTILINE,
    )
    found = []
    for each in sorted(Path(path).parent.glob("*.toml")):
        try:
            text = read_file(each).decode(errors="replace")
        except OSError:  # a folder, a pipe, a link to nothing, or a file much too large
            continue
        if says.search(text.replace("\r", "\n")):
            found.append(each)
    return tuple(found)


def _text(path: Path | str) -> str:
    """The text of a file that only its owner can change, or put another in the place of."""
    remedy = "Name a file that only its owner can write."
    try:
        content = read_file(path, most=MOST_BYTES, error=BoundsError, remedy=remedy, guarded=True)
    except FileNotFoundError:
        raise BoundsError(f"{path} is not there; check the name.") from None
    folder = Path(path).absolute().parent.stat()
    if open_to_others(folder) and not folder.st_mode & stat.S_ISVTX:
        raise BoundsError(
            f"{path} lies where others can replace it (chmod go-w the folder). {remedy}"
        )
    try:
        return content.decode()
    except UnicodeDecodeError as problem:
        place = f"{path}:{content.count(10, 0, problem.start) + 1}"
        byte = content[problem.start]
        raise BoundsError(f"{place}: byte {byte:#04x} is not UTF-8; save it as UTF-8.") from None


def _scanned(text: str, where: str) -> tuple[dict[str, Any], dict[Place, int]]:
    if (size := len(text.encode(errors="replace"))) > MOST_BYTES:
        raise BoundsError(
            f"{where}:1: {size:,} bytes are too many; at most {MOST_BYTES:,} are read."
        )
    data, lines = scan(text, where)
    _check_texts(data, lines, where, ())
    return data, lines


def _check_texts(data: object, lines: Mapping[Place, int], where: str, place: Place) -> None:
    """Refuse letters that look like others: names, values of arguments and paths are ASCII."""
    problem = ""
    if isinstance(data, str) and not (data.isascii() and data.isprintable()):
        problem = (
            f"{data!a:.80} has signs beyond ASCII, which can look like others; write it in ASCII"
        )
    elif len(place) > DEEPEST:
        problem = f"{_named(place)!a:.80} lies too deep; nest at most {DEEPEST} values"
    if problem:
        raise BoundsError(f"{where}:{_line(lines, place)}: {problem}.")
    if isinstance(data, dict):
        for key, value in data.items():
            _check_texts(key, lines, where, (*place, key))
            if key not in PROSE or not isinstance(value, str):
                _check_texts(value, lines, where, (*place, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            _check_texts(value, lines, where, (*place, i))


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """The line of the innermost thing around a place that has one."""
    return next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)


def _checked(
    model: type[M],
    data: Any,
    lines: Mapping[Place, int],
    where: str,
    within: Place = (),
) -> M:
    """Data as a model, or one sentence about what is wrong with it and on which line."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_context=False)
    # Of a union every member says why it does not fit: the one that was meant got deepest, with least to say.
    found = [(*_place(data, error["loc"]), error) for error in errors]
    members = Counter(member for _, member, _ in found)

    def rank(each: tuple[Place, Place, ErrorDetails]) -> tuple[int, int, bool, bool]:
        place, member, error = each
        kind = error["type"]
        deep = len(place) + (kind == "missing")
        return -deep, members[member], kind != "extra_forbidden", kind.endswith("_type")

    place, _, error = min(found, key=rank)
    said = re.sub(r"^(Value error, |Input |String |List |Dictionary )", "", error["msg"])
    said = said.replace(" after validation", "").rstrip(".")
    if not place and error["type"] == "value_error" and not within:  # it begins with its place
        begun = (inner for inner in lines if re.match(re.escape(_named(inner)) + r"\b", said))
        raise BoundsError(f"{where}:{_line(lines, max(begun, key=len, default=()))}: {said}.")
    place = (*within, *place)
    remedy = REMEDIES.get(error["type"], f"it {said}" if said.startswith("should") else said)
    _, _, pattern = said.partition("match pattern '")
    remedy = next((told for begin, told in PATTERNS.items() if pattern.startswith(begin)), remedy)
    value = f"is {json.dumps(error['input'], default=str):.60}"
    if error["type"] == "missing":
        value = f"has no {error['loc'][-1]!r}"
    elif error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _keys(model) - {place[-1]}, 1, 0.7)
        value, remedy = "is not a key here", f"write {near[0]!r}" if near else remedy
    name = printable(_named(place), keep="") or "the file"
    raise BoundsError(f"{where}:{_line(lines, place)}: {name} {value}; {remedy}.")


def _named(place: Place) -> str:
    """A place as messages write it: ``forbid[0].effect``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step:.40}" for step in place)[1:]


def _place(data: Any, steps: tuple[str | int, ...]) -> tuple[Place, Place]:
    """What of pydantic's place is in the data, and the place up to the name of a union's member."""
    place, member = Place(), steps
    for i, step in enumerate(steps):
        try:
            data, place = data[step], (*place, step)
        except (LookupError, TypeError):  # the name of a member, or of what is missing
            member = min(member, steps[: i + 1], key=len)
    return place, member


def _keys(model: type[AbstractModel]) -> set[str]:
    schema = model.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    return {key for part in parts for key in part.get("properties", ())}


def _schema_file(name: str, where: str, folder: Path | None) -> Any:
    """The JSON Schema in a file beside the binding."""
    said = "it does not name a file beside the binding"
    if folder is not None and re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.json", name):
        try:
            text = _text(folder / name)
            return json.loads(text, object_pairs_hook=once, parse_constant=_no, parse_float=_no)
        except (ValueError, RecursionError) as problem:
            said = printable(str(problem)[:200], keep="").rstrip(".")
    raise BoundsError(f"{where}: schema {name[:60]!r} ({said}); write plain JSON in a file there.")


def _no(text: str) -> None:
    raise ValueError(f"{text:.20} is not an integer")
