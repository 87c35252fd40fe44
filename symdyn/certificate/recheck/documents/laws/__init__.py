"""Laws in documents, compared with the record of their count."""
