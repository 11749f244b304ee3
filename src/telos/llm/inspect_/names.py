"""Names in Inspect's registry: everything of Telos is called `telos/…` there, however Telos is installed."""

from inspect_ai._util.package import get_installed_package_name


def named(name: str) -> str:
    """What to register something under for Inspect to know it as `telos/<name>`.

    Inspect itself puts the import package before a name, but of an editable install it looks for a
    distribution of the package's own name, and Telos is distributed as `telos-lab`.

    Args:
        name: without a prefix.
    """
    return name if get_installed_package_name(named) else f"telos/{name}"
