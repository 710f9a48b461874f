"""What one client sends: a random stream of requests over a key space that does not grow.

A stream is a list of units, and a unit leaves the connection as it found it: a command, or a whole
transaction. So whatever byte a stream is cut at, it is known of every unit whether it was sent in full, and only
such a unit may have an effect. The last units may be an *ending*, after which nothing is as before: a transaction
left open, replies turned off, a request that is none, a command that never answers.
"""

import random
from typing import Callable, List, NamedTuple, Tuple

DATA_KEYS = 200
LARGE_KEYS = 8
LARGE_BYTES = 100_000
COUNTERS = 16
PAIRS = 8

# Everything but the counters, whose sum is checked at the end.
PREFIXES = ("data:", "large:", "pair:", "text:")


class Unit(NamedTuple):
    """Requests that take effect as a whole, or not at all."""

    requests: bytes
    replies: int = 1
    # Counters, each as often as this adds one to it. Its last reply tells whether that took effect.
    adds: Tuple[str, ...] = ()
    # A lone INCR, which nothing may refuse.
    certain: bool = False
    # Its last reply is that to an MGET of a pair.
    pair: bool = False


class Stream(NamedTuple):
    units: List[Unit]
    # Sent behind them. Its replies are nobody's business; units of `tail` that were sent may have had an effect.
    ending: bytes
    tail: List[Unit]


def encode(*words) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


def value_of(size: int) -> bytes:
    """A value that tells its own length, so that half of one is noticed."""
    return (b"%08d" % size).ljust(size, b"v")


def is_whole(value: bytes) -> bool:
    return value[:8].isdigit() and value == value_of(int(value[:8]))


def data_key(rng) -> str:
    return f"data:{rng.randrange(DATA_KEYS)}"


def large_key(rng) -> str:
    return f"large:{rng.randrange(LARGE_KEYS)}"


def any_value(rng) -> bytes:
    return value_of(rng.choice((8, 8, 20, 100, 100, 1000, 5000)))


def pair_keys(number: int) -> Tuple[str, str]:
    return f"pair:{number}:a", f"pair:{number}:b"


def counter(rng) -> str:
    # Some are hot.
    return f"counter:{min(rng.randrange(COUNTERS), rng.randrange(COUNTERS))}"


# --- Commands ---------------------------------------------------------------------------------------

# Words of one data command that adds to no counter. All can be queued and run inside a transaction.
def data_words(rng) -> tuple:
    key = data_key(rng)
    number = rng.randrange(PAIRS)
    a, b = pair_keys(number)
    stamp = value_of(rng.randrange(8, 40))
    kinds: List[Callable[[], tuple]] = [
        lambda: ("SET", key, any_value(rng)),
        lambda: ("SET", key, any_value(rng), "PX", rng.randrange(1, 2000)),
        lambda: ("SET", key, any_value(rng), rng.choice(("NX", "XX")), "GET"),
        lambda: ("SETEX", key, rng.randrange(1, 5), any_value(rng)),
        lambda: ("SET", large_key(rng), value_of(LARGE_BYTES)),
        lambda: ("GET", key),
        lambda: ("GET", large_key(rng)),
        lambda: ("GETSET", key, any_value(rng)),
        lambda: ("GETDEL", key),
        lambda: ("GETEX", key, "PX", rng.randrange(1, 2000)),
        lambda: ("MGET", *(data_key(rng) for _ in range(rng.randrange(1, 30)))),
        lambda: ("MSET", *(word for _ in range(rng.randrange(1, 9)) for word in (data_key(rng), any_value(rng)))),
        lambda: ("MSET", a, stamp, b, stamp),
        lambda: ("DEL", a, b),
        lambda: ("DEL", *(data_key(rng) for _ in range(rng.randrange(1, 9)))),
        lambda: ("UNLINK", large_key(rng), key),
        lambda: ("EXPIRE", key, rng.randrange(0, 3)),
        lambda: ("PEXPIRE", key, rng.randrange(1, 500), rng.choice(("NX", "XX", "GT", "LT"))),
        lambda: ("PERSIST", key),
        lambda: ("PTTL", key),
        lambda: ("EXISTS", key, key, large_key(rng)),
        lambda: ("RENAME", key, data_key(rng)),
        lambda: ("COPY", key, data_key(rng), "REPLACE"),
        lambda: ("SETRANGE", f"text:{rng.randrange(8)}", rng.randrange(3000), "x" * rng.randrange(1, 100)),
        lambda: ("GETRANGE", large_key(rng), rng.randrange(100), -rng.randrange(1, 100)),
        lambda: ("SETBIT", f"text:{rng.randrange(8)}", rng.randrange(24_000), rng.randrange(2)),
        lambda: ("OBJECT", "ENCODING", key),
        lambda: ("MEMORY", "USAGE", key),
        lambda: ("TYPE", key),
        lambda: ("RANDOMKEY",),
        lambda: ("DBSIZE",),
        lambda: ("SCAN", 0, "COUNT", rng.choice((1, 10, 100))),
        lambda: ("SCAN", 0, "MATCH", "data:1*", "COUNT", 5),
    ]
    return rng.choice(kinds)()


