"""Calls: what a tool call does, in the words of the rules; what is not understood whole is unbound."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from string import hexdigits
from typing import Any, final

from telos.bounds.binding import Binding, ByKey, ByPath, BytesOf, ByUrl, ProductOf, ToolBinding
from telos.bounds.effects import UNBOUND, Effect, Event
from telos.bounds.rules import MOST, listed
from telos.core.errors import BoundsError

#: Bytes of arguments, levels of nesting, and bytes of a path.
MOST_BYTES, DEEPEST, LONGEST_PATH = 2**20, 20, 4096
#: What a schema may say; anything else might narrow what it lets through, so it denies.
KEYWORDS = frozenset(("$schema", "title", "description", "default", "type", "enum", "const"))
KEYWORDS |= {"properties", "required", "additionalProperties", "items", "minItems", "maxItems"}
KEYWORDS |= {"minimum", "maximum", "minLength", "maxLength"}
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
#: What shells, other systems or servers read into a path; here it means itself, so it is refused.
NOT_IN_PATHS = frozenset("\\*?[$`~")
PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
#: Letters that look like Latin ones, lower case: Cyrillic, then Greek, then Turkish.
LOOK_ALIKE = str.maketrans(
    "авекмнорстухіјѕԁһԛԝαβεζηικμνορτυχı", "abekmhopctyxijsdhqwabezhikmnoptyxi"
)
Resolve = Callable[[str], str]


@final
@dataclass(frozen=True)
class LabelledCall:
    """A call in the words of the rules.

    Args:
        event: what it does. reason: why it is not bound, for the log and never for the agent.
        canonical: its arguments; a host that runs what these bytes say runs what was judged.
    """

    event: Event
    canonical: bytes = b""
    reason: str = ""


def canonical(arguments: object) -> bytes:
    """JSON with sorted keys, without spaces, in UTF-8: the same bytes for the same arguments.

    Raises:
        ValueError, TypeError: for what JSON cannot hold: not a number, half a surrogate pair, an object.

    Example:
        >>> canonical({"to": "x", "amount": 3})
        b'{"amount":3,"to":"x"}'
    """
    text = json.dumps(
        arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def schema_digest(schema: object) -> str:
    """What a binding's `digest` pins: ``sha256:`` and the hash of a host's own schema, canonical."""
    return f"sha256:{hashlib.sha256(canonical(schema)).hexdigest()}"


def label(
    binding: Binding,
    tool: str,
    arguments: object,
    *,
    schema_digest: str | None = None,
    resolve: Resolve | None = None,
) -> Event:
    """What a tool call does; it never raises, and what it does not understand whole is unbound.

    Args:
        binding: whose `tool` table knows the tool, by its exact name.
        tool: the name that was called.
        arguments: an object, or JSON text (in which no name may stand twice).
        schema_digest: of the schema that the host shows; where the binding pins one, it must be there.
        resolve: where a path leads, links followed, in the place where the tool runs; without it links
            are not seen.

    Example:
        >>> from telos.bounds.binding import Binding
        >>> pay = {"schema": {}, "effect": "pay", "class": "irreversible"}
        >>> binding = Binding(**{"binding": 1, "for": "ops", "name": "b", "tool": {"pay": pay}})
        >>> label(binding, "pay", {}).effects[0].verb, label(binding, "Pay", {}).bound
        ('pay', False)
    """
    return labelled(binding, tool, arguments, schema_digest, resolve).event


def labelled(
    binding: Binding, tool: str, arguments: object, digest: str | None, resolve: Resolve | None
) -> LabelledCall:
    """As `label`, with the canonical arguments and the reason why a call is not bound."""
    told = b""
    try:
        given = _read(arguments)
        told = canonical(given)
        _need(len(told) <= MOST_BYTES, "arguments that are too large")
        known = binding.tool.get(tool) if type(tool) is str else None
        if known is None:
            raise BoundsError("a tool that is not bound")
        _need(known.digest in (None, digest), "the tool's schema is not the one that was pinned")
        _need(isinstance(known.arguments, dict), "the tool's schema was not read")
        _check(given, known.arguments, "arguments")
        return LabelledCall(_event(known, given, resolve), told)
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong here is a call nobody understood
        why = str(problem)[:300] if isinstance(problem, BoundsError) else type(problem).__name__
        return LabelledCall(UNBOUND, told, why)


def _need(good: bool, why: str) -> None:
    if not good:
        raise BoundsError(why)


def _read(arguments: object) -> dict[str, Any]:
    """The arguments as plain data, each name once."""
    if isinstance(arguments, str | bytes):
        _need(len(arguments) <= MOST_BYTES, "arguments that are too large")
        text = arguments.decode() if isinstance(arguments, bytes) else arguments
        arguments = json.loads(text, object_pairs_hook=once)
    _need(type(arguments) is dict, "arguments that are not an object of names and values")
    _plain(arguments, 0)
    return arguments  # type: ignore[return-value]


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, unless a name stands twice in it: readers differ on which one holds."""
    found = dict(pairs)
    _need(len(found) == len(pairs), "a name that stands twice")
    return found


