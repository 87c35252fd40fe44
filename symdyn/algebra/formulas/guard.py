"""Formula text to tokens: which characters, names and numbers may enter, decided on the raw text.

Python's own parser is not asked: it normalises look-alike letters to ASCII, warns on stderr, and its
tree of a sum of 3,000 terms exceeds the recursion limit.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from symdyn.errors import FormulaError

MAX_CHARACTERS = 100_000
MAX_NESTING = 200
MAX_NUMBER_DIGITS = 1_000
MAX_NAME_CHARACTERS = 100
EXCERPT_CHARACTERS = 60

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<foreign>//|==|!=|<=|>=|:=|->|<<|>>|\.\.\.|\*\*=|[-+*/]=)"
    r"|(?P<operator>\*\*|[-+*/])"
    r"|(?P<open>[(\[])"
    r"|(?P<close>[)\]])"
    r"|(?P<comma>,)"
    r"|(?P<stray>.)",
    re.DOTALL,
)

_FOREIGN = {
    "^": "is no power sign here: write **",
    "//": "is a division with remainder: write / for the exact quotient",
    "%": "is a remainder, and formulas have none: use + - * / **",
    "=": "is no part of a formula: write the right-hand side alone",
    ":=": "is an assignment, and formulas have none: write the value itself",
    ":": "opens a slice, a lambda or an annotation, and formulas have none: use + - * / ** and calls",
    ".": "asks for an attribute, and formulas have none: use plain names such as u or u_1",
    "...": "is an ellipsis, and formulas have none: write every term",
    "#": "begins a comment, and formulas have none: remove it",
    ";": "separates statements, and a formula is one expression: remove it",
    "\\": "is no part of a formula: break the line without it",
    "{": "opens a set, and formulas have none: use ( ) or [ ]",
    "}": "closes a set, and formulas have none: use ( ) or [ ]",
    "@": "is no product here: write * between numbers",
    "!": "is no factorial here: write the number itself",
    **dict.fromkeys(("'", '"'), "opens a quoted string, and formulas have none: write names without quotes"),
    **dict.fromkeys(
        ("<", ">", "==", "!=", "<=", ">="),
        "is a comparison, and formulas have none: write one side, or the key domain of a flow file",
    ),
    **dict.fromkeys(("&", "|", "~", "<<", ">>"), "works on bits, and formulas have none: use + - * / **"),
}
_NO_PART = "is no part of a formula: use numbers, names, + - * / **, ( ) and [ ]"

_KEYWORDS = {
    **dict.fromkeys(("if", "else"), "a conditional expression"),
    **dict.fromkeys(("and", "or", "not"), "a boolean operator"),
    **dict.fromkeys(("in", "is"), "a comparison"),
    **dict.fromkeys(("for", "async", "await", "yield"), "a comprehension or generator"),
    **dict.fromkeys(("True", "False"), "a truth value"),
    "None": "the empty value of Python",
}
# `lambda` stands for a Greek letter far more often than for a function, and nothing here executes it
_RESERVED = frozenset(keyword.kwlist) - {"lambda"}
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})

_LOOK_ALIKE_SIGNS = {
    "MINUS SIGN": "-",
    "EN DASH": "-",
    "MULTIPLICATION SIGN": "*",
    "MIDDLE DOT": "*",
    "DOT OPERATOR": "*",
    "DIVISION SIGN": "/",
}


class Kind(Enum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    OPERATOR = "operator"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text and where it begins."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset behind the last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a formula, and what the user calls the place it came from."""

    text: str
    where: str = ""

    def error(self, sentence: str, position: int | None) -> FormulaError:
        """The refusal `sentence`, which concerns the character at `position`."""
        prefix = f"{self.where}: " if self.where else ""
        return FormulaError(prefix + sentence, self.text, position)

    def refusal(self, what: str, position: int, reason: str) -> FormulaError:
        """The refusal of `what`, with the text around it and its column."""
        return self.error(f"{what} in {self.around(position)}, column {position + 1}, {reason}.", position)

    def span_refusal(self, start: int, end: int, reason: str) -> FormulaError:
        """The refusal of the part of the text from `start` to `end`."""
        if self.text[start:end].strip() == self.text.strip():
            return self.error(f"{self.span(start, end)} {reason}.", start)
        return self.refusal(self.span(start, end), start, reason)

    def around(self, position: int) -> str:
        """The text near `position` in quotes, in printable ASCII whatever came."""
        begin = max(0, min(position - EXCERPT_CHARACTERS // 2, len(self.text) - EXCERPT_CHARACTERS))
        end = begin + EXCERPT_CHARACTERS
        middle = printable(self.text[begin:end])
        return f'"{"..." * (begin > 0)}{middle}{"..." * (end < len(self.text))}"'

    def span(self, start: int, end: int) -> str:
        """The text from `start` to `end`, shortened, in printable ASCII."""
        if end - start > EXCERPT_CHARACTERS:
            return printable(self.text[start : start + EXCERPT_CHARACTERS]) + "..."
        return printable(self.text[start:end])


def printable(text: str) -> str:
    """`text` with every character but printable ASCII escaped: no control sequence reaches a terminal."""
    return "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode("ascii") for c in text)


def tokens(source: Source) -> list[Token]:
    """The tokens of a formula, checked one by one, with an END token behind them.

    Raises
    ------
    FormulaError
        If the text is empty or too long, or a character, name, number or bracket is not allowed.
    """
    text = source.text
    if len(text) > MAX_CHARACTERS:
        raise source.error(
            f"the formula has {len(text)} characters: up to {MAX_CHARACTERS} are allowed, write it in parts.",
            MAX_CHARACTERS,
        )
    checked = list(_checked(source))
    if not checked:
        raise source.error("the formula is empty: write an expression such as u*v.", 0)
    _check_brackets(source, checked)
    return [*checked, Token(Kind.END, "", len(text))]


def _checked(source: Source) -> Iterator[Token]:
    for match in _TOKEN.finditer(source.text):
        group, text, start = match.lastgroup, match.group(), match.start()
        if group == "space":
            continue
        if group in ("stray", "foreign"):
            raise _foreign(source, text, start)
        token = Token(Kind(group), text, start)
        if token.kind is Kind.NUMBER:
            _check_number(source, token)
        elif token.kind is Kind.NAME:
            _check_name(source, token)
        yield token


def _foreign(source: Source, text: str, start: int) -> FormulaError:
    """The refusal of a character or sign that no formula has."""
    if text.isascii():
        return source.refusal(f"`{printable(text)}`", start, _FOREIGN.get(text, _NO_PART))
    name = unicodedata.name(text, "an unnamed character")
    plain = unicodedata.normalize("NFKC", text)
    if name in _LOOK_ALIKE_SIGNS:
        advice = f"write {_LOOK_ALIKE_SIGNS[name]}"
    elif name.startswith("SUPERSCRIPT "):
        advice = "write ** for powers"
    elif re.fullmatch("GREEK (SMALL|CAPITAL) LETTER [A-Z]+", name):
        letter = name.split()[-1].replace("LAMDA", "LAMBDA")
        advice = f"write {letter.lower() if 'SMALL' in name else letter.capitalize()}"
    elif plain.isascii() and plain.isalnum():
        advice = f"write {plain}"
    else:
        advice = "write names with the letters a-z and A-Z, digits and underscores"
    return source.refusal(f"{name} (U+{ord(text):04X})", start, f"is not ASCII: {advice}")


def _check_number(source: Source, token: Token) -> None:
    after = source.text[token.end : token.end + 2]
    digits = sum(c.isdigit() for c in re.split("[eE]", token.text)[0])
    if digits > MAX_NUMBER_DIGITS:
        raise source.refusal(
            f"a number of {digits} digits",
            token.start,
            f"is too long: up to {MAX_NUMBER_DIGITS} are allowed",
        )
    if re.match(r"[jJ](?![A-Za-z0-9_])", after):
        raise source.refusal(f"`{token.text}{after[0]}`", token.start, "is imaginary: formulas are real")
    if token.text == "0" and re.match("[xXbBoO][0-9a-fA-F]", after):
        raise source.refusal(f"`0{after[0]}`", token.start, "is not in base ten: write decimal digits")
    if after[:1] in ("_", "."):
        raise source.refusal(
            f"`{source.span(token.start, token.end)}{after[0]}`",
            token.start,
            "is no number: write digits with at most one point",
        )


def _check_name(source: Source, token: Token) -> None:
    name, start = token.text, token.start
    if "__" in name:
        reason = "has two underscores together: write names such as u or u_1"
    elif len(name) > MAX_NAME_CHARACTERS:
        reason = f"has {len(name)} characters: names of up to {MAX_NAME_CHARACTERS} are allowed"
    elif name in _RESERVED:
        kind = _KEYWORDS.get(name, "a keyword of Python")
        advice = "use numbers, names, + - * / ** and calls" if name in _KEYWORDS else "choose another name"
        reason = f"is {kind}, and formulas have none: {advice}"
    elif name.lower() in _NOT_FINITE:
        reason = "is not a finite number: formulas are finite, choose another name"
    else:
        return
    raise source.refusal(f"`{source.span(start, token.end)}`", start, reason)


def _check_brackets(source: Source, checked: list[Token]) -> None:
    closing = {"(": ")", "[": "]"}
    pending: list[Token] = []
    for token in checked:
        if token.kind is Kind.OPEN:
            pending.append(token)
            if len(pending) > MAX_NESTING:
                reason = f"is nested {MAX_NESTING + 1} deep: up to {MAX_NESTING} is allowed"
                raise source.refusal(f"`{token.text}`", token.start, reason)
        elif token.kind is Kind.CLOSE:
            if not pending or closing[pending[-1].text] != token.text:
                raise source.refusal(
                    f"`{token.text}`", token.start, "closes no bracket: brackets ( ) and [ ] must pair"
                )
            pending.pop()
    if pending:
        raise source.refusal(
            f"`{pending[-1].text}`", pending[-1].start, f"is never closed: write {closing[pending[-1].text]}"
        )
