"""Gallery: pictures with the code that makes them; the code is executed whenever the site is built."""

import ast
import runpy
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "pictures"
#: In the order of the page.
ORDER = (
    "discovery",
    "worth_and_horizon",
    "displacement_map",
    "a_reading",
    "values_of_goals",
    "power_on_a_map",
    "features_of_a_world",
)


def drawn(name: str) -> str:
    """The picture of a file of the gallery, as SVG."""
    import vl_convert

    chart: Any = runpy.run_path(str(FOLDER / f"{name}.py"))["picture"]
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def made(name: str, site: str) -> None:
    """Draw a picture into the site."""
    place = Path(site) / "gallery" / f"{name}.svg"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(drawn(name), encoding="utf-8")


def written() -> str:
    """The page of the gallery."""
    parts = [
        "# Gallery",
        "Pictures with the code that makes them, executed when this site was built.",
    ]
    for name in ORDER:
        text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
        parts += _section(name, text)
    return "\n\n".join(parts) + "\n"


def _section(name: str, text: str) -> list[str]:
    tree = ast.parse(text)
    heading, _, caption = (ast.get_docstring(tree) or "").partition("\n\n")
    code = "\n".join(text.splitlines()[tree.body[0].end_lineno or 0 :]).strip()
    shown = f"![{heading.rstrip('.')}](gallery/{name}.svg)"
    return [f"## {heading.rstrip('.')}", shown, caption, f"```python\n{code}\n```"]
