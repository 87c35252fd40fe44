r"""The marks of a paper: \symdynclaim, \symdynvalue and \symdynnumber in LaTeX files, with files and lines.

Comments, verbatim text and \iffalse are blanked in place, so that offsets and lines stay those of the file. Files named
by \input, \include, \subfile and \import are followed inside the folder of the paper, and nowhere else.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field
from pathlib import Path

from symdyn.errors import ModelError

#: Written by `symdyn check --update`; read by LaTeX, never scanned for marks.
VALUES_FILE = "symdyn-values.tex"
MAX_FILE_BYTES = 20_000_000
MAX_FILES = 1_000
#: Files of TeX distributions that papers read with \input.
_OF_TEX = {"glyphtounicode", "pdfcolmk", "xy", "epsf", "amstex", "tikzlibrary", "insbox", "random", "diagxy"}

_VERBATIM = r"verbatim\*?|Verbatim\*?|BVerbatim|LVerbatim|lstlisting|minted|comment|filecontents\*?|alltt"
_HIDDEN = re.compile(
    r"(?P<symbol>\\[^A-Za-z\n])"
    r"|(?P<comment>%[^\n]*)"
    r"|(?P<verb>\\(?:verb|lstinline)\*?(?![A-Za-z])(?:\[[^\]\n]*\])?"
    r"(?:\{(?<=inline\{)[^}\n]*\}|(?P<delimiter>[^\sA-Za-z*])[^\n]*?(?P=delimiter)))"
    rf"|(?P<environment>\\begin[ \t]*\{{(?P<name>{_VERBATIM})\}}.*?(?:\\end[ \t]*\{{(?P=name)\}}|\Z))"
    r"|(?P<iffalse>\\iffalse(?![A-Za-z]).*?(?:\\fi(?![A-Za-z])|\Z))"
    r"|(?P<end>(?:\\end[ \t]*\{document\}|\\endinput(?![A-Za-z])).*)",
    re.DOTALL,
)
_COMMAND = re.compile(
    r"\\(symdynclaim|symdynvalue|symdynnumber|input|include|subfile|import|subimport)(?![A-Za-z@])[ \t]*\n?[ \t]*"
)
_BRACE = re.compile(r"[{}]")
_MACROS = {"symdynclaim": "{id}{statement}", "symdynvalue": "{key}", "symdynnumber": "{key}{number}"}
_BARE_NAME = re.compile(r'"([^"\n]+)"|([^\s{}\\%]+)')


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A use of one of the macros.

    Parameters
    ----------
    macro
        "symdynclaim", "symdynvalue" or "symdynnumber".
    id
        Id of a claim, or key of a value.
    text
        The statement, or the number as it is printed; empty for a value.
    file
        Relative to the folder of the paper.
    line
        Counted from 1.
    """

    macro: str
    id: str
    text: str
    file: str
    line: int


