"""Runs a function in a child process and stops it at each system call of ``calls.py``, before the system sees it.

Linux's ptrace(2), with a seccomp(2) filter so that all other calls run at full speed; both through ctypes. What is decided
there: the call goes on, fails, is cut in half, or is the last thing that the process ever tried.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.laws.calls import KINDS, Call, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# <linux/ptrace.h>, <linux/elf.h>
_TRACEME, _CONT, _SYSCALL, _SETOPTIONS, _GETREGSET, _SETREGSET = 0, 7, 24, 0x4200, 0x4204, 0x4205
_SYSGOOD, _FORK, _VFORK, _CLONE, _EXEC, _SECCOMP, _EXITKILL = 1, 2, 4, 8, 16, 128, 1 << 20
_OPTIONS: Final = _SYSGOOD | _FORK | _VFORK | _CLONE | _EXEC | _SECCOMP | _EXITKILL
_SECCOMP_STOP = 7
_NT_PRSTATUS, _NT_ARM_SYSTEM_CALL = 1, 0x404
# <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h>
_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _TRACE = 0x7FFF0000, 0x7FF00000
_WALL = 0x40000000  # waitpid(2): children of every kind
_AT_CWD = -100
_PAGE = 4096


class _Machine(NamedTuple):
    """Where the registers of a system call are among those that ptrace gives, counted in words of 8 bytes."""

    column: int
    words: int
    number: int
    result: int
    arguments: tuple[int, ...]


_MACHINES: Final = {
    "x86_64": _Machine(0, 27, 15, 10, (14, 13, 12, 7, 9, 8)),  # struct user_regs_struct
    "aarch64": _Machine(1, 34, 8, 0, (0, 1, 2, 3, 4, 5)),  # struct user_pt_regs
}


class Verdict(NamedTuple):
    """What becomes of a call.

    Attributes:
        kill: the process dies before it, or after its first half.
        half: of the bytes to be written only the first half is; the process is told so.
        error: it isn't made, and this ``errno`` is the answer.
    """

    kill: bool = False
    half: bool = False
    error: int = 0


GO_ON: Final = Verdict()


class UntraceableError(RuntimeError):
    """This system doesn't let a process trace its child."""