def slow_words(rng) -> tuple:
    return rng.choice((
        ("KEYS", f"data:{rng.randrange(10)}*"),
        ("KEYS", "*"),
        ("RANGE", "[data:", "[data;", "WITHVALUES"),
        ("RANGE", "-", "+"),
        ("EXISTS", *(["data:1"] * 5000)),
    ))


def connection_words(rng, others: range) -> tuple:
    other = rng.choice(others)
    return rng.choice((
        ("PING",),
        ("PING", "x" * rng.randrange(3000)),
        ("ECHO", "x" * rng.randrange(3000)),
        ("HELLO", 3),
        ("HELLO", 2),
        ("HELLO", 3, "SETNAME", "soak"),
        ("RESET",),
        ("AUTH", "nobody", "knows"),
        ("CLIENT", "ID"),
        ("CLIENT", "SETNAME", f"client-{rng.randrange(100)}"),
        ("CLIENT", "INFO"),
        ("CLIENT", "LIST"),
        ("CLIENT", "UNBLOCK", other, rng.choice(("TIMEOUT", "ERROR"))),
        ("CLIENT", "NO-EVICT", "ON"),
        ("COMMAND", "DOCS", "SET"),
        ("COMMAND", "COUNT"),
        ("INFO",),
        ("INFO", "everything"),
        ("CONFIG", "GET", "*"),
        ("MEMORY", "STATS"),
        ("TIME",),
        ("LOLWUT",),
        ("WAIT", 1, rng.randrange(1, 30)),
        ("DEBUG", "SLEEP", f".0{rng.randrange(1, 4)}"),
        ("NOSUCHCOMMAND", "x" * 100),
        ("GET", "too", "many"),
        ("SET", "data:0", "x", "NOSUCHOPTION"),
        ("x" * 2000,),
    ))


# --- Units ------------------------------------------------------------------------------------------

def incr(rng) -> Unit:
    name = counter(rng)
    return Unit(encode("INCR", name), adds=(name,), certain=True)


def inline(rng) -> Unit:
    line = rng.choice((f"GET {data_key(rng)}", "PING 'a b'", f'set {data_key(rng)} "00000008"',
                       f"EXISTS {data_key(rng)} \"\\x41\""))
    return Unit(line.encode() + rng.choice((b"\r\n", b"\n")))


def pair(rng) -> Unit:
    return Unit(encode("MGET", *pair_keys(rng.randrange(PAIRS))), pair=True)


def elsewhere(rng) -> Unit:
    """Traffic in another database, which it empties again."""
    number = rng.randrange(1, 4)
    requests = [encode("SELECT", number), encode("MSET", "a", any_value(rng), "b", any_value(rng)),
                encode("SWAPDB", number, rng.randrange(1, 4)), encode("MOVE", "a", 3 - number % 2),
                encode(rng.choice(("FLUSHDB", "FLUSHDB")), rng.choice(("SYNC", "ASYNC"))), encode("SELECT", 0)]
    return Unit(b"".join(requests), replies=len(requests))


def body(rng, adds: List[str]) -> List[bytes]:
    """Commands for inside a transaction; what they add to is put into `adds`."""
    requests = []
    for _ in range(rng.randrange(1, 8)):
        if rng.random() < .3:
            name = counter(rng)
            adds.append(name)
            requests.append(encode("INCR", name))
        elif rng.random() < .05:
            requests.append(encode(*slow_words(rng)))
        else:
            requests.append(encode(*data_words(rng)))
    return requests


def multi(rng) -> Unit:
    adds: List[str] = []
    requests = [encode("WATCH", data_key(rng), counter(rng))] if rng.random() < .4 else []
    if requests and rng.random() < .5:
        requests.append(encode("GET", data_key(rng)))
    requests.append(encode("MULTI"))
    requests += body(rng, adds)
    runs = rng.random() < .8
    requests.append(encode("EXEC" if runs else "DISCARD"))
    return Unit(b"".join(requests), len(requests), tuple(adds) if runs else ())


def interactive(rng) -> Unit:
    adds: List[str] = []
    begin = rng.choice((("BEGIN",), ("BEGIN", "SERIALIZABLE"), ("BEGIN", "SNAPSHOT")))
    requests = [encode(*begin), *body(rng, adds)]
    commits = rng.random() < .7
    requests.append(encode("COMMIT" if commits else "ROLLBACK"))
    return Unit(b"".join(requests), len(requests), tuple(adds) if commits else ())


