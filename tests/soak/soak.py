#!/usr/bin/env python3
"""soak.py [--seconds S] [--clients N] [--seed N] SERVER: clients that leave at any byte, and memory that stays flat.

Starts SERVER, and for S seconds keeps N clients on it, each with a random stream (traffic.py) that it
breaks off at a random byte in one of several ways (client.py). The time is cut into rounds. At the end of each all clients
have left, and the server has to be as if they had never been: at rest, with the same counters, keys that
are whole, and no more memory, descriptors or threads than after the first fifth of the time.

What fails is printed, with the seed, which gives the same streams again. Exit status 0: nothing failed.
"""

import argparse
import random
import sys
import time
from typing import Dict, List, NamedTuple, Optional

import client
import traffic
from server import Control, Server

ROUNDS = 10
WARM_ROUNDS = 2  # A fifth.
# How much more than after the warm-up is still flat, in KiB.
RESIDENT_SHARE = .10  # Of what it was then, and
RESIDENT_KIB = 2048   # Pages, not bytes: what is left stands on more or fewer of them.
ALLOCATED_KIB = 64    # Tables that have grown to their size.
USED_KIB = 16         # Of the data only the counters are left.
# For the server to get to rest once its clients are gone: a hang, and no measure of speed.
REST_SECONDS_MAX = 60

# The bounds that make what the server may hold at rest constant, and small enough to be reached.
FLAGS = ["--no-memory-pool", "--threads", "2", "--scan-cursors-max", "200", "--output-bytes-max", "4mb", "--databases", "4"]
REST = {
    "connected_clients": "1",
    "blocked_clients": "0",
    "clients_in_transaction": "0",
    "clients_in_slow_command": "0",
    "interactive_open": "0",
    "active_snapshots": "0",  # Also those that WATCH holds.
    "versions_queued": "0",
    "versions_parked": "0",
    "objects_retired": "0",  # What waits to be freed is no growth.
}


class Figures(NamedTuple):
    resident_kib: int
    allocated_kib: int
    used_kib: int
    descriptors: int
    threads: int

    def __str__(self):
        return (f"KiB: {self.resident_kib} resident, {self.allocated_kib} allocated, {self.used_kib} used; "
                f"{self.descriptors} descriptors, {self.threads} threads")


def growth(before: Figures, after: Figures) -> List[str]:
    """What is not flat between two rests."""
    faults = []
    bounds = {"resident_kib": int(RESIDENT_SHARE * before.resident_kib) + RESIDENT_KIB,
              "allocated_kib": ALLOCATED_KIB, "used_kib": USED_KIB}
    for name, more in bounds.items():
        was, now = getattr(before, name), getattr(after, name)
        if now > was + more:
            faults.append(f"{name} grew from {was} to {now}; up to {was + more} is flat")
    for name in ("descriptors", "threads"):  # Also with one less, something is not as it was.
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            faults.append(f"{name}: {was} before, {now} after")
    return faults


def unrest(info: Dict[str, str]) -> List[str]:
    return [f"{name} is {info.get(name)}" for name, wanted in REST.items() if info.get(name) != wanted]


