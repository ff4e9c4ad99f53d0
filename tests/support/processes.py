"""Programs that tests start."""

HEEDS_CTRL_C = ("env", "--default-signal=INT")
"""Before a command: also when a shell runs the tests in the background, where it has SIGINT ignored."""
