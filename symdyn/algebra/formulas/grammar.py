"""Tokens to postfix steps: operator precedence as in Python, without recursion.

Two stacks (Dijkstra's shunting yard) read a sum of any length and a chain of any depth in bounded
Python frames. Steps are in postfix order: operands first, then what joins them.
"""

from dataclasses import dataclass
from enum import Enum

from symdyn.algebra.formulas.functions import FUNCTIONS, OF_SEVERAL
from symdyn.algebra.formulas.guard import Kind, Source, Token, tokens
from symdyn.errors import FormulaError

MAX_STEPS = 50_000


class Action(Enum):
    """What a step does with the operands before it."""

    NUMBER = "number"
    NAME = "name"
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    POWER = "**"
    NEGATE = "unary -"
    AFFIRM = "unary +"
    CALL = "call"
    ARRAY = "array"


_BINARY = {action.value: action for action in Action if not action.value.isalpha()}
_PRECEDENCE = {
    Action.ADD: 1,
    Action.SUBTRACT: 1,
    Action.MULTIPLY: 2,
    Action.DIVIDE: 2,
    Action.NEGATE: 3,
    Action.AFFIRM: 3,
    Action.POWER: 4,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation, and the part of the text that it stands for.

    `operands` is how many results before it are consumed; `word` is the number, name or function.
    """

    action: Action
    start: int
    end: int
    operands: int = 0
    word: str = ""


@dataclass(slots=True)
class _Bracket:
    """An open bracket, or the whole text: what was counted in it so far."""

    opening: Token | None
    function: Token | None = None
    entries: int = 0
    has_comma: bool = False


def postfix(source: Source) -> list[Step]:
    """The steps that compute a formula, or a nested tuple or list of formulas.

    Raises
    ------
    FormulaError
        If the text is not a formula; the message says where, what, and what to write.
    """
    return _Reader(source).read()


class _Reader:
    """The two stacks, while a text is read from left to right."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = tokens(source)
        self.steps: list[Step] = []
        self.spans: list[tuple[int, int]] = []
        whole = _Bracket(None)
        self.pending: list[tuple[Action, int] | _Bracket] = [whole]
        self.brackets = [whole]

    def read(self) -> list[Step]:
        wants_operand = True
        function: Token | None = None
        for token in self.tokens:
            if function is not None and token.text != "(":
                raise self._function_alone(function)
            if not wants_operand:
                wants_operand = self._after_operand(token)
            elif token.kind is Kind.NAME and token.text in FUNCTIONS:
                function = token
                continue
            else:
                wants_operand = self._operand(token, function)
            function = None
        return self.steps

    def _operand(self, token: Token, function: Token | None) -> bool:
        """Read a token where a number, name or bracket may begin; is an operand wanted next?"""
        if token.kind in (Kind.NUMBER, Kind.NAME):
            action = Action.NUMBER if token.kind is Kind.NUMBER else Action.NAME
            self._emit(action, 0, token.start, token.end, token.text)
            return False
        if token.kind is Kind.OPEN:
            bracket = _Bracket(token, function)
            self.pending.append(bracket)
            self.brackets.append(bracket)
            return True
        if token.text in ("+", "-"):
            self.pending.append((Action.NEGATE if token.text == "-" else Action.AFFIRM, token.start))
            return True
        behind_comma = isinstance(self.pending[-1], _Bracket) and self.brackets[-1].has_comma
        if behind_comma and token.kind in (Kind.CLOSE, Kind.END):
            self._close(token)
            return False
        raise self._missing_operand(token)

    def _after_operand(self, token: Token) -> bool:
        """Read a token behind an operand; is an operand wanted next?"""
        if token.kind is Kind.OPERATOR:
            action = _BINARY[token.text]
            self._reduce(_PRECEDENCE[action] + (action is Action.POWER))
            self.pending.append((action, token.start))
            return True
        if token.kind is Kind.COMMA:
            self._reduce(0)
            self.brackets[-1].entries += 1
            self.brackets[-1].has_comma = True
            return True
        if token.kind in (Kind.CLOSE, Kind.END):
            self._reduce(0)
            self.brackets[-1].entries += 1
            self._close(token)
            return False
        raise self._no_operator(token)

    def _reduce(self, precedence: int) -> None:
        """Complete what binds at least as tightly as `precedence`, back to the last bracket."""
        while not isinstance(top := self.pending[-1], _Bracket) and _PRECEDENCE[top[0]] >= precedence:
            self.pending.pop()
            action, position = top
            if action in (Action.NEGATE, Action.AFFIRM):
                self._emit(action, 1, position, self.spans[-1][1])
            else:
                self._emit(action, 2, self.spans[-2][0], self.spans[-1][1])

    def _close(self, token: Token) -> None:
        """Complete the innermost bracket, or the whole text."""
        bracket = self.brackets.pop()
        self.pending.pop()
        if bracket.opening is None:
            if bracket.has_comma:
                self._emit(Action.ARRAY, bracket.entries, 0, token.end)
            return
        start, end = bracket.opening.start, token.end
        if bracket.function is not None:
            name = bracket.function
            several = name.text in OF_SEVERAL
            if (bracket.entries < 2) if several else (bracket.entries != 1):
                wanted = "two arguments or more" if several else "one argument"
                raise self.source.refusal(
                    f"`{name.text}` with {bracket.entries} argument{'s' if bracket.entries != 1 else ''}",
                    name.start,
                    f"is no value: write {_example(name.text)} with {wanted}",
                )
            self._emit(Action.CALL, bracket.entries, name.start, end, name.text)
        elif bracket.has_comma or bracket.opening.text == "[":
            self._emit(Action.ARRAY, bracket.entries, start, end)
        else:
            self.spans[-1] = (start, end)

    def _emit(self, action: Action, operands: int, start: int, end: int, word: str = "") -> None:
        if len(self.steps) == MAX_STEPS:
            raise self.source.error(
                f"the formula has more than {MAX_STEPS} names, numbers and signs: write it in parts.", start
            )
        self.steps.append(Step(action, start, end, operands, word))
        del self.spans[len(self.spans) - operands :]
        self.spans.append((start, end))

    def _function_alone(self, name: Token) -> FormulaError:
        reason = f"is a function: write {_example(name.text)}, and choose other names for symbols"
        return self.source.refusal(f"`{name.text}`", name.start, reason)

    def _missing_operand(self, token: Token) -> FormulaError:
        source, wanted = self.source, "a number or a name is needed there"
        if token.kind is Kind.END:
            return source.refusal("the end", max(0, len(source.text) - 1), f"comes too early: {wanted}")
        if token.kind is Kind.CLOSE and isinstance(self.pending[-1], _Bracket):
            opening = self.pending[-1].opening
            start = opening.start if opening is not None else token.start
            return source.refusal(f"`{source.span(start, token.end)}`", start, f"is empty: {wanted}")
        return source.refusal(f"`{token.text}`", token.start, f"has nothing before it: {wanted}")

    def _no_operator(self, token: Token) -> FormulaError:
        """The refusal of two operands side by side: products are never guessed."""
        source = self.source
        start, end = self.spans[-1]
        first = source.span(start, end)
        if token.text == "[":
            indexed = f"{first}_1" if first.isidentifier() else "u_1"
            reason = f"is a subscript, and formulas have none: write a name such as {indexed}"
            return source.refusal(f"`{first}[`", start, reason)
        last = self.steps[-1]
        if token.kind is Kind.OPEN and last.action is Action.NAME and last.end == end and last.start == start:
            functions = ", ".join(sorted(FUNCTIONS))
            reason = f"calls what is no function: write {first}*( for a product, or one of {functions}"
            return source.refusal(f"`{first}(`", start, reason)
        second = source.span(token.start, token.end)
        gap = " " if token.start > end else ""
        return source.refusal(
            f"`{first}{gap}{second}`", start, f"has no operator: write {first}*{second} for a product"
        )


def _example(name: str) -> str:
    """A call of a function."""
    return f"{name}(u, v)" if name in OF_SEVERAL else f"{name}(u)"
