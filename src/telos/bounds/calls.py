"""Calls: what a tool call does, in the words of the rules; what is not understood whole is unbound."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import isfinite, prod
from typing import Any, final

from telos.bounds.binding import Binding, ByKey, ByPath, BytesOf, ByUrl, ProductOf, ToolBinding
from telos.bounds.effects import UNBOUND, Effect, Event
from telos.bounds.rules import MOST, listed
from telos.core.errors import BoundsError

#: Bytes of arguments, levels of nesting, and bytes of a path.
MOST_BYTES, DEEPEST, LONGEST_PATH = 2**20, 20, 4096
#: What a schema may say; anything else might narrow what it lets through, so it denies.
ANNOTATIONS = frozenset({"$schema", "title", "description", "default", "examples"})
KEYWORDS = ANNOTATIONS | {
    *("type", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
}
KINDS: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
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
        event: what it does; not `bound` if anything about it was not understood.
        canonical: its arguments, as `canonical` writes them; a host that runs what these bytes say runs
            what was judged. Empty if they cannot be written.
        reason: why it is not bound, for the log and never for the agent; empty if it is.
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
    """What a binding's `digest` pins: ``sha256:`` and the hash of a host's own schema, canonical.

    Example:
        >>> schema_digest({})[:13]
        'sha256:44136f'
    """
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
        schema_digest: of the schema that the host shows for the tool; where the binding pins one, a
            call without it is unbound.
        resolve: gives the path that a path leads to, links followed, in the place where the tool runs;
            without it links are not seen.

    Example:
        >>> from telos.bounds.binding import Binding
        >>> pay = {"schema": {}, "effect": "pay", "class": "irreversible"}
        >>> binding = Binding(**{"binding": 1, "for": "ops", "name": "b", "tool": {"pay": pay}})
        >>> label(binding, "pay", {}).effects[0].verb, label(binding, "Pay", {}).bound
        ('pay', False)
    """
    return labelled(binding, tool, arguments, schema_digest=schema_digest, resolve=resolve).event


def labelled(
    binding: Binding,
    tool: str,
    arguments: object,
    *,
    schema_digest: str | None = None,
    resolve: Resolve | None = None,
) -> LabelledCall:
    """As `label`, with the canonical arguments and the reason why a call is not bound."""
    told = b""
    try:
        given = _read(arguments)
        told = canonical(given)
        if len(told) > MOST_BYTES:
            raise BoundsError(f"more than {MOST_BYTES:,} bytes of arguments")
        known = binding.tool.get(tool) if type(tool) is str else None
        if known is None:
            raise BoundsError("a tool that is not bound")
        if known.digest is not None and known.digest != schema_digest:
            raise BoundsError("the tool's schema is not the one that was pinned")
        if not isinstance(known.arguments, dict):
            raise BoundsError("the tool's schema was not read")
        _check(given, {"type": "object", **known.arguments}, "arguments")
        return LabelledCall(_event(known, given, resolve), told)
    except BoundsError as problem:
        return LabelledCall(UNBOUND, told, str(problem)[:300])
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong here is a call nobody understood
        return LabelledCall(UNBOUND, told, f"not understood ({type(problem).__name__})")


def _read(arguments: object) -> dict[str, Any]:
    """The arguments as plain data, each name once."""
    if isinstance(arguments, str | bytes):
        if len(arguments) > MOST_BYTES:
            raise BoundsError(f"more than {MOST_BYTES:,} bytes of arguments")
        text = arguments.decode() if isinstance(arguments, bytes) else arguments
        arguments = json.loads(text, object_pairs_hook=_once)
    if type(arguments) is not dict:
        raise BoundsError("arguments that are not an object of names and values")
    _plain(arguments, 0)
    return arguments


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BoundsError("a name that stands twice")
    return found


