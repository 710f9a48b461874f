#!/usr/bin/env python3
"""binary_test.py NACRE_SERVER: starts the program as a user would, and stops it by signal."""

import re
import signal
import socket
import subprocess
import sys
import unittest

PROGRAM = ""


class Running:
    """The program, started with --port 0, until it is stopped."""

    def __init__(self, *flags):
        self.process = subprocess.Popen([PROGRAM, "--port", "0", *flags], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.lines = [self.process.stdout.readline() for _ in range(3)]
        self.port = int(re.search(r":(\d+)$", self.lines[0]).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


def read_until(connection, end):
    got = b""
    while not got.endswith(end):
        piece = connection.recv(65536)
        if not piece:
            break
        got += piece
    return got


class BinaryTest(unittest.TestCase):
    def test_prints_three_lines_and_stops_on_signals(self):
        for stop in (signal.SIGTERM, signal.SIGINT):
            with Running() as server:
                self.assertRegex(server.lines[0], rf"^nacre-server \S+ listens on 127\.0\.0\.1:\d+$")
                self.assertIn(f"redis-cli -p {server.port}", server.lines[1])
                self.assertIn(f"kill {server.process.pid}", server.lines[2])
                with server.connect() as connection:
                    connection.sendall(b"PING\r\n")
                    self.assertEqual(read_until(connection, b"\r\n"), b"+PONG\r\n")
                    server.process.send_signal(stop)
                    out, err = server.process.communicate(timeout=30)
                    self.assertEqual(connection.recv(1), b"")
                self.assertEqual((server.process.returncode, out, err), (0, "", ""))

    def test_stops_by_command(self):
        with Running("--requirepass", "secret") as server, server.connect() as connection:
            connection.sendall(b"SHUTDOWN\r\nAUTH secret\r\nSHUTDOWN ABORT\r\nSHUTDOWN SAVE NOSAVE\r\n"
                               b"SHUTDOWN NOSAVE\r\nPING\r\n")
            replies = read_until(connection, b"PONG\r\n")
            self.assertEqual(replies, b"-NOAUTH Authentication required.\r\n+OK\r\n"
                                      b"-ERR No shutdown in progress.\r\n-ERR syntax error\r\n")
            self.assertEqual(server.process.wait(30), 0)

    def test_several_who_stop_it_do_not_cut_its_last_replies_short(self):
        value = b"x" * (8 << 20)
        with Running() as server, server.connect() as reader:
            reader.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n" % (len(value), value))
            self.assertEqual(read_until(reader, b"\r\n"), b"+OK\r\n")
            stoppers = [server.connect() for _ in range(4)]
            reader.sendall(b"GET k\r\nGET k\r\nPING\r\n")
            reader.recv(1, socket.MSG_PEEK)
            for stopper in stoppers:
                stopper.sendall(b"SHUTDOWN\r\n")
            self.assertEqual(len(read_until(reader, b"+PONG\r\n")), 2 * (len(value) + 12) + 7)
            self.assertEqual(server.process.wait(30), 0)
            for stopper in stoppers:
                stopper.close()

    def test_finishes_what_is_in_flight(self):
        with Running("--threads", "1") as server, server.connect() as connection:
            connection.sendall(b"INCR n\r\n" * 1000 + b"KEYS *\r\n")
            first = connection.recv(4)
            server.process.send_signal(signal.SIGTERM)
            replies = first + read_until(connection, b"$1\r\nn\r\n")
            self.assertEqual(replies.count(b":"), 1000)
            self.assertEqual(server.process.wait(30), 0)

    def test_a_busy_port_names_the_remedy(self):
        with Running() as server:
            second = subprocess.run([PROGRAM, "--port", str(server.port)], capture_output=True,
                                    text=True, timeout=30)
            self.assertEqual(second.returncode, 1)
            self.assertEqual(second.stdout, "")
            self.assertIn(f"127.0.0.1:{server.port}", second.stderr)
            self.assertIn("--port N", second.stderr)
            self.assertEqual(second.stderr.count("\n"), 1)

    def test_flags(self):
        for flags, code in ((["--help"], 0), (["--version"], 0), (["--nonsense"], 2),
                            (["--port", "x"], 2), (["--transaction-idle-timeout", "x"], 2),
                            (["--default-isolation", "x"], 2), (["--maxmemory", "-1"], 2)):
            run = subprocess.run([PROGRAM, *flags], capture_output=True, text=True, timeout=30)
            self.assertEqual(run.returncode, code, flags)

    def test_flags_reach_the_server(self):
        flags = ["--threads", "3", "--maxclients", "77", "--maxmemory", "64mb", "--databases", "4",
                 "--default-isolation", "serializable", "--transaction-idle-timeout", "1m30s",
                 "--transaction-age-max", "0", "--proto-max-bulk-len", "1mb",
                 "--output-bytes-max", "2mb", "--reply-bytes-max", "3mb", "--multi-bytes-max", "4mb",
                 "--transaction-bytes-max", "5mb", "--query-buffer-limit", "6mb",
                 "--timeout", "20m", "--no-huge-pages"]
        wanted = {"io-threads": "3", "maxclients": "77", "maxmemory": "67108864", "databases": "4",
                  "default-isolation": "serializable", "transaction-idle-timeout": "90",
                  "transaction-age-max": "0", "proto-max-bulk-len": "1048576",
                  "output-bytes-max": "2097152", "reply-bytes-max": "3145728",
                  "multi-bytes-max": "4194304", "transaction-bytes-max": "5242880",
                  "client-query-buffer-limit": "6291456", "timeout": "1200",
                  "disable-thp": "yes"}
        with Running(*flags) as server, server.connect() as connection:
            connection.sendall(b"CONFIG GET *\r\nPING\r\n")
            words = read_until(connection, b"+PONG\r\n").decode().split("\r\n")
            for name, value in wanted.items():
                self.assertEqual(words[words.index(name) + 2], value, name)

    def test_without_the_memory_pool_nothing_is_in_it(self):
        with Running("--no-memory-pool") as server, server.connect() as connection:
            connection.sendall(b"SET k v\r\nMEMORY STATS\r\nMEMORY PURGE\r\nGET k\r\nPING\r\n")
            words = read_until(connection, b"+PONG\r\n").decode().split("\r\n")
            for name in ("pool.mapped", "pool.used", "pool.kept", "pool.allocated"):
                self.assertEqual(words[words.index(name) + 1], ":0", name)
            self.assertEqual(words[-4:], ["$1", "v", "+PONG", ""])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
