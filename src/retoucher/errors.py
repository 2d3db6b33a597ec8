"""The two ways in which Retoucher says no: each message is one sentence that says what to do."""


class RetoucherError(Exception):
    """The work could not be done; the message tells the user why and what to do (exit code 1)."""


class UsageError(RetoucherError):
    """The request itself was wrong: an option, a file kind, a size (exit code 2)."""
