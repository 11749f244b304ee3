"""Frozen: a prediction that was committed before what it predicts was measured, and its hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from telos.core.errors import StoreError, StudyError
from telos.core.files import read_file

#: Bytes of such a file at most.
MOST_BYTES = 10**6


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal digits.

    Args:
        path: of the file.

    Raises:
        StoreError: if it cannot be read.
    """
    try:
        found = read_file(path, most=MOST_BYTES, remedy="Take it from the commit.")
    except FileNotFoundError:
        raise StoreError(f"{path} is not there. Take it from the commit.") from None
    return hashlib.sha256(found).hexdigest()


def read_frozen(path: Path, sha256: str) -> dict[str, Any]:
    """What a frozen prediction says, if it is still the one that was committed.

    Args:
        path: of a JSON file that holds one object.
        sha256: of its bytes, written down in code at the commit that froze it.

    Raises:
        StoreError: if it cannot be read.
        StudyError: if its bytes are others, or are not an object: nothing is measured against it then.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp()) / "frozen.json"
        >>> _ = place.write_text('{"tau": 0.4}')
        >>> read_frozen(place, sha256_of(place))
        {'tau': 0.4}
    """
    found = sha256_of(path)
    if found != sha256:
        raise StudyError(
            f"{path.name}: its SHA-256 is {found[:12]}…, and {sha256[:12]}… was frozen. A prediction that "
            "was changed predicts nothing; take the file from the commit that froze it."
        )
    data = json.loads(path.read_bytes())
    if not isinstance(data, dict):
        raise StudyError(f"{path.name} holds no object; a prediction is one, {{name: value}}.")
    return data
