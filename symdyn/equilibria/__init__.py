"""The second question: where does it come to rest, and is that rest stable?

The room and its main verb have one name, so the room can be called: `symdyn.equilibria(flow)` works whichever of the
two was imported first.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallableRoom(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """The verb `symdyn.equilibria.find.equilibria`."""
        from symdyn.equilibria.find import equilibria

        return equilibria(*arguments, **options)


sys.modules[__name__].__class__ = _CallableRoom
