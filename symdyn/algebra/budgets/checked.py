"""Time limits as users give them, checked once."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.errors import ModelError, came

_LONGEST = 10**8  # seconds, which no clock of the system refuses


def checked_limit(seconds: Any) -> float | None:
    """Seconds, positive; None for no limit.

    Raises
    ------
    ModelError
        For anything else.
    """
    if seconds is None:
        return None
    real = isinstance(seconds, int | float | np.integer | np.floating) and not isinstance(seconds, bool)
    if not real or not seconds > 0:
        raise ModelError(f"time_limit is {came(seconds)}: give a positive number of seconds, or None")
    return float(min(seconds, _LONGEST))
