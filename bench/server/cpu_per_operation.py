#!/usr/bin/env python3
"""CPU microseconds per operation of nacre-server beside redis-server's, in the same run.

The server runs on one core and the generator on another, 50 connections, values of 100 bytes, keys drawn
from 1M (--keys). CPU is user plus system time of the whole server process, from /proc/PID/stat: unlike
throughput it does not depend on how fast the generator is. The servers take turns within each
repetition; the median counts. Nothing is persisted.

Single commands are driven by redis-benchmark. A transaction of two SETs, which counts as one operation, is driven
by transaction_load.py beside this script: MULTI ... EXEC on both servers, BEGIN ... COMMIT on nacre-server
beside redis-server's MULTI ... EXEC, the nearest that it has.

Before the operations, the memory of both: growth of the resident set over the load of all keys, a key.

  cpu_per_operation.py path/to/nacre-server [--redis redis-server] [--pipelines 1,16,64] ...
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
VALUE_BYTES = 100
CONNECTIONS = 50
PIPELINE_FACTOR_MAX = 5

# Name: the command that redis-benchmark repeats.
OPERATIONS = {
    "PING": ["PING"],
    "GET": ["GET", "key:__rand_int__"],
    "SET": ["SET", "key:__rand_int__", "x" * VALUE_BYTES],
    "INCR": ["INCR", "counter:__rand_int__"],
    "MSET10": ["MSET"] + ["key:__rand_int__", "x" * VALUE_BYTES] * 10,
    "MGET10": ["MGET"] + ["key:__rand_int__"] * 10,
}
# Name: the words around two SETs, for nacre-server and for redis-server.
TRANSACTIONS = {
    "MULTI": (("MULTI", "EXEC"), ("MULTI", "EXEC")),
    "BEGIN": (("BEGIN", "COMMIT"), ("MULTI", "EXEC")),
}
TRANSACTION_LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "transaction_load.py")


class Server:
    def __init__(self, name, command, core, port_in_output):
        self.name = name
        self.process = subprocess.Popen(["taskset", "-c", str(core)] + command,
                                        stdout=subprocess.PIPE, text=True)
        self.port = None
        for line in self.process.stdout:
            found = re.search(port_in_output, line)
            if found:
                self.port = found.group(1)
                break
        if self.port is None:
            raise SystemExit(f"{name} did not say where it listens")
        # Nobody reads on; a full pipe would stop the server.
        self.process.stdout.close()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def benchmark(server, core, operation, requests, pipeline, keys):
    pinned = ["taskset", "-c", str(core)]
    if operation in TRANSACTIONS:
        first, last = TRANSACTIONS[operation][0 if server.name == "nacre" else 1]
        command = ["/usr/bin/python3", TRANSACTION_LOAD, server.port, first, last,
                   str(CONNECTIONS), str(requests), str(pipeline), str(keys), str(VALUE_BYTES)]
    else:
        command = ["redis-benchmark", "-p", server.port, "-q", "-c", str(CONNECTIONS),
                   "-n", str(requests), "-P", str(pipeline), "-r", str(keys)]
        command += OPERATIONS[operation]
    subprocess.run(pinned + command, stdout=subprocess.DEVNULL, check=True)


def load(server, keys):
    """Every key once, as redis-benchmark writes its random numbers: 12 digits. Prints bytes a key."""
    resident = server.resident_bytes()
    process = subprocess.Popen(["redis-cli", "-p", server.port, "--pipe"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
    value = "x" * VALUE_BYTES
    for i in range(keys):
        process.stdin.write(f"*3\r\n$3\r\nSET\r\n$16\r\nkey:{i:012}\r\n${VALUE_BYTES}\r\n{value}\r\n"
                            .encode())
    process.stdin.close()
    if process.wait() != 0:
        raise SystemExit(f"loading {server.name} failed")
    grown = server.resident_bytes() - resident
    print(f"{server.name}: {grown / keys:.0f} bytes a key of 16 + {VALUE_BYTES}", flush=True)


def measure(server, arguments, operation, pipeline):
    """Returns CPU microseconds and thousands of operations a second."""
    # The kernel counts in ticks of 10 ms: what is cheap must be done more often.
    requests = arguments.requests * min(pipeline, PIPELINE_FACTOR_MAX)
    cpu = server.cpu_seconds()
    wall = time.monotonic()
    benchmark(server, arguments.generator_core, operation, requests, pipeline, arguments.keys)
    wall = time.monotonic() - wall
    cpu = server.cpu_seconds() - cpu
    return cpu * 1e6 / requests, requests / wall / 1e3


def report(arguments, servers):
    print(f"{'operation':9} {'pipeline':>8}", *(f"{s.name:>11} us   k/s" for s in servers), "  ratio")
    for pipeline in map(int, arguments.pipelines.split(",")):
        for operation in arguments.operations.split(","):
            samples = {server.name: [] for server in servers}
            for _ in range(arguments.repetitions):
                for server in servers:
                    samples[server.name].append(measure(server, arguments, operation, pipeline))
            medians = [[statistics.median(figures) for figures in zip(*samples[s.name])]
                       for s in servers]
            print(f"{operation:9} {pipeline:8}",
                  *(f"{cpu:14.2f} {rate:5.0f}" for cpu, rate in medians),
                  f"{medians[0][0] / medians[1][0]:7.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nacre_server")
    parser.add_argument("--redis", default="redis-server")
    parser.add_argument("--threads", default="1", help="I/O threads of nacre-server")
    parser.add_argument("--pipelines", default="1,16,64")
    parser.add_argument("--operations", default=",".join([*OPERATIONS, *TRANSACTIONS]))
    parser.add_argument("--requests", type=int, default=100_000,
                        help="of each sample at pipeline 1; up to five times as many else")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--generator-core", type=int, default=1)
    arguments = parser.parse_args()

    redis_port = "17999"
    servers = []
    try:
        servers.append(Server("nacre", [arguments.nacre_server, "--port", "0", "--threads",
                                        arguments.threads],
                              arguments.server_core, r"listens on .*:(\d+)"))
        servers.append(Server("redis", [arguments.redis, "--port", redis_port, "--save", "",
                                        "--appendonly", "no", "--loglevel", "notice"],
                              arguments.server_core, rf"port=({redis_port})"))
        for server in servers:
            load(server, arguments.keys)
        report(arguments, servers)
    finally:
        for server in servers:
            server.stop()


if __name__ == "__main__":
    main()
