"""Kinds of a feature: `resources.money` and `resources.energy` are kinds of `resources`."""

from telos.core.world import World


def kinds(world: World, name: str) -> tuple[str, ...]:
    """The features of a world that are called `name` or, as ``name.kind``, a kind of it.

    Example:
        >>> from telos import explore
        >>> held = {"resources.money": lambda s: s, "resourcefulness": lambda s: 1}
        >>> kinds(explore(0, lambda s: {"earn": min(s + 1, 2)}, features=held), "resources")
        ('resources.money',)
    """
    return tuple(
        feature for feature in world.features if feature == name or feature.startswith(f"{name}.")
    )