def traced(work: Callable[[], object], sorts: Collection[str], decide: Callable[[Call], Verdict]) -> int:
    """Run ``work`` in a child process of its own, and ask ``decide`` before each call. Gives the child's wait status.

    That goes for its threads too. A program that it starts is let be, but the start itself is asked about.

    Args:
        sorts: of which calls it is asked; an ``open`` may be of more than one.

    Raises:
        UntraceableError: it can't be done here.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise _untraceable(f"Linux on {' or '.join(_MACHINES)} is needed, this is {platform.platform()}")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    kinds = {
        number: kind
        for kind in KINDS
        if (number := kind.numbers[machine.column]) is not None and kind.sorts & {*sorts}
    }
    pid = os.fork()
    if pid == 0:
        _let_be_traced(libc, sorted(kinds))
        work()
        os._exit(0)
    return _Tracer(libc, machine, kinds, pid, decide).follow()


def _untraceable(why: str) -> UntraceableError:
    return UntraceableError(
        f"the faults can't be injected: {why}; allow ptrace(2) and seccomp(2), in a container with --cap-add=SYS_PTRACE"
    )


def _let_be_traced(libc: Any, numbers: list[int]) -> None:
    """In the child: from here on each of these calls stops it."""
    if libc.ptrace(_TRACEME, 0, None, None) != 0:
        os._exit(ctypes.get_errno())
    os.kill(os.getpid(), signal.SIGSTOP)
    jumps = [(_JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    program = [(_LOAD, 0, 0, 0), *jumps, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _TRACE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    if (
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(_SET_SECCOMP, _MODE_FILTER, header, 0, 0) != 0
    ):
        os._exit(ctypes.get_errno())
    os.kill(os.getpid(), signal.SIGSTOP)


class _Tracer:
    """Follows one child."""

    def __init__(
        self,
        libc: Any,
        machine: _Machine,
        kinds: dict[int, Kind],
        pid: int,
        decide: Callable[[Call], Verdict],
    ) -> None:
        self.libc, self.machine, self.kinds, self.pid, self.decide = libc, machine, kinds, pid, decide
        self.started: set[int] = set()
        self.form = struct.Struct(f"{machine.words}Q")
        self.buffer = ctypes.create_string_buffer(self.form.size)
        self.vector = _vector(self.buffer)

    def follow(self) -> int:
        """Until its end; gives the wait status."""
        self._begin()
        while True:
            pid, status = os.waitpid(-1, _WALL)
            if os.WIFSTOPPED(status):
                self._stopped(pid, status)
            elif pid == self.pid:
                break
            else:
                self.started.discard(pid)
        for left in self.started:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(left, signal.SIGKILL)
                os.waitpid(left, _WALL)
        return status

    def _begin(self) -> None:
        """The child stops once when it is traced, and once more when its calls are filtered."""
        for what in ("ptrace", "seccomp"):
            _, status = os.waitpid(self.pid, 0)
            if not os.WIFSTOPPED(status):
                raise _untraceable(f"{what}: {os.strerror(os.waitstatus_to_exitcode(status))}")
            self._ptrace(_SETOPTIONS, self.pid, None, _OPTIONS)
            self._ptrace(_CONT, self.pid, None, None)

    def _stopped(self, pid: int, status: int) -> None:
        event, number = status >> 16, os.WSTOPSIG(status)
        if event == _SECCOMP_STOP:
            self._asked(pid)
            return
        begins = pid != self.pid and pid not in self.started and number == signal.SIGSTOP
        if pid != self.pid:
            self.started.add(pid)
        self._ptrace(_CONT, pid, None, 0 if event or begins else number)

    def _asked(self, pid: int) -> None:
        registers = self._registers(pid)
        kind = self.kinds[registers[self.machine.number]]
        verdict = GO_ON
        if kind.name == "execve" or os.path.exists(f"/proc/{self.pid}/task/{pid}"):
            arguments = tuple(registers[at] for at in self.machine.arguments)
            verdict = self.decide(Call(kind, arguments, _paths(pid, kind.shape, arguments)))
        if verdict.half:
            self._halve(pid, registers)
        if verdict.kill:
            os.kill(self.pid, signal.SIGKILL)
            return
        if verdict.error:
            self._skip(pid, registers, verdict.error)
        self._ptrace(_CONT, pid, None, None)

    def _skip(self, pid: int, registers: list[int], error: int) -> None:
        registers[self.machine.result] = -error & (1 << 64) - 1
        if self.machine.column == 0:
            registers[self.machine.number] = (1 << 64) - 1
        else:
            self._set(pid, _NT_ARM_SYSTEM_CALL, struct.pack("i", -1))
        self._set(pid, _NT_PRSTATUS, self.form.pack(*registers))

    def _halve(self, pid: int, registers: list[int]) -> None:
        """Have the first half written; the compiler may rely on the length in its register, so that goes back."""
        at = self.machine.arguments[2]
        whole, registers[at] = registers[at], (registers[at] + 1) // 2
        self._set(pid, _NT_PRSTATUS, self.form.pack(*registers))
        self._ptrace(_SYSCALL, pid, None, None)
        os.waitpid(pid, _WALL)
        after = self._registers(pid)
        after[at] = whole
        self._set(pid, _NT_PRSTATUS, self.form.pack(*after))

    def _registers(self, pid: int) -> list[int]:
        self._ptrace(_GETREGSET, pid, _NT_PRSTATUS, self.vector)
        return list(self.form.unpack(self.buffer))

    def _set(self, pid: int, what: int, data: bytes) -> None:
        held = ctypes.create_string_buffer(data, len(data))
        self._ptrace(_SETREGSET, pid, what, _vector(held))

    def _ptrace(self, request: int, pid: int, address: int | None, data: Any) -> None:
        if self.libc.ptrace(request, pid, address, data) != 0 and ctypes.get_errno() != errno.ESRCH:
            raise _untraceable(f"ptrace: {os.strerror(ctypes.get_errno())}")


def _vector(held: ctypes.Array[ctypes.c_char]) -> ctypes.Array[ctypes.c_char]:
    """A ``struct iovec`` of what must be kept alive beside it."""
    return ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(held), len(held)))


def _paths(pid: int, shape: str, arguments: tuple[int, ...]) -> tuple[str, ...]:
    found, at = [], 0
    for one in shape:
        if one == "f":
            found.append(_opened(pid, arguments[at]))
        elif one == "p":
            found.append(_text(pid, arguments[at]))
        elif one == "a":
            folder = ctypes.c_int(arguments[at]).value
            at += 1
            below = _text(pid, arguments[at])
            base = "" if folder == _AT_CWD or below.startswith("/") else _opened(pid, folder)
            found.append(os.path.join(base, below) if below else base)
        at += 1
    return tuple(found)


def _opened(pid: int, descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{ctypes.c_int(descriptor).value}")
    except OSError:
        return ""


def _text(pid: int, address: int) -> str:
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        # A page at a time: what follows may not be there.
        data = os.pread(memory, _PAGE - address % _PAGE, address)
        while b"\0" not in data:
            data += os.pread(memory, _PAGE, address + len(data))
    finally:
        os.close(memory)
    return os.fsdecode(data[: data.index(b"\0")])
