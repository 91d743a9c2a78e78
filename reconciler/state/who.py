"""Who applied what, when: identity, time and commit for receipts."""

from __future__ import annotations

import os
import time


def now() -> str:
    """The current time, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def new_id(newest: str = "") -> str:
    """An id that sorts by time and is unique on a target.

    Args:
        newest: the greatest id so far; the new one sorts behind it, also when the clock was set back or stood still.
    """
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    if f"{stamp}-" <= newest:
        stamp = _behind(newest.partition("-")[0])
    return f"{stamp}-{os.urandom(3).hex()}"


def _behind(stamp: str) -> str:
    """The next stamp of the same second; four digits hold 9999, which a clock far ahead may use up."""
    if "." not in stamp or stamp.endswith(".9999"):
        return f"{stamp}.0001"
    return f"{stamp[:-4]}{int(stamp[-4:]) + 1:04d}"


def whoami() -> str:
    """user@host."""
    import getpass

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.geteuid())
    return f"{user}@{os.uname().nodename}"


def commit_of(files: tuple[str, ...]) -> str | None:
    """The commit that the first manifest's repository has checked out, read without starting git."""
    folder = os.path.dirname(os.path.abspath(files[0])) if files else ""
    while folder and folder != "/":
        head = os.path.join(folder, ".git", "HEAD")
        if os.path.isfile(head):
            return _resolve(os.path.dirname(head))
        folder = os.path.dirname(folder)
    return None


def _resolve(git: str) -> str | None:
    head = _line(os.path.join(git, "HEAD"))
    if not head.startswith("ref: "):
        return head or None
    return _line(os.path.join(git, head[5:])) or None


def _line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline(200).strip()
    except OSError:
        return ""
