"""Errors of misuse: every message says what came, what is needed and what to write."""


class SymdynError(Exception):
    """Base of all misuse of symdyn; a negative or missing answer is a verdict, never an exception."""


class FormulaError(SymdynError, ValueError):
    """A text is not a formula that may be read.

    Attributes
    ----------
    text
        The text as it came.
    position
        Offset in `text` of the first character at fault, counted from 0; None if there is no one place.
        Messages call it a column and count from 1.
    """

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.position = position


class ShapeError(SymdynError, ValueError):
    """Sizes that must agree do not."""


class ModelError(SymdynError, ValueError):
    """Anything else that is wrong with a user's model."""
