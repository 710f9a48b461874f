"""One client: connects, sends its stream up to some byte, reads as it likes, and leaves without a word.

Driven by a loop that tells it what its socket is ready for. Nothing here waits.
"""

import errno
import random
import select
import socket
import struct
import time
from collections import Counter
from typing import Any, Callable, Dict, List

import traffic
from replies import Error, Malformed, ReplyReader

# Without progress, of a client that is to read all its replies: a hang, and no measure of speed.
PATIENCE_SECONDS = 60.0
READ_BYTES = 1 << 18
# So many of the newest are known to each.
KNOWN_CLIENTS = 60
# What ends a client from the server's side, and is no fault.
GONE = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED)


class Ledger:
    """What all clients together know of the server."""

    def __init__(self):
        self.first_client = 1    # The number that the server gives to the first,
        self.newest_client = 0   # and about that of the newest.
        self.clients = 0
        self.requests = 0        # Sent in full: units, and what follows them.
        self.replies = 0
        self.bytes_sent = 0
        self.bytes_read = 0
        self.left = Counter()    # How clients left.
        self.acknowledged = Counter()   # By counter: additions that certainly took effect,
        self.possible = Counter()       # and those that may have.
        self.faults: List[str] = []

    def fault(self, text: str) -> None:
        if len(self.faults) < 20:
            self.faults.append(text)


