"""telos cite: the works a study builds on, as BibTeX."""

from typing import Annotated

import typer

from telos.cli.arguments import find_study
from telos.cli.say import busy, say


def cite(
    study: Annotated[str, typer.Argument(help="A shipped study or a study file.")],
) -> None:
    """Print the BibTeX of what a study, and the parts it uses, refer to."""
    from telos.studies.bibliography import citations

    with busy("loading"):
        works = citations(find_study(study))
    say("\n\n".join(works))
