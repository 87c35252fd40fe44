"""A budget of function calls: a time limit that strikes at the same place on a slow machine.

Meant for short computations of SymPy on formulas from outside, some of which take exponential time: it
asks whether tanh(tanh(tanh(u))) is real by splitting into real and imaginary parts, level by level.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sympy.core.cache import clear_cache


class BudgetSpentError(BaseException):
    """More calls than allowed. No Exception, since SymPy catches those in places."""


@contextmanager
def call_budget(calls: int) -> Iterator[None]:
    """Stop what runs inside after `calls` calls and returns of functions, written in Python or in C.

    A call runs about half as fast inside. Under a profiler nothing is counted.

    Raises
    ------
    BudgetSpentError
        When the budget is spent; what SymPy had cached is forgotten then, because half a deduction about
        an expression may be among it.

    Examples
    --------
    >>> with call_budget(100_000):
    ...     print(sum(range(10)))
    45
    """
    if sys.getprofile() is not None:
        yield
        return
    left = calls

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise BudgetSpentError

    sys.setprofile(count)
    try:
        yield
    except BudgetSpentError:
        clear_cache()
        raise
    finally:
        sys.setprofile(None)
