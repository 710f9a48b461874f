"""A server process on a free port of the loopback interface, fresh for each use."""

import os
import shutil
import signal
import socket
import subprocess
import time
from typing import List, Optional

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 20
STARTS_MAX = 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def is_redis(program: str) -> bool:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return shown.startswith("Redis server")


class Server:
    """`with Server(program, folder) as server:` runs it; `server.fault` then says how it ended, if badly."""

    def __init__(self, program: str, folder: str):
        self.program = os.path.abspath(program)
        self.folder = folder
        self.port = 0
        self.fault: Optional[str] = None

    def command(self) -> List[str]:
        flags = ["--port", str(self.port), "--databases", "16"]
        # A peer to judge the harness itself by: as its own suite starts it, but writing nothing.
        if is_redis(self.program):
            flags += ["--save", "", "--enable-debug-command", "yes", "--dir", self.folder]
        return [self.program, *flags]

    def __enter__(self) -> "Server":
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        for _ in range(STARTS_MAX):  # Another program may take the port between the look and the start.
            self.port = free_port()
            with open(os.path.join(self.folder, "server.log"), "ab") as log:
                self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=subprocess.STDOUT)
            deadline = time.monotonic() + START_SECONDS_MAX
            while self.process.poll() is None and time.monotonic() < deadline:
                if answers(self.port):
                    return self
                time.sleep(0.02)
            self.process.kill()
            self.process.wait()
        raise RuntimeError(f"{self.program} did not start; see {self.folder}/server.log")

    def __exit__(self, *_) -> None:
        if self.process.poll() is not None:
            self.fault = f"the server ended by itself with status {self.process.returncode}"
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
            self.fault = f"the server exited with status {status} at SIGTERM" if status else None
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.fault = f"the server did not stop within {STOP_SECONDS_MAX} s of SIGTERM"


def run_group(command: List[str], folder: str, log: str, seconds_max: float, **options) -> Optional[int]:
    """Runs a command and all it starts, output to `log`; its status, or None when time ran out."""
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True, **options)
        try:
            return process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # What the command started may outlive it, in its session.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
