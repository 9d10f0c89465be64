"""Names of stored files."""

from __future__ import annotations

import secrets
from pathlib import PurePosixPath

from django.db.models import Model


def random_name(instance: Model, filename: str) -> str:
    """Return a random storage path that keeps nothing of the uploader's file name but its type.

    The suffix is lower-cased and limited to letters and digits; what a file *is* must be checked
    from its content before it is stored.
    """
    suffix = "".join(c for c in PurePosixPath(filename).suffix.lower() if c.isalnum())[:5]
    name = secrets.token_hex(16)
    return f"{instance._meta.label_lower}/{name[:2]}/{name}" + (f".{suffix}" if suffix else "")
