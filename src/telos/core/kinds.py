"""Kinds of a feature: `resources.money` and `resources.energy` are kinds of `resources`."""

from collections.abc import Iterable

from telos.core.world import World


def kinds(world: World, *names: str) -> tuple[str, ...]:
    """The features of a world that are called by one of `names` or, as ``name.kind``, a kind of it.

    Example:
        >>> from telos import explore
        >>> held = {"resources.money": lambda s: s, "resourcefulness": lambda s: 1}
        >>> kinds(explore(0, lambda s: {"earn": min(s + 1, 2)}, features=held), "resources")
        ('resources.money',)
    """
    return tuple(
        feature
        for feature in world.features
        if any(feature == name or feature.startswith(f"{name}.") for name in names)
    )


def lacking(world: World, names: Iterable[str]) -> tuple[str, ...]:
    """Which of `names` a world has no feature of: neither one so called nor a kind of it.

    Example:
        >>> from telos import worlds
        >>> lacking(worlds.Venture().build(), ("resources", "off"))
        ('off',)
    """
    return tuple(name for name in names if not kinds(world, name))
