"""Files that are replaced whole: a text, or LaTeX with the figures and the macros that it needs beside it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside the file, then rename over it; a link keeps pointing, and permissions stay.

    What is no regular file (a pipe, a terminal) is written to directly: there is nothing to lose.
    """
    target = path.resolve()
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_latex(noun: Any, path: str | Path, *, document: bool = False) -> tuple[Path, ...]:
    r"""Write a noun as LaTeX, with its figures as PDF and `symdyn.sty` in the same folder.

    Parameters
    ----------
    noun
        Anything that is described: an answer, a report, a figure.
    path
        The file; an existing one is replaced in one step. Its folder must exist.
    document
        A document that compiles by itself, instead of a fragment for ``\\input`` in a paper that loads ``symdyn``.

    Returns
    -------
    tuple of Path
        All files that were written, the LaTeX last, so that it never refers to a figure that is not there.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written.
    """
    from symdyn.dynamics.figure import Figure
    from symdyn.report.describe.nouns import describe
    from symdyn.report.figures import pdf_of
    from symdyn.report.formats.latex import figure_name, latex_document, latex_of, style

    target = Path(path)
    blocks = describe(noun)
    written = []
    for figure in (getattr(block, "content", block) for block in blocks):
        if isinstance(figure, Figure):
            written.append(target.parent / f"{figure_name(figure)}.pdf")
            write_atomically(written[-1], pdf_of(figure))
    written.append(target.parent / "symdyn.sty")
    write_atomically(written[-1], style())
    write_atomically(target, latex_document(blocks, package=True) if document else latex_of(blocks))
    return (*written, target)
