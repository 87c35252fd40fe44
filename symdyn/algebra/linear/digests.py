"""Fingerprints of exact data, for draws that no input can steer."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def digest_words(*parts: bytes) -> tuple[int, ...]:
    """SHA-256 of the parts as eight words of 32 bits."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return tuple(int(word) for word in np.frombuffer(found.digest(), dtype="<u4"))


def integer_bytes(values: Any) -> bytes:
    """An array of integers of any size as bytes, the same on every machine."""
    return repr(values.tolist()).encode() if values.dtype == object else values.astype("<i8").tobytes()
