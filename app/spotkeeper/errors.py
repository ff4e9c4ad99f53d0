"""What the operator can put right."""


class OperatorError(Exception):
    """One sentence that names what is wrong and what to do; shown without a traceback, exit code 2."""