class Soak:
    def __init__(self, server: Server, seed: int, clients: int):
        self.server = server
        self.seed = seed
        self.clients = clients
        self.ledger = client.Ledger()
        self.turned_away = 0
        self.control = Control(server.port)
        self.ledger.newest_client = self.control.ask("CLIENT", "ID")
        self.ledger.first_client = self.ledger.newest_client + 1
        self.idle: Optional[Figures] = None
        self.idle = self.await_rest()  # Before the first client.

    def run(self, seconds: float) -> None:
        began = time.monotonic()
        warm = figures = self.idle
        for number in range(1, ROUNDS + 1):
            until = began + seconds * number / ROUNDS
            client.run(self.clients, ("127.0.0.1", self.server.port), self.ledger, f"{self.seed}/{number}/",
                       lambda now, until=until: now < until and self.server.process.poll() is None)
            if self.server.process.poll() is not None:
                raise ConnectionError("the server ended by itself")
            self.check_data()
            figures = self.await_rest()
            self.turned_away = int(self.control.info()["rejected_connections"])
            print(f"{time.monotonic() - began:6.1f} s  {figures}; so far {self.ledger.clients} clients, "
                  f"{self.ledger.requests} requests", flush=True)
            if number == WARM_ROUNDS:
                warm = figures
        self.ledger.faults += growth(warm, figures)

    def await_rest(self) -> Figures:
        """Waits until nothing is left of any client but the counters, then measures."""
        deadline = time.monotonic() + REST_SECONDS_MAX
        while True:
            # Each look is a dozen requests that wait for their replies, and so for the server: nothing else tells that
            # it has let go of a client which has left without a word.
            # While a client that has left is still at work, keys may come back.
            self.empty()
            info = self.control.info()
            left = unrest(info)
            used_kib = int(info["used_memory"]) >> 10
            if self.idle and used_kib > self.idle.used_kib + USED_KIB:
                left.append(f"{used_kib} KiB are used, {self.idle.used_kib} before the first client")
            descriptors = self.server.descriptors()
            if self.idle and descriptors != self.idle.descriptors:
                left.append(f"{descriptors} descriptors are open, {self.idle.descriptors} before the first client")
            if not left:
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"not at rest {REST_SECONDS_MAX} s after the clients had left: {', '.join(left)}")
        # Free pages between what is held say nothing of what the server holds.
        self.control.ask("MEMORY", "PURGE")
        return Figures(self.server.resident_kib(), self.control.allocated_bytes() >> 10,
                       int(self.control.info()["used_memory"]) >> 10, self.server.descriptors(), self.server.threads())

    def empty(self) -> None:
        for prefix in traffic.PREFIXES:
            keys = self.control.ask("KEYS", prefix + "*")
            if keys:
                self.control.ask("DEL", *keys)
        for database in range(1, 4):
            self.control.ask("SELECT", database)
            self.control.ask("FLUSHDB")
        self.control.ask("SELECT", 0)

    def check_data(self) -> None:
        """Whether what the clients have left is what requests that were sent in full can have made."""
        assert self.control.ask("PING") == b"PONG"
        fault = self.ledger.fault
        for number in range(traffic.PAIRS):
            values = self.control.ask("MGET", *traffic.pair_keys(number))
            if values[0] != values[1]:
                fault(f"pair {number} was written in parts: {values}")
        whole = [f"data:{i}" for i in range(traffic.DATA_KEYS)] + [f"large:{i}" for i in range(traffic.LARGE_KEYS)]
        for key in whole:
            value = self.control.ask("GET", key)
            if value is not None and not traffic.is_whole(value):
                fault(f"{key} has a value that no client has sent: {value[:40]!r} of {len(value)} bytes")
        self.check_counters()

    def check_counters(self) -> None:
        for number in range(traffic.COUNTERS):
            name = f"counter:{number}"
            value = int(self.control.ask("GET", name) or 0)
            least, most = self.ledger.acknowledged[name], self.ledger.possible[name]
            if not least <= value <= most:
                self.ledger.fault(f"{name} is {value}, with {least} additions acknowledged and {most} sent")


def report(soak: Soak) -> None:
    ledger = soak.ledger
    left = ", ".join(f"{count} {how}" for how, count in sorted(ledger.left.items()))
    print(f"{ledger.clients} clients came, {soak.turned_away} were turned away; they left: {left}")
    print(f"{ledger.requests} requests in {ledger.bytes_sent} bytes, {ledger.bytes_read} bytes of replies read, "
          f"{sum(ledger.acknowledged.values())} of {sum(ledger.possible.values())} additions acknowledged")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("server")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=50, help="present at any time")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    # Fewer than there are clients, so that some are turned away; the control connection is one.
    flags = [*FLAGS, "--maxclients", str(options.clients)]
    with Server(options.server, flags) as server:
        soak = None
        faults: List[str] = []
        try:
            soak = Soak(server, seed, options.clients)
            soak.run(options.seconds)
        except (OSError, RuntimeError) as error:
            faults.append(str(error))
        if soak is not None:
            faults = soak.ledger.faults + faults
            report(soak)
            soak.control.close()
        faults += server.stop()
    for fault in faults:
        print(f"FAULT: {fault}")
    print(f"seed {seed}: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
