"""The notify socket of systemd; each call does nothing when there is none."""

import os
import socket


def notify(state: str) -> None:
    """Send one state, such as "READY=1", "STATUS=…", "WATCHDOG=1" or "STOPPING=1"."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messenger:
        messenger.connect(address)
        messenger.sendall(state.encode())
