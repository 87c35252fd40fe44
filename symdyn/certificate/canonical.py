"""Canonical JSON text and its SHA-256: equal data have equal text."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_text(data: Any) -> str:
    """JSON with sorted keys, no white space and ASCII only.

    Raises
    ------
    TypeError
        If `data` holds anything but dict, list, tuple, str, int, bool, None and finite floats.
    """
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(data: Any) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical_text(data).encode("ascii")).hexdigest()
