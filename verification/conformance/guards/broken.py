"""Rule files of other systems with the defects that the group "policy" is about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Defects that any text can have, and what they do to its bytes.
ANY_TEXT = {
    "none": lambda good, comment: good,
    "empty-file": lambda good, comment: b"",
    "only-comments": lambda good, comment: b"".join(
        comment + line + b"\n" for line in good.splitlines()
    ),
    "byte-order-mark": lambda good, comment: b"\xef\xbb\xbf" + good,
    "not-utf-8": lambda good, comment: good.replace(b"upgrade", b"upgr\xff\xfede"),
    "null": lambda good, comment: good.replace(b"upgrade", b"upgr\0ade"),
    "cyrillic": lambda good, comment: good.replace(b"upgrade", "upgr\u0430de".encode()),
    "invisible": lambda good, comment: good.replace(b"upgrade", "upgr\u200bade".encode()),
    "typo-protected": lambda good, comment: good.replace(b"upgrade", b"upgarde"),
    "folder": lambda good, comment: good,
    "missing-file": lambda good, comment: good,
}


def written(
    folder: str, detail: Mapping[str, Any], good: str, own: Mapping[str, str], suffix: str
) -> Path | None:
    """A file with a defect in it; None if it cannot have that defect.

    Who else may write a file, or whether it is a link, is for the deployment with all of them: None.

    Args:
        folder: where to.
        detail: the step of the case.
        good: the file without a defect, which must deny `upgrade` and permit `read_file`.
        own: the defects that are particular to the system, as whole texts.
        suffix: of the file's name; tells what a comment is.
    """
    defect, path = detail["defect"], Path(folder) / f"rules{suffix}"
    if defect in own:
        path.write_text(own[defect], encoding="utf-8")
        return path
    if defect not in ANY_TEXT:
        return None
    comment = b"// " if suffix == ".cedar" else b"# "
    content = ANY_TEXT[defect](good.encode(), comment)
    if defect == "folder":
        path.mkdir()
    elif defect != "missing-file":
        path.write_bytes(content)
    return path