@dataclass
class Scan:
    """What was found in a paper: the marks in reading order, and notes on files that could not be followed."""

    marks: list[Mark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def scan_paper(path: Path) -> Scan:
    r"""All marks of a paper and of the files that it reads.

    Raises
    ------
    ModelError
        With file and line: a missing, binary or too large file, a file outside the folder, files that read each other
        in a circle, a claim whose braces do not close.
    """
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise ModelError(f"the paper {path} {kind}: give the path of a LaTeX file, as in symdyn check paper.tex")
    reader = _Reader(path.resolve().parent)
    reader.read(path.resolve(), ())
    return reader.scan


class _Reader:
    """Follows a paper through its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.scan = Scan()
        self.seen: set[Path] = set()

    def shown(self, path: Path) -> str:
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else path.name

    def read(self, path: Path, above: tuple[Path, ...]) -> None:
        self.seen.add(path)
        if len(self.seen) > MAX_FILES:
            raise ModelError(f"the paper reads more than {MAX_FILES} files: check its parts one by one")
        file = self.shown(path)
        self.scan.files.append(file)
        visible, skeleton = _blanked(_text_of(path, file))
        starts = [0, *(found.end() for found in re.finditer("\n", skeleton))]
        for found in _COMMAND.finditer(skeleton):
            command, line = found[1], bisect.bisect_right(starts, found.start())
            if command in _MACROS:
                self._mark(command, visible, skeleton, found.end(), file, line)
            else:
                self._follow(command, visible, skeleton, found.end(), (*above, path), line)

    def _mark(self, command: str, visible: str, skeleton: str, place: int, file: str, line: int) -> None:
        if skeleton[place : place + 1] in ("}", "[", "#", "=", "\\", ""):
            return  # the macro is being defined, not used
        groups: list[str] = []
        for _ in range(_MACROS[command].count("{")):
            while skeleton[place : place + 1].isspace():
                place += 1
            if skeleton[place : place + 1] != "{":
                raise ModelError(f"{file}, line {line}: \\{command} needs {_MACROS[command]}: add what is missing")
            end = _closing(skeleton, place)
            if end is None:
                what = f"the statement of \\{command}{{{groups[0]}}}" if groups else f"the first brace of \\{command}"
                raise ModelError(f"{file}, line {line}: {what} is never closed: add the missing }}")
            groups.append(" ".join(visible[place + 1 : end].split()) if not groups else visible[place + 1 : end])
            place = end + 1
        if "#" in groups[0]:
            return  # inside the definition of another macro
        if not groups[0]:
            raise ModelError(f"{file}, line {line}: \\{command} has an empty id: write for example thm:count")
        self.scan.marks.append(Mark(
            macro=command,
            id=groups[0],
            text=groups[1] if len(groups) > 1 else "",
            file=file,
            line=line,
        ))

    def _follow(
        self, command: str, visible: str, skeleton: str, place: int, above: tuple[Path, ...], line: int
    ) -> None:
        name = _argument(visible, skeleton, place, 2 if "import" in command else 1)
        file = self.shown(above[-1])
        if not name:
            return  # being defined, or no file at all
        where = f"{file}, line {line}: \\{command}{{{name[:80]}}}"
        if "\\" in name or "#" in name:
            self.scan.notes.append(f"{where} is named by a macro, and is not followed")
            return
        path = self._found(Path(name), above[-1].parent if command in ("subimport", "subfile") else self.root)
        if path is None:
            if Path(name).stem in _OF_TEX or Path(name).name in (VALUES_FILE, Path(VALUES_FILE).stem):
                return
            raise ModelError(f"{where} names a file that does not exist: add it, or remove the line")
        if not path.is_relative_to(self.root):
            raise ModelError(f"{where} leaves the folder of the paper, and only files below it are read: move it there")
        if path in above:
            circle = " reads ".join(map(self.shown, (*above[above.index(path) :], path)))
            raise ModelError(f"{where} closes a circle: {circle}")
        if path not in self.seen and path.name != VALUES_FILE:
            self.read(path, above)

    def _found(self, name: Path, base: Path) -> Path | None:
        """The file that TeX would read; a path outside the folder is returned without a look at it."""
        for folder in dict.fromkeys((self.root, base)):
            path = (folder / name).resolve()
            if not path.is_relative_to(self.root):
                return path
            for candidate in (path.with_name(path.name + ".tex"), path):
                if candidate.is_file():
                    return candidate.resolve()
        return None


def _text_of(path: Path, file: str) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ModelError(f"{file} is larger than {MAX_FILE_BYTES:,} bytes: a paper is shorter")
        data = path.read_bytes()
    except OSError as failure:
        raise ModelError(f"{file} cannot be read ({failure.strerror})") from None
    if b"\0" in data:
        raise ModelError(f"{file}, line {data[: data.index(0)].count(10) + 1}: is a binary file, not LaTeX")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what older papers are written in; marks are ASCII in both
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _blanked(text: str) -> tuple[str, str]:
    r"""The text without what TeX does not read, and a skeleton without control symbols such as \{ and \\ too."""

    def blank(found: re.Match[str], symbols: bool) -> str:
        if found.lastgroup == "symbol" or found["symbol"]:
            return "  " if symbols else found[0]
        return re.sub(r"[^\n]", " ", found[0])

    return _HIDDEN.sub(lambda found: blank(found, False), text), _HIDDEN.sub(lambda found: blank(found, True), text)


def _closing(skeleton: str, start: int) -> int | None:
    """Where the brace that opens at `start` closes."""
    depth = 0
    for found in _BRACE.finditer(skeleton, start):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return None


def _argument(visible: str, skeleton: str, place: int, groups: int) -> str:
    """The name of a file behind a command: in one or two groups of braces, or bare."""
    parts = []
    for _ in range(groups):
        if skeleton[place : place + 1] != "{":
            bare = _BARE_NAME.match(visible, place)
            return (bare[1] or bare[2]) if bare and groups == 1 and visible[place] not in "[#=" else ""
        end = _closing(skeleton, place)
        if end is None:
            return ""
        parts.append(visible[place + 1 : end].strip().strip('"'))
        place = end + 1
    return "/".join(part.rstrip("/") for part in parts if part) if groups > 1 else parts[0]
