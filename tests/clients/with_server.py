#!/usr/bin/env python3
"""with_server.py SERVER [SERVER-FLAG...] -- COMMAND [ARGUMENT...]

Starts SERVER (nacre-server or redis-server) on a free port, runs COMMAND with NACRE_PORT in its environment, then stops the server by
SIGTERM. Passes only if COMMAND exits with 0, the server was still alive by then, and the server
exits with 0.
"""

import os
import re
import signal
import socket
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


def start_redis(command):
    """redis-server cannot choose a port by itself. The socket that is returned keeps the port: nobody else
    gets it, but the server does, as both set SO_REUSEADDR and only one listens."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port = str(reserved.getsockname()[1])
    server = subprocess.Popen(command + ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"],
                              stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if "Ready to accept connections" in line:
            return server, port, reserved
    sys.exit("redis-server does not start")


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
    command = sys.argv[1:split]
    reserved = None
    if os.path.basename(command[0]) == "redis-server":
        server, port, reserved = start_redis(command)
    else:
        server, port = start(command)
    try:
        result = subprocess.run(sys.argv[split + 1:], env=dict(os.environ, NACRE_PORT=port))
    finally:
        fault = stop(server)
        if reserved:
            reserved.close()
    if fault:
        sys.exit(fault)
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
