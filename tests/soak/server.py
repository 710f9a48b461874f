"""The server's process, a connection that asks it how it is, and what the kernel says of it."""

import os
import re
import signal
import socket
import subprocess
import tempfile
from typing import Any, Dict, List

from replies import Error, ReplyReader
from traffic import encode

STOP_SECONDS_MAX = 60
# An allocator keeps what it may need again: small blocks with each thread, free pages for a while (jemalloc), or at the
# ends of its arenas up to the highest peaks of the traffic (the C library's). Without that, what is allocated is what
# the server holds, and what is resident is little more. A value in the environment wins.
ALLOCATOR_SETTINGS = {
    "MALLOC_CONF": "tcache:false,dirty_decay_ms:0,muzzy_decay_ms:0",
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{setting}" for setting in
                               ("tcache_count=0", "mmap_threshold=65536", "trim_threshold=65536")),
}
REPLY_SECONDS_MAX = 120


def allocated_in(report: str) -> int:
    """The bytes given out and not got back, by the report of jemalloc or of the C library."""
    found = re.search(r"^Allocated: (\d+), active: ", report, re.MULTILINE)
    if found:
        return int(found.group(1))
    sizes = {f"{tag} {kind}": int(size) for tag, kind, size in
             re.findall(r'<(total|system) type="(\w+)"[^>]* size="(\d+)"/>', report.rsplit("</heap>", 1)[1])}
    return sizes["system current"] - sizes["total fast"] - sizes["total rest"] + sizes["total mmap"]


class Control:
    """A connection that does one thing after the other."""

    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_SECONDS_MAX)
        self._reader = ReplyReader()
        self._replies: List[Any] = []

    def ask(self, *words) -> Any:
        self._socket.sendall(encode(*words))
        while not self._replies:
            arrived = self._socket.recv(1 << 18)
            if not arrived:
                raise ConnectionError(f"the server closed instead of answering {words[0]}")
            self._replies += self._reader.feed(arrived)
        reply = self._replies.pop(0)
        if isinstance(reply, Error):
            raise RuntimeError(f"{words[0]} was answered by {reply!r}")
        return reply

    def info(self) -> Dict[str, str]:
        lines = self.ask("INFO", "everything").decode().split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def allocated_bytes(self) -> int:
        """What the allocator has given out and not got back."""
        return allocated_in(self.ask("MEMORY", "MALLOC-STATS").decode())

    def close(self) -> None:
        self._socket.close()


class Server:
    """`with Server(program, flags) as server:` runs it. `stop()` then says what was wrong with its end."""

    def __init__(self, program: str, flags: List[str]):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([program, "--port", "0", *flags], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env={**ALLOCATOR_SETTINGS, **os.environ})
        lines = [self.process.stdout.readline() for _ in range(3)]
        found = re.search(r":(\d+)$", lines[0])
        if not found:
            self.process.kill()
            raise RuntimeError(f"no port in the first line of {program}: {lines[0]!r}")
        self.port = int(found.group(1))

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def _status(self, name: str) -> int:
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))

    def resident_kib(self) -> int:
        return self._status("VmRSS")

    def threads(self) -> int:
        return self._status("Threads")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> List[str]:
        """Ends it as an operator would; the faults of how it has ended."""
        faults = []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                faults.append(f"the server did not stop within {STOP_SECONDS_MAX} s of SIGTERM")
        if self.process.wait() != 0:
            faults.append(f"the server exited with {self.process.returncode}")
        self.errors.seek(0)
        written = self.errors.read().decode("utf-8", "replace")
        if written:
            faults.append(f"the server wrote: {written[-4000:]}")
        return faults