class Client:
    def __init__(self, name: str, address, ledger: Ledger, now: float):
        rng = random.Random(name)
        self.name = name
        self.ledger = ledger
        ledger.clients += 1
        ledger.newest_client += 1
        oldest = max(ledger.first_client, ledger.newest_client - KNOWN_CLIENTS + 1)
        self.stream = traffic.make_stream(rng, range(oldest, ledger.newest_client + 1))
        requests = [unit.requests for unit in self.stream.units]
        tail = [unit.requests for unit in self.stream.tail]
        self.bytes = b"".join((*requests, self.stream.ending, *tail))
        # Any byte; but as often as not the whole, for what is held by clients that wait.
        self.cut = rng.choice((len(self.bytes), rng.randrange(len(self.bytes) + 1)))
        self.chunk = rng.choice((1, 7, 100)) if self.cut < 300 else rng.choice((1000, 16_384, 1 << 20))
        self.reads = rng.choice(("all", "all", "some", "nothing"))
        self.bytes_wanted = rng.randrange(1, 1 << rng.randrange(4, 22)) if self.reads == "some" else 0
        self.leaves = rng.choice(("close", "reset", "half"))
        # Seconds without progress until it does, with replies pending.
        self.stays = rng.choice((0, .05, .2) if self.reads == "nothing" else (.01, .05, .2))

        self.progressed = now
        self.sent = 0
        self.bytes_read = 0
        self.half_closed = False
        self.closed = False
        self.reader = ReplyReader()
        self.unit_index = 0          # Whose replies come now,
        self.unit_replies = 0        # and how many have.
        self.refused = set()         # Units that told that they had no effect.
        self.acknowledged = set()

        self.socket = socket.socket()
        self.socket.setblocking(False)
        if rng.random() < .3:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect_ex(address)

    # --- What the loop asks ---

    def interest(self) -> int:
        wants = 0
        if self.sent < self.cut and not self.half_closed:
            wants |= select.EPOLLOUT
        if self.reads != "nothing":
            wants |= select.EPOLLIN
        return wants

    def on_ready(self, events: int, now: float) -> None:
        try:
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) and self.reads != "nothing":
                self._read(now)
            if not self.closed and events & select.EPOLLOUT and self.sent < self.cut:
                self._send(now)
            if not self.closed and events & select.EPOLLERR:
                self._end("ended by the server")
        except BlockingIOError:
            pass
        except Malformed as mistake:
            self.ledger.fault(f"client {self.name}: {mistake}")
            self._end("malformed reply")
        except OSError as error:
            if error.errno not in GONE:
                self.ledger.fault(f"client {self.name}: {error}")
            self._end("ended by the server")
        if not self.closed:
            self.on_time(now)

    def on_time(self, now: float) -> None:
        """Leaves, if it is time to."""
        idle = now - self.progressed
        if idle > PATIENCE_SECONDS:
            self.ledger.fault(f"client {self.name} waited {PATIENCE_SECONDS:.0f} s: {self._state()}")
            self._end("out of patience")
            return
        if self.half_closed:
            # Who reads all gets the end of the replies, and with it the end of the connection.
            if self.reads != "all" and idle > self.stays:
                self._end("half, then closed")
        elif self.reads == "some" and self.bytes_read >= self.bytes_wanted:
            self._leave()
        elif self.sent < self.cut:
            # The server takes no more, because of the replies that nobody reads or of a command that waits.
            if (self.reads != "all" or self.sent > self._ending_at()) and idle > self.stays + .05:
                self._leave()
        elif self.reads == "all" and not self._has_all_replies():
            pass
        elif idle >= self.stays:
            self._leave()

    # --- Sending and reading ---

    def _ending_at(self) -> int:
        return sum(len(unit.requests) for unit in self.stream.units)

    def _state(self) -> str:
        return (f"sent {self.sent} of {self.cut} bytes, cut from {len(self.bytes)}; reads {self.reads}, unit "
                f"{self.unit_index} of {len(self.stream.units)}, half closed: {self.half_closed}")

    def _send(self, now: float) -> None:
        sent = self.socket.send(self.bytes[self.sent:min(self.cut, self.sent + self.chunk)])
        self.sent += sent
        self.ledger.bytes_sent += sent
        self.progressed = now

    def _read(self, now: float) -> None:
        arrived = self.socket.recv(READ_BYTES)
        if not arrived:
            self._end("ended by the server")
            return
        self.progressed = now
        self.bytes_read += len(arrived)
        self.ledger.bytes_read += len(arrived)
        if self.unit_index == len(self.stream.units):
            return  # Replies to the ending.
        for reply in self.reader.feed(arrived):
            self.ledger.replies += 1
            if self.unit_index < len(self.stream.units):
                self._take(reply)

    def _take(self, reply: Any) -> None:
        if isinstance(reply, Error) and reply.startswith("ERR max number of clients"):
            self.unit_index = len(self.stream.units)
            return
        unit = self.stream.units[self.unit_index]
        self.unit_replies += 1
        if self.unit_replies < unit.replies:
            return
        if unit.adds and (reply is None or isinstance(reply, Error)):
            self.refused.add(self.unit_index)
            if unit.certain:
                self.ledger.fault(f"client {self.name}: {unit.requests!r} was answered {reply!r}")
        elif unit.adds:
            self.acknowledged.add(self.unit_index)
        if unit.pair and not (isinstance(reply, list) and len(reply) == 2 and reply[0] == reply[1]):
            self.ledger.fault(f"client {self.name}: {unit.requests!r} was answered {reply!r}")
        self.unit_index += 1
        self.unit_replies = 0

    def _has_all_replies(self) -> bool:
        """All that its sent units are to get; those of an ending may never come."""
        end = 0
        for number, unit in enumerate(self.stream.units):
            end += len(unit.requests)
            if end > self.sent:
                return True
            if number == self.unit_index:
                return False
        return True

    # --- Leaving ---

    def _leave(self) -> None:
        if self.leaves == "half":
            self.half_closed = True
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError as error:
                if error.errno != errno.ENOTCONN:
                    raise
                self._end("ended by the server")
            return
        if self.leaves == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._end(self.leaves)

    def _end(self, how: str) -> None:
        self.socket.close()
        self.closed = True
        self.ledger.left[how] += 1
        end = 0
        for number, unit in enumerate((*self.stream.units, None, *self.stream.tail)):
            end += len(self.stream.ending) if unit is None else len(unit.requests)
            if end > self.sent:
                break
            self.ledger.requests += 1
            if unit is None or number in self.refused:
                continue
            self.ledger.possible.update(unit.adds)
            if number in self.acknowledged:
                self.ledger.acknowledged.update(unit.adds)


def run(clients_at_once: int, address, ledger: Ledger, prefix: str, more: Callable[[float], bool]) -> None:
    """Keeps so many clients present while `more(now)`, then waits until all have left. Their names begin with `prefix`."""
    poll = select.epoll()
    present: Dict[int, Client] = {}
    interests: Dict[int, int] = {}
    number = 0
    looked_at_all = 0.0
    while True:
        now = time.monotonic()
        while len(present) < clients_at_once and more(now):
            client = Client(f"{prefix}{number}", address, ledger, now)
            number += 1
            descriptor = client.socket.fileno()
            present[descriptor] = client
            interests[descriptor] = client.interest()
            poll.register(descriptor, interests[descriptor])
        if not present:
            break
        for descriptor, events in poll.poll(.01):
            present[descriptor].on_ready(events, time.monotonic())
        if now - looked_at_all > .01:
            looked_at_all = now
            for client in present.values():
                if not client.closed:
                    client.on_time(now)
        present = {descriptor: client for descriptor, client in present.items() if not client.closed}
        for descriptor, client in present.items():
            if client.interest() != interests[descriptor]:
                interests[descriptor] = client.interest()
                poll.modify(descriptor, interests[descriptor])
    poll.close()
