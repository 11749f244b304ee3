"""Calls: what a tool call does, in the words of the rules; what is not understood whole is unbound."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from posixpath import normpath
from string import hexdigits
from typing import Any, final

from telos.bounds.binding import (
    NOT_IN_PATHS,
    Binding,
    ByKey,
    ByPath,
    BytesOf,
    ByUrl,
    ProductOf,
    ToolBinding,
)
from telos.bounds.effects import LOWERS, UNBOUND, Effect, Event
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
PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
#: Letters that nobody sees although they are called letters or signs: fillers of Hangul, an empty Braille.
UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
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
    _plain(arguments)
    return arguments  # type: ignore[return-value]


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, unless a name stands twice in it: readers differ on which one holds."""
    found = dict(pairs)
    _need(len(found) == len(pairs), "a name that stands twice")
    return found


def _plain(value: Any) -> None:
    """Refuse what is not plain JSON: other types (subclasses too), text that is not NFC.

    Values that share parts are walked as often as they would be written, so what is walked is bounded.
    """
    left, walked = [(value, 0)], 0
    while left:
        (value, depth), walked = left.pop(), walked + 1
        kind = type(value)
        _need(depth <= DEEPEST, "arguments that are nested too deeply")
        _need(kind in (dict, list, str, int, float, bool) or value is None, f"a value of {kind}")
        if kind is dict:
            _need(all(type(name) is str for name in value), "a name that is not text")
        if kind in (dict, list):
            inner = (*value, *value.values()) if kind is dict else value
            left += ((each, depth + 1) for each in inner)
        _need(walked + len(left) <= MOST_BYTES, "arguments that are too large")
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
        tuple(
            Effect(verb, asset, MOST if whole and verb in LOWERS else amount)
            for verb, (asset, whole) in product(verbs, assets.items())
        ),
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


def _assets(where: Any, given: dict[str, Any], resolve: Resolve | None) -> dict[str, bool]:
    """The assets that a call is about, and whether it is about all that there is of each."""
    if not isinstance(where, ByKey | ByPath | ByUrl):
        return dict.fromkeys(listed(where) or ("",), False)
    fields = {ByKey: "by", ByPath: "path", ByUrl: "url"}
    value = given[getattr(where, fields[type(where)])]
    hidden = any(c in UNSEEN or unicodedata.category(c).startswith("C") for c in value)
    _need(type(value) is str and not hidden, "a name with letters that nobody sees")
    if isinstance(where, ByKey):
        same = value in where.table or not any(_alike(value, name) for name in where.table)
        _need(same, "a name that looks like another")
        return {where.table.get(value, where.else_): False}
    if isinstance(where, ByUrl):
        return {_behind(value, where): False}
    rooted = [_rooted(path, where) for path in _paths(value, resolve)]
    return {asset: any(each.get(asset) for each in rooted) for one in rooted for asset in one}


def _paths(path: str, resolve: Resolve | None) -> Iterator[tuple[str, ...]]:
    """The components of a path as it is written, and of where it leads: its folder, and it.

    To delete a link does something to its folder, to write through it something to where it leads. Steps
    up mean one thing to those who follow links and another to those who do not, so both are judged; where
    links cannot be followed they are refused.
    """
    steps = tuple(_parts(path, up=resolve is not None))
    yield tuple(_parts(normpath(path)))
    if resolve is not None:
        yield tuple(_parts(resolve(path)))
        if steps and steps[-1] != "..":
            yield (*_parts(resolve("/" + "/".join(steps[:-1]))), steps[-1])


@lru_cache(maxsize=512)
def _seen(text: str) -> str:
    """A text without what only computers distinguish it by: case, width, marks, look-alike letters."""
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    shown = "".join(c for c in plain if not unicodedata.category(c).startswith("M"))
    return shown.casefold().translate(LOOK_ALIKE).strip()


def _alike(text: str, name: str) -> bool:
    """Whether a text looks like a name of ASCII letters; a letter of no known look may be any of them."""
    if text == name:
        return True
    seen, plain = _seen(text), _seen(name)
    fits = [a == b for a, b in zip(seen, plain, strict=False) if a.isascii()]
    return seen == plain or (len(seen) == len(plain) and any(fits) and all(fits))


def _parts(path: str, *, up: bool = False) -> Iterator[str]:
    """The components of an absolute path that means the same to everybody; steps up are some if `up`."""
    folded = unicodedata.normalize("NFKC", path)  # as some file systems do
    good = path.startswith("/") and len(path.encode()) <= LONGEST_PATH
    good = good and path.count("/") == folded.count("/") and not NOT_IN_PATHS & set(folded)
    _need(good, "a path that is relative, or that others expand")
    for part, seen in zip(path.split("/"), folded.split("/"), strict=True):
        if part in ("", "."):
            continue
        good = (up and part == "..") or (seen == seen.strip() and not seen.endswith("."))
        _need(good, "a path with .., or with dots or spaces at an end")
        codes = [code[:2] for code in seen.split("%")[1:]]
        good = not any(len(code) == 2 and set(code) <= set(hexdigits) for code in codes)
        _need(good, "a path with percent signs for letters")
        yield part


@lru_cache
def _roots(named: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    return {tuple(_parts(root)): root for root in named}


def _rooted(parts: tuple[str, ...], where: ByPath) -> dict[str, bool]:
    """The assets of the longest root and of those within the path, and whether the path holds all of each.

    Not if, to a file system that knows no case, a root is longer.
    """
    roots = _roots(tuple(where.longest_root))
    found = next((n for n in range(len(parts), -1, -1) if parts[:n] in roots), -1)
    like = [root for root in roots if all(map(_alike, parts, root))]
    longest = max((len(root) for root in like if len(root) <= len(parts)), default=-1)
    _need(found >= 0, "a path outside every root")
    _need(found == longest, "a path that looks like one under another root")
    within = [where.longest_root[roots[root]] for root in like if len(root) >= len(parts)]
    return {where.longest_root[roots[parts[:found]]]: False, **dict.fromkeys(within, True)}


def _behind(url: str, where: ByUrl) -> str:
    """The asset behind an address that all read alike, of a listed host, at its port or the usual one."""
    scheme, found, rest = url.partition("://")
    authority = rest.replace("?", "/").replace("#", "/").partition("/")[0]
    host, _, port = authority.lower().partition(":")
    good = bool(found) and url.isprintable() and not set(url) & {" ", "\\"} and authority.isascii()
    _need(good and "@" not in rest.partition("/")[0], "an address that others read otherwise")
    _need(scheme.lower() in where.schemes, "an address of a scheme that is not listed")
    usual = host in where.hosts and port in ("", PORTS.get(scheme.lower()))
    _need(usual or authority.lower() in where.hosts, "a host, or a port of it, that is not listed")
    return where.asset
