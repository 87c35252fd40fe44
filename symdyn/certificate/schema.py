"""The stored form of a certificate: its schema, those that are read, and what its fingerprint covers."""

#: What is written.
SCHEMA = "symdyn/certificate/2"
#: What is read.
READABLE = ("symdyn/certificate/1", SCHEMA)
#: The fields that the fingerprint covers.
SIGNED = ("schema", "claim", "verdict", "method", "witness", "assumptions")
