#!/usr/bin/env python3
"""Drives transactions of two SETs: transaction_load.py PORT FIRST LAST CONNECTIONS TRANSACTIONS PIPELINE KEYS
VALUE-BYTES, where FIRST and LAST are the words around them (MULTI and EXEC, or BEGIN and COMMIT).

Each connection has PIPELINE transactions under way, sent in one piece. Any error reply ends the run but a
conflict, which counts as done: the server has worked for it.
"""

import random
import selectors
import socket
import sys

REQUESTS_READY = 1 << 15  # Pieces are made ahead, so that the generator is quick.


def encode(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def make_blocks(first, last, pipeline, keys, value):
    def transaction():
        sets = (encode(b"SET", b"key:%012d" % random.randrange(keys), value) for _ in range(2))
        return encode(first) + b"".join(sets) + encode(last)
    return [b"".join(transaction() for _ in range(pipeline)) for _ in range(max(16, REQUESTS_READY // pipeline))]


def main():
    port, first, last, connections, transactions, pipeline, keys, value_bytes = sys.argv[1:]
    first, last = first.encode(), last.encode()
    pipeline = int(pipeline)
    random.seed(1)
    blocks = make_blocks(first, last, pipeline, int(keys), b"x" * int(value_bytes))
    # A line a request; EXEC answers with an array, whose two elements have lines of their own.
    lines_wanted = pipeline * (6 if last == b"EXEC" else 4)

    blocks_left = -(-int(transactions) // pipeline)
    selector = selectors.DefaultSelector()
    lines_left = {}
    turn = 0

    def send_block(client):
        nonlocal blocks_left, turn
        blocks_left -= 1
        turn += 1
        lines_left[client] = lines_wanted
        client.sendall(blocks[turn % len(blocks)])

    for _ in range(int(connections)):
        if blocks_left == 0:
            break
        client = socket.create_connection(("127.0.0.1", int(port)))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client, selectors.EVENT_READ)
        send_block(client)
    while lines_left:
        for ready, _ in selector.select():
            client = ready.fileobj
            data = client.recv(1 << 16)
            if not data:
                raise SystemExit("the server has closed a connection")
            if b"-" in data and any(line.startswith(b"-") and not line.startswith(b"-CONFLICT")
                                    for line in data.split(b"\r\n")):
                raise SystemExit(f"error reply in {data[:200]!r}")
            lines_left[client] -= data.count(b"\n")
            if lines_left[client] > 0:
                continue
            if blocks_left > 0:
                send_block(client)
            else:
                del lines_left[client]
                selector.unregister(client)
                client.close()


main()
