"""A server process on a free port of the loopback interface, fresh for each use."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
from typing import List, Optional

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 20
# What a server writes once it accepts connections: ours, and Redis.
READY = re.compile(rb" listens on |Ready to accept connections")


def reserve_port() -> socket.socket:
    """Bound without listening: until it is closed, only who sets SO_REUSEADDR, as servers do, gets its port, and
    nobody gets it by asking for a free one."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def is_redis(program: str) -> bool:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return shown.startswith("Redis server")


class Server:
    """`with Server(program, folder) as server:` runs it; `server.fault` then says how it ended, if badly."""

    def __init__(self, program: str, folder: str):
        self.program = os.path.abspath(program)
        self.folder = folder
        self.reserved = reserve_port()
        self.port = self.reserved.getsockname()[1]
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
        self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        started: "queue.SimpleQueue[bool]" = queue.SimpleQueue()
        self.logger = threading.Thread(target=self.log, args=(started,))
        self.logger.start()
        try:
            if started.get(timeout=START_SECONDS_MAX):
                return self
        except queue.Empty:
            pass
        self.process.kill()
        self.process.wait()
        self.let_go()
        raise RuntimeError(f"{self.program} did not start; see {self.folder}/server.log")

    def log(self, started: "queue.SimpleQueue[bool]") -> None:
        """Keeps what the server writes, and tells when it has started, or has ended."""
        with self.process.stdout, open(os.path.join(self.folder, "server.log"), "wb") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                if READY.search(line):
                    started.put(True)
        started.put(False)

    def let_go(self) -> None:
        self.logger.join()
        self.reserved.close()

    def __exit__(self, *_) -> None:
        self.stop()
        self.let_go()

    def stop(self) -> None:
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