def _plain(value: Any, depth: int) -> None:
    """Refuse what is not plain JSON: other types (subclasses too), text that is not NFC."""
    kind = type(value)
    _need(depth <= DEEPEST, "arguments that are nested too deeply")
    _need(kind in (dict, list, str, int, float, bool) or value is None, f"a value of {kind}")
    if kind is dict:
        _need(all(type(name) is str for name in value), "a name that is not text")
    if kind in (dict, list):
        for inner in (*value, *value.values()) if kind is dict else value:
            _plain(inner, depth + 1)
    _need(kind is not str or unicodedata.is_normalized("NFC", value), "text that is not NFC")


def _check(value: Any, schema: Any, place: str) -> None:
    """Refuse a value that its schema does not let through; 1.0 and true are not integers."""
    _need(schema.keys() <= KEYWORDS, f"{place}: its schema says what is not understood here")
    kind = schema.get("type")
    _need(kind is None or type(value) in TYPES[kind], f"{place}: not of type {kind}")
    among = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    good = not among or canonical(value) in map(canonical, among)
    _need(good, f"{place}: not among the values listed")
    sizes = [(value, "minimum", "maximum")] if type(value) in (int, float) else []
    if isinstance(value, str | list):
        unit = "Length" if isinstance(value, str) else "Items"
        sizes = [(len(value), f"min{unit}", f"max{unit}")]
    for size, least, most in sizes:
        good = schema.get(least, size) <= size <= schema.get(most, size)
        _need(good, f"{place}: too small or too large")
    if isinstance(value, list):
        for i, inner in enumerate(value):
            _check(inner, schema.get("items", {}), f"{place}[{i}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        good = known.keys() >= value.keys() and value.keys() >= set(schema.get("required", ()))
        _need(good, f"{place}: a name that is unknown, or missing")
        for name, inner in value.items():
            _check(inner, known[name], f"{place}.{name}")


def _event(tool: ToolBinding, given: dict[str, Any], resolve: Resolve | None) -> Event:
    verbs = (tool.effect,) if isinstance(tool.effect, str) else tool.effect
    amount, assets = _amount(tool.amount, given), _assets(tool.asset, given, resolve)
    return Event(
        tuple(Effect(verb, asset, amount) for verb, asset in product(verbs, assets)),
        tuple(sorted((name, _amount(charge, given)) for name, charge in tool.charges.items())),
        tuple(sorted(tool.needs.items())),
        tool.action_class,
        opaque=tool.opaque,
    )


def _amount(charge: int | ProductOf | BytesOf, given: dict[str, Any]) -> int:
    """An amount; an argument that is left out would be the tool's to choose, so nothing is known."""
    if isinstance(charge, BytesOf):
        found = charge.plus + sum(len(given[name].encode()) for name in charge.bytes_of)
    else:
        factors = charge.product if isinstance(charge, ProductOf) else [charge]
        numbers = [given[each] if isinstance(each, str) else each for each in factors]
        _need(all(type(n) is int and n >= 0 for n in numbers), "an amount that is not a count")
        found = prod(numbers)
    _need(found <= MOST, "an amount that is too large")
    return found


def _assets(where: Any, given: dict[str, Any], resolve: Resolve | None) -> tuple[str, ...]:
    if not isinstance(where, ByKey | ByPath | ByUrl):
        return listed(where) or ("",)
    fields = {ByKey: "by", ByPath: "path", ByUrl: "url"}
    value = given[getattr(where, fields[type(where)])]
    hidden = any(unicodedata.category(letter).startswith("C") for letter in value)
    _need(type(value) is str and not hidden, "a name with letters that nobody sees")
    if isinstance(where, ByKey):
        same = value in where.table or _alike(value) not in map(_alike, where.table)
        _need(same, "a name that looks like another")
        return (where.table.get(value, where.else_),)
    if isinstance(where, ByUrl):
        return (_behind(value, where),)
    # To delete a link does something to its folder, to write through it something to where it leads.
    paths = (value, resolve(value)) if resolve else (value,)
    found = [asset for path in paths for asset in _rooted(tuple(_parts(path)), where)]
    return tuple(dict.fromkeys(found))


def _alike(text: str) -> str:
    """A text without what only computers distinguish it by: case, width, look-alike letters."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return plain.casefold().translate(LOOK_ALIKE).strip()


def _parts(path: str) -> Iterator[str]:
    """The components of an absolute path that means the same to everybody."""
    folded = unicodedata.normalize("NFKC", path)  # as some file systems do
    good = path.startswith("/") and len(path.encode()) <= LONGEST_PATH
    good = good and path.count("/") == folded.count("/") and not NOT_IN_PATHS & set(folded)
    _need(good, "a path that is relative, or that others expand")
    for part, seen in zip(path.split("/"), folded.split("/"), strict=True):
        if part in ("", "."):
            continue
        good = seen == seen.strip() and not seen.endswith(".")
        _need(good, "a path with .., or with dots or spaces at an end")
        codes = [code[:2] for code in seen.split("%")[1:]]
        good = not any(len(code) == 2 and set(code) <= set(hexdigits) for code in codes)
        _need(good, "a path with percent signs for letters")
        yield part


@lru_cache
def _roots(named: tuple[str, ...]) -> tuple[dict[tuple[str, ...], str], set[tuple[str, ...]]]:
    """The roots by their components, and how these look."""
    roots = {tuple(_parts(root)): root for root in named}
    return roots, {tuple(map(_alike, parts)) for parts in roots}


def _rooted(parts: tuple[str, ...], where: ByPath) -> tuple[str, ...]:
    """The assets of the longest root and of those within the path, since a folder holds them.

    Not if, to a file system that knows no case, a root is longer.
    """
    roots, alike = _roots(tuple(where.longest_root))
    seen, lengths = tuple(map(_alike, parts)), range(len(parts), -1, -1)
    found = next((n for n in lengths if parts[:n] in roots), -1)
    longest = next((n for n in lengths if seen[:n] in alike), -1)
    _need(found >= 0, "a path outside every root")
    _need(found == longest, "a path that looks like one under another root")
    within = [name for root, name in roots.items() if (*map(_alike, root[: len(parts)]),) == seen]
    return tuple(where.longest_root[name] for name in (roots[parts[:found]], *within))


def _behind(url: str, where: ByUrl) -> str:
    """The asset behind an address whose host is listed, at the usual port, and that all read alike."""
    scheme, found, rest = url.partition("://")
    authority = rest.replace("?", "/").replace("#", "/").partition("/")[0]
    host, _, port = authority.partition(":")
    _need(bool(found) and url.isprintable(), "an address that others read otherwise")
    _need(scheme.lower() in where.schemes, "an address of a scheme that is not listed")
    _need(host.lower() in where.hosts, "an address of a host that is not listed")
    _need(port == PORTS.get(scheme.lower()) or not port, "an address of another port")
    return where.asset
