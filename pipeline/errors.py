"""Errors a person can act on."""


class UserError(Exception):
    """Something the user can mend: one line that says what happened and what to do next.

    The command line prints it without a traceback and exits with status 1; a traceback always means a bug.
    """


class KafkaAway(UserError):  # noqa: N818 - it reads as what it says
    """Nothing answers at the brokers' addresses: a restart, perhaps, and worth another try."""
