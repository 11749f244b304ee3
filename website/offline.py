"""Offline: what the site needs so that search works from a file, where a browser starts no worker."""

import json
from pathlib import Path

#: Zensical leaves out its own remedy, which is fetched from a network, where a path says so.
PLACE = "assets/iframe-worker.js"
SCRIPT = """\
// A page that was opened from a file may not start a worker from another file: its text stands here.
if (location.protocol === "file:") {{
  const text = {text};
  const Started = self.Worker;
  self.Worker = class extends Started {{
    constructor(place, options) {{
      const own = /\\/search\\.[^\\/]*js$/.test(String(place));
      super(own ? URL.createObjectURL(new Blob([text], {{type: "text/javascript"}})) : place, options);
    }}
  }};
}}
"""


def worker_text() -> str:
    """The text of Zensical's search worker."""
    import zensical

    assert zensical.__file__ is not None
    folder = Path(zensical.__file__).parent / "templates" / "assets" / "javascripts" / "workers"
    (path,) = folder.glob("search.*.min.js")
    return path.read_text(encoding="utf-8")


def written(site: Path) -> None:
    """Put the script into the site."""
    path = site / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(text=json.dumps(worker_text())), encoding="utf-8")