def read_only(rng) -> Unit:
    requests = [encode("BEGIN", "READONLY"), encode("GET", data_key(rng)), encode("SET", data_key(rng), "refused"),
                encode(*slow_words(rng)), encode("MGET", *pair_keys(rng.randrange(PAIRS)))]
    return Unit(b"".join(requests) + encode("COMMIT"), len(requests) + 1)


def plain(rng) -> Unit:
    return Unit(encode(*data_words(rng)))


def unit(rng, others: range) -> Unit:
    kind = rng.random()
    if kind < .40:
        return plain(rng)
    if kind < .62:
        return incr(rng)
    if kind < .67:
        return pair(rng)
    if kind < .70:
        return inline(rng)
    if kind < .78:
        return multi(rng)
    if kind < .86:
        return interactive(rng)
    if kind < .88:
        return read_only(rng)
    if kind < .91:
        return Unit(encode(*slow_words(rng)))
    if kind < .93:
        return elsewhere(rng)
    return Unit(encode(*connection_words(rng, others)))


# --- Endings ----------------------------------------------------------------------------------------

# Each gives what is sent, and units that may take effect behind it.
def left_open(rng) -> Tuple[bytes, List[Unit]]:
    begin = rng.choice((("BEGIN",), ("BEGIN", "SERIALIZABLE"), ("BEGIN", "READONLY"), ("MULTI",),
                        ("WATCH", data_key(rng), "missing", counter(rng))))
    queue = [] if begin[0] == "WATCH" else body(rng, [])
    if rng.random() < .3:
        queue.append(encode("MSET", *(word for i in range(LARGE_KEYS)
                                      for word in (f"large:{i}", value_of(LARGE_BYTES)))))
    if rng.random() < .3:
        queue.append(encode(*slow_words(rng)))
    return encode(*begin) + b"".join(queue), []


def silence(rng) -> Tuple[bytes, List[Unit]]:
    return encode("CLIENT", "REPLY", rng.choice(("OFF", "OFF", "SKIP"))), [
        rng.choice((incr, plain, multi, interactive))(rng) for _ in range(rng.randrange(30))]


def waiting(rng) -> Tuple[bytes, List[Unit]]:
    """A command that never answers, and nothing, a little or much behind it."""
    wait = rng.choice((encode("WAIT", 1, 0), encode("DEBUG", "SLEEP", 1_000_000)))
    behind = encode("SET", large_key(rng), value_of(LARGE_BYTES)) * rng.choice((0, 0, 1, 30))
    return wait + behind, [incr(rng), plain(rng)]


def malformed(rng) -> Tuple[bytes, List[Unit]]:
    return rng.choice((
        b"*2\r\n$3\r\nGET\r\n$5\r\nabc\r\n\r\n", b"*-5\r\n", b"*99999999999\r\n", b"*1\r\n$-3\r\n", b"*1\r\n:3\r\n",
        b"*1\r\n$999999999999\r\n", b"*3\r\n$x\r\n", b"*1000000\r\n$1\r\na\r\n", b"*2\r\n$3\r\nGET\r\n$400000000\r\nab",
        b"\x00\xff\xfe\r\n", b"\"unbalanced\r\n", b"x" * 70_000, rng.randbytes(rng.randrange(1, 500)) + b"\r\n",
    )), []


def flood(rng) -> Tuple[bytes, List[Unit]]:
    """Many times more in replies than the server keeps for one client."""
    large = encode("MGET", *(f"large:{i}" for i in range(LARGE_KEYS)))
    return rng.choice((large * rng.randrange(1, 60), encode("KEYS", "*") * 300, encode("COMMAND", "DOCS") * 20,
                       encode("RANGE", "-", "+", "WITHVALUES") * rng.randrange(1, 30),
                       large + encode("CLIENT", "LIST") * 500)), []


def farewell(rng, others: range) -> Tuple[bytes, List[Unit]]:
    other = rng.choice(others)
    return rng.choice((encode("QUIT"), encode("CLIENT", "KILL", "ID", other), b"")), []


def ending(rng, others: range) -> Tuple[bytes, List[Unit]]:
    kind = rng.choice((left_open, left_open, silence, waiting, malformed, flood, None))
    return farewell(rng, others) if kind is None else kind(rng)


def make_stream(rng: random.Random, others: range) -> Stream:
    """Of a client that knows `others`, numbers of clients, to end what they do."""
    units = [unit(rng, others) for _ in range(rng.choice((0, 1, 3, 10, 30, 60)))]
    if rng.random() < .3:
        return Stream(units, b"", [])
    last, tail = ending(rng, others)
    return Stream(units, last, tail)
