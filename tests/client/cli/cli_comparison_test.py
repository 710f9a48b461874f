#!/usr/bin/env python3
"""What nacre-cli (NACRE_CLI) prints, beside what redis-cli 7.0 prints, byte for byte: the same commands, as
arguments and from stdin, in each format, in RESP2 and RESP3, against a redis-server of the test's own."""

import json
import os
import re
import socket
import subprocess
import tempfile
import unittest

from terminal import Terminal

CLI = os.environ["NACRE_CLI"]
SECONDS_MAX = 60  # Only a hang lasts so long.

COMMANDS = [
    ["PING"], ["ECHO", "hello world"], ["GET", "text"], ["GET", "binary"], ["GET", "empty"],
    ["GET", "missing"], ["STRLEN", "text"], ["LRANGE", "list", "0", "-1"], ["LRANGE", "missing", "0", "-1"],
    ["LRANGE", "long", "0", "-1"], ["HGETALL", "hash"], ["HGETALL", "missing"], ["SMEMBERS", "one"],
    ["SMEMBERS", "missing"], ["ZRANGE", "scores", "0", "-1", "WITHSCORES"], ["ZSCORE", "scores", "b"],
    ["ZSCORE", "scores", "infinite"], ["ZRANDMEMBER", "missing", "3"], ["XRANGE", "stream", "-", "+"],
    ["XREAD", "STREAMS", "stream", "0"], ["COMMAND", "INFO", "get", "nonsense"],
    ["COMMAND", "DOCS", "set"], ["CONFIG", "GET", "save*"], ["CONFIG", "GET", "maxmemory*"],
    ["OBJECT", "HELP"], ["GEOPOS", "geo", "a", "missing"],
    ["DEBUG", "PROTOCOL", "TRUE"], ["DEBUG", "PROTOCOL", "FALSE"], ["DEBUG", "PROTOCOL", "NULL"],
    ["DEBUG", "PROTOCOL", "DOUBLE"], ["DEBUG", "PROTOCOL", "MAP"], ["DEBUG", "PROTOCOL", "SET"],
    ["DEBUG", "PROTOCOL", "VERBATIM"], ["DEBUG", "PROTOCOL", "ARRAY"], ["DEBUG", "PROTOCOL", "INTEGER"],
    ["DEBUG", "PROTOCOL", "STRING"], ["GET"], ["INCR", "text"], ["NONSENSE", "a", "b"],
    ["LPOP", "text"], ["EVAL", "return {1,{2,{3,'x',false}},redis.error_reply('E no')}", "0"],
    ["EVAL", "return {}", "0"], ["EVAL", "return {{}}", "0"], ["EVAL", "return {{1,2},{3}}", "0"],
    ["SCAN", "0", "MATCH", "nothing*"], ["TYPE", "hash"], ["TTL", "text"],
]

# Raw text with line ends of its own, and what differs from call to call left out.
TEXTS = [["INFO", "keyspace"], ["LOLWUT", "VERSION", "1"], ["CLUSTER", "INFO"], ["MEMORY", "DOCTOR"],
         ["CLIENT", "LIST", "ID", "999999"]]

LINES = r"""
SET "quoted \x41\n\t\"key\"" 'it\'s'
GET "quoted \x41\n\t\"key\""
MULTI
INCR counter
LPUSH made a b
EXEC
LRANGE made 0 -1
GET text
3 INCR counter
SELECT 1
GET text
SELECT 0
WATCH text
MULTI
DISCARD
HELLO 3
HGETALL hash
HELLO 2
HGETALL hash
NONSENSE
"""


class RedisServer:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nacre-redis-")
        # Held as long as the server runs, so that nobody else gets the port; redis-server does all the same,
        # as it sets SO_REUSEADDR too, and nobody listens here.
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(("127.0.0.1", 0))
        self.port = str(self.reserved.getsockname()[1])
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--save", "", "--dir", self.folder.name,
             "--enable-debug-command", "yes"], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise AssertionError("redis-server does not start")

    def stop(self):
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait(SECONDS_MAX)
        self.reserved.close()
        self.folder.cleanup()


class ComparisonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.redis("FLUSHALL")
        self.redis("-x", "SET", "binary", stdin=bytes(range(256)))
        for words in (["SET", "text", "a \"b\" \\ \u00fc"], ["SET", "empty", ""], ["RPUSH", "list", "a", "b c"],
                      ["RPUSH", "long", *[str(i) for i in range(120)]], ["HSET", "hash", "f", "1", "g h", "2"],
                      ["SADD", "one", "only"], ["ZADD", "scores", "1", "a", "2.5", "b", "+inf", "infinite"],
                      ["XADD", "stream", "1-1", "f", "v", "g", "w"], ["GEOADD", "geo", "13", "38", "a"]):
            self.redis(*words)

    def run_program(self, program, *arguments, stdin=None):
        done = subprocess.run([program, "-p", self.server.port, *arguments], input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS_MAX,
                              **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        return done.stdout

    def redis(self, *arguments, stdin=None):
        return self.run_program("redis-cli", *arguments, stdin=stdin)

    def nacre(self, *arguments, stdin=None):
        return self.run_program(CLI, *arguments, stdin=stdin)

    def compare(self, *arguments, stdin=None):
        with self.subTest(arguments):
            self.assertEqual(self.nacre(*arguments, stdin=stdin), self.redis(*arguments, stdin=stdin))

    def test_every_command_in_every_format_and_protocol(self):
        for protocol in ("-2", "-3"):
            for output in ("--no-raw", "--raw", "--csv"):
                for command in COMMANDS:
                    self.compare(protocol, output, *command)

    def test_texts_for_people(self):
        for protocol in ("-2", "-3"):
            for output in ("--no-raw", "--raw"):
                for command in TEXTS:
                    self.compare(protocol, output, *command)

    def test_the_default_format_is_raw_where_stdout_is_no_terminal(self):
        for command in COMMANDS:
            self.compare(*command)

    def test_json_where_redis_cli_writes_json(self):
        # redis-cli's is no JSON for errors, infinities, and bytes that are no UTF-8; docs/CLI.md has the rules.
        compared = 0
        for command in COMMANDS:
            theirs = self.redis("--json", *command)
            try:
                json.loads(theirs, parse_constant=lambda name: self.fail(name))
            except ValueError:
                continue
            self.compare("--json", *command)
            compared += 1
        self.assertGreater(compared, len(COMMANDS) * 2 // 3)

    def test_attributes_are_passed_over(self):
        self.assertEqual(self.nacre("-3", "DEBUG", "PROTOCOL", "ATTRIB"),
                         b"Some real reply following the attribute\n")

    def test_commands_from_stdin(self):
        for output in ("--no-raw", "--raw", "--csv"):
            self.setUp()
            ours = self.nacre(output, stdin=LINES.encode())
            self.setUp()
            theirs = self.redis(output, stdin=LINES.encode())
            # The handshake's answer names the connection.
            anonymous = [re.sub(rb'(id"?( => \(integer\) | |,|\n)(4\) \(integer\) |)|8\) \(integer\) )\d+', rb"id N", text)
                         for text in (ours, theirs)]
            self.assertEqual(*anonymous)

    def test_options_that_change_what_is_sent_or_printed(self):
        self.compare("-d", "; ", "LRANGE", "list", "0", "-1")
        self.compare("-D", "|", "GET", "text")
        self.compare("-r", "3", "GET", "text")
        self.compare("-n", "5", "DBSIZE")
        self.compare("-x", "ECHO", stdin=b"from\nstdin")
        self.compare("-X", "TAG", "ECHO", "TAG", stdin=b"from\nstdin")
        self.compare("--scan", "--pattern", "h*")
        self.compare("-e", "GET")

    def test_pipe_reports_alike(self):
        requests = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n" * 1000 + b"INCR a\r\n"
        self.compare("--pipe", stdin=requests)

    def test_subscriptions_look_alike(self):
        publisher = subprocess.Popen(["redis-cli", "-p", self.server.port, "-r", "-1", "-i", "0.05",
                                      "PUBLISH", "news", "two words"], stdout=subprocess.DEVNULL)
        try:
            screens = []
            for program in ("redis-cli", CLI):
                terminal = Terminal([program, "-p", self.server.port, "SUBSCRIBE", "news", "other"])
                try:
                    screens.append(terminal.wait(lambda screen: len(screen) >= 10 and screen[:10], "a message"))
                finally:
                    terminal.close()
            self.assertEqual(*screens)
        finally:
            publisher.terminate()
            publisher.wait(SECONDS_MAX)


class InteractiveTest(unittest.TestCase):
    """A session against redis-server: what nacre-server does not have."""

    def setUp(self):
        self.server = RedisServer()
        self.addCleanup(self.server.stop)
        self.home = tempfile.TemporaryDirectory(prefix="nacre-home-")
        self.addCleanup(self.home.cleanup)
        self.prompt = f"127.0.0.1:{self.server.port}>"

    def session(self, *arguments, **size):
        terminal = Terminal([CLI, "-p", self.server.port, *arguments],
                            {"HOME": self.home.name, "TERM": "screen-256color"}, **size)
        self.addCleanup(terminal.close)
        return terminal

    def test_hints_come_from_the_connected_server(self):
        terminal = self.session()
        terminal.wait_line(self.prompt)
        terminal.type("zrangestore")
        terminal.wait(lambda screen: "zrangestore dst src min max [BYSCORE|BYLEX]" in screen[-1], "arguments")

    def test_invalidations_are_shown_and_a_subscription_ends_with_ctrl_c(self):
        terminal = self.session("-3", columns=120)
        terminal.wait_line(self.prompt)
        for line in ("CLIENT TRACKING ON", "GET watched"):
            terminal.type(line)
            terminal.keys("Enter")
        terminal.wait(lambda screen: screen[-2:] == ["(nil)", self.prompt], "the reply")
        subprocess.run(["redis-cli", "-p", self.server.port, "SET", "watched", "1"], check=True,
                       stdout=subprocess.DEVNULL)
        terminal.type("PING")
        terminal.keys("Enter")
        terminal.wait_text("-> invalidate: 'watched'")
        terminal.type("SUBSCRIBE news")
        terminal.keys("Enter")
        terminal.wait_text("Reading messages... (press Ctrl-C to quit)")
        terminal.wait_text("3) (integer) 1")
        terminal.keys("C-c")
        terminal.wait_line(self.prompt)
        terminal.type("PING")
        terminal.keys("Enter")
        terminal.wait(lambda screen: screen[-2:] == ["PONG", self.prompt], "PONG")

    def test_a_wait_for_a_list_ends_with_ctrl_c(self):
        terminal = self.session(columns=120)
        terminal.wait_line(self.prompt)
        with socket.create_connection(("127.0.0.1", int(self.server.port)), SECONDS_MAX) as monitor:
            executed = monitor.makefile("rb")
            monitor.sendall(b"MONITOR\r\n")
            self.assertEqual(executed.readline(), b"+OK\r\n")
            terminal.type("BLPOP missing 0")
            terminal.keys("Enter")
            self.assertTrue(any(b'"BLPOP" "missing"' in line for line in executed))
        terminal.keys("C-c")
        terminal.wait_text("Connected again")
        terminal.wait_line(self.prompt)

    def test_top_shows_what_a_plain_redis_tells(self):
        terminal = self.session("-i", "0.2", "top", columns=120)
        terminal.wait(lambda screen: "redis 7." in screen[0], "the server")
        terminal.wait(lambda screen: any(line.startswith("info ") for line in screen), "commands")
        self.assertFalse([line for line in terminal.screen() if line.startswith(("Vacuum", "Conflicts"))])


if __name__ == "__main__":
    unittest.main()
