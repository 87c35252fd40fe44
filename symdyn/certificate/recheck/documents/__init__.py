"""Documents around certificates: everything that an answer says is compared with what was proved again."""