def _plain(value: object, depth: int) -> None:
    """Refuse what is not plain JSON: other types (subclasses too), NaN, text that is not NFC."""
    kind = type(value)
    if depth > DEEPEST:
        raise BoundsError(f"nested more than {DEEPEST} deep")
    if isinstance(value, dict) and kind is dict:
        for name, inner in value.items():
            if type(name) is not str:
                raise BoundsError("a name that is not text")
            _plain(name, depth)
            _plain(inner, depth + 1)
    elif isinstance(value, list) and kind is list:
        for inner in value:
            _plain(inner, depth + 1)
    elif isinstance(value, str) and kind is str:
        if not unicodedata.is_normalized("NFC", value):
            raise BoundsError("text that is not NFC")
    elif isinstance(value, float) and kind is float:
        if not isfinite(value):
            raise BoundsError("a number that is not finite")
    elif value is not None and kind not in (int, bool):
        raise BoundsError(f"a value of type {kind.__name__:.40}")


def _check(value: Any, schema: Any, place: str) -> None:
    """Refuse a value that its schema does not let through; 1.0 and true are not integers."""
    if not isinstance(schema, dict) or not KEYWORDS.issuperset(schema):
        raise BoundsError(f"{place}: its schema says what is not understood here")
    kinds = schema.get("type", [])
    allowed = [
        kind for name in ([kinds] if isinstance(kinds, str) else kinds) for kind in KINDS[name]
    ]
    if allowed and type(value) not in allowed:
        raise BoundsError(f"{place}: not of type {kinds}")
    if "enum" in schema and canonical(value) not in map(canonical, schema["enum"]):
        raise BoundsError(f"{place}: not among the values listed")
    if "const" in schema and canonical(value) != canonical(schema["const"]):
        raise BoundsError(f"{place}: not the value required")
    sizes = [(value, "minimum", "maximum")] if type(value) in (int, float) else []
    if isinstance(value, str | list):
        unit = "Length" if isinstance(value, str) else "Items"
        sizes = [(len(value), f"min{unit}", f"max{unit}")]
    for size, least, most in sizes:
        if not schema.get(least, size) <= size <= schema.get(most, size):
            raise BoundsError(f"{place}: too small or too large")
    if isinstance(value, list):
        for i, inner in enumerate(value):
            _check(inner, schema.get("items", {}), f"{place}[{i}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        if not known.keys() >= value.keys() or not value.keys() >= set(schema.get("required", [])):
            raise BoundsError(f"{place}: a name that is unknown, or missing")
        for name, inner in value.items():
            _check(inner, known[name], f"{place}.{name}")


def _event(tool: ToolBinding, given: dict[str, Any], resolve: Resolve | None) -> Event:
    amount = _amount(tool.amount, given)
    verbs = (tool.effect,) if isinstance(tool.effect, str) else tool.effect
    return Event(
        tuple(
            Effect(verb, asset, amount)
            for verb, asset in product(verbs, _assets(tool, given, resolve))
        ),
        tuple(sorted((name, _amount(charge, given)) for name, charge in tool.charges.items())),
        tuple(sorted(tool.needs.items())),
        tool.action_class,
        opaque=tool.opaque,
    )


def _argument(given: dict[str, Any], name: str) -> Any:
    """An argument that a label rests on; what is left out would be the tool's to choose."""
    if name not in given:
        raise BoundsError(f"{name} is left out, and what the call does depends on it")
    return given[name]


def _amount(charge: int | ProductOf | BytesOf, given: dict[str, Any]) -> int:
    if isinstance(charge, BytesOf):
        values = [_argument(given, name) for name in charge.bytes_of]
        texts = [v.encode() if isinstance(v, str) else canonical(v) for v in values]
        found = sum(map(len, texts)) + charge.plus
    else:
        factors = charge.product if isinstance(charge, ProductOf) else [charge]
        numbers = [f if isinstance(f, int) else _argument(given, f) for f in factors]
        if any(type(n) is not int or not 0 <= n <= MOST for n in numbers):
            raise BoundsError("an amount that is not an integer from 0 on, or too large")
        found = prod(numbers)
    if found > MOST:
        raise BoundsError("an amount that is too large")
    return found


def _assets(tool: ToolBinding, given: dict[str, Any], resolve: Resolve | None) -> tuple[str, ...]:
    where = tool.asset
    if not isinstance(where, ByKey | ByPath | ByUrl):
        return listed(where) or ("",)
    name = (
        where.by
        if isinstance(where, ByKey)
        else getattr(where, "path", "") or getattr(where, "url", "")
    )
    value = _argument(given, name)
    if type(value) is not str or any(unicodedata.category(c)[0] == "C" for c in value):
        raise BoundsError(f"{name} is not text, or has letters that nobody sees")
    if isinstance(where, ByKey):
        return (_keyed(value, where),)
    if isinstance(where, ByUrl):
        return (_behind(value, where),)
    # What a link is, and where it leads: to delete one, or to write through it, does something to either.
    paths = dict.fromkeys((value, resolve(value) if resolve else value))
    return tuple(dict.fromkeys(_rooted(tuple(_parts(path)), where) for path in paths))


def _alike(text: str) -> str:
    """A text without what distinguishes it only to a computer: case, width, look-alike letters."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return plain.translate(LOOK_ALIKE).strip()


def _keyed(value: str, where: ByKey) -> str:
    found = where.table.get(value)
    if found is None and _alike(value) in map(_alike, where.table):
        raise BoundsError(f"{where.by} looks like a key, and is another one")
    return where.else_ if found is None else found


def _parts(path: str) -> Iterator[str]:
    """The components of an absolute path that means the same to everybody."""
    if not path.startswith("/") or len(path.encode()) > LONGEST_PATH or NOT_IN_PATHS & set(path):
        raise BoundsError("a path that is not absolute, too long, or with signs that others expand")
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part.endswith((".", " ")) or part.startswith(" "):
            raise BoundsError("a path with .., or with dots or spaces at an end")
        if any(
            len(code) > 1 and set(code[:2]) <= set("0123456789abcdefABCDEF")
            for code in part.split("%")[1:]
        ):
            raise BoundsError("a path with percent signs for letters")
        yield part


def _rooted(parts: tuple[str, ...], where: ByPath) -> str:
    """The asset of the longest root; where one that looks alike is longer, the file system decides."""
    roots = {tuple(_parts(root)): asset for root, asset in where.longest_root.items()}
    alike = {tuple(map(_alike, root)) for root in roots}
    seen = tuple(map(_alike, parts))
    found = next((n for n in range(len(parts), -1, -1) if parts[:n] in roots), None)
    if found is None:
        raise BoundsError("a path outside every root")
    if any(seen[:n] in alike for n in range(len(parts), found, -1)):
        raise BoundsError("a path that looks like one under another root")
    return roots[parts[:found]]


def _behind(url: str, where: ByUrl) -> str:
    """The asset behind an address; scheme, host and port must be written as they are listed."""
    scheme, found, rest = url.partition("://")
    authority = rest
    for end in "/?#":
        authority = authority.partition(end)[0]
    host, _, port = authority.partition(":")
    scheme, host = scheme.lower(), host.lower() if host.isascii() else host
    hosts = {each.lower() for each in where.hosts}
    odd = not found or not host or set(url) & set("\\ \u3000") or set(authority) & set("@%[]")
    if odd or scheme not in {each.lower() for each in where.schemes}:
        raise BoundsError(
            "an address of another scheme, with a user, or that others read otherwise"
        )
    if port and port != PORTS.get(scheme) and f"{host}:{port}" not in hosts:
        raise BoundsError("an address of a port that is not listed")
    if host not in hosts and f"{host}:{port}" not in hosts:
        raise BoundsError("an address of a host that is not listed")
    return where.asset
