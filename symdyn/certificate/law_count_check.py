"""The sentence that a count of laws may claim, for scripts that make certificates of their own."""

from symdyn.certificate.statement.sentences import law_count_claim

__all__ = ["law_count_claim"]
