#!/usr/bin/env python3
"""with_server.py SERVER [SERVER-FLAG...] -- COMMAND [ARGUMENT...]

Starts SERVER on a free port, runs COMMAND with NACRE_PORT in its environment, then stops the server by
SIGTERM. Passes only if COMMAND exits with 0, the server was still alive by then, and the server
exits with 0.
"""

import os
import re
import signal
import subprocess
import sys

STOP_SECONDS_MAX = 30


def start(command):
    server = subprocess.Popen(command + ["--port", "0"], stdout=subprocess.PIPE, text=True)
    first_line = server.stdout.readline()
    found = re.search(r":(\d+)\s*$", first_line)
    if not found:
        server.kill()
        sys.exit(f"no port in the server's first line: {first_line!r}")
    for _ in range(2):
        if not server.stdout.readline().strip():
            server.kill()
            sys.exit("the server printed fewer than three lines")
    return server, found.group(1)


def stop(server):
    if server.poll() is not None:
        return f"the server ended by itself with {server.returncode}"
    server.send_signal(signal.SIGTERM)
    try:
        code = server.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        server.kill()
        return "the server did not stop at SIGTERM"
    return None if code == 0 else f"the server exited with {code} at SIGTERM"


def main():
    split = sys.argv.index("--")
    server, port = start(sys.argv[1:split])
    try:
        result = subprocess.run(sys.argv[split + 1:], env=dict(os.environ, NACRE_PORT=port))
    finally:
        fault = stop(server)
    if fault:
        sys.exit(fault)
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
