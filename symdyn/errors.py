"""Errors of misuse: every message says what came, what is needed and what to write."""


_LONGEST = 80


def came(value: object) -> str:
    """What came, in a message: as Python writes it, cut where that is long, and in words where it cannot be written."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a value of any kind may refuse to be written, as Python does an integer of 5,000 digits
        return f"a {type(value).__name__} that is too long to be written"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


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
