#!/usr/bin/env python3
"""nacre-cli as a person uses it: NACRE_CLI in a terminal, against servers of its own (NACRE_SERVER), so that
they can be stopped and started again."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from terminal import Terminal, SECONDS_MAX

CLI = os.environ["NACRE_CLI"]
SERVER = os.environ["NACRE_SERVER"]


class Server:
    def __init__(self, *flags, port=0):
        self.process = subprocess.Popen([SERVER, "--port", str(port), *flags],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r":(\d+)\s*$", self.process.stdout.readline()).group(1))

    def stop(self):
        self.process.terminate()
        self.process.wait(SECONDS_MAX)
        self.process.stdout.close()

    def cli(self, *words):
        done = subprocess.run([CLI, "-p", str(self.port), *words], stdout=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS_MAX, check=True)
        return done.stdout.rstrip("\n")

    def await_info(self, section, line):
        """Until the server, which does not say so by itself, answers INFO with this line."""
        asking = subprocess.Popen([CLI, "-p", str(self.port), "-r", "-1", "-i", "0.01", "INFO", section],
                                  stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        giving_up = threading.Timer(SECONDS_MAX, asking.kill)
        giving_up.start()
        try:
            if not any(answered.strip() == line for answered in asking.stdout):
                raise AssertionError(f"INFO {section} does not answer {line}")
        finally:
            giving_up.cancel()
            asking.kill()
            asking.wait()
            asking.stdout.close()


class SlowServer:
    """Answers each command by its name (PING by PONG), but one of them only once it may."""

    def __init__(self, slow):
        self.slow = slow
        self.was_asked = threading.Event()
        self.may_answer = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as stream:
            try:
                while header := stream.readline():
                    words = []
                    for _ in range(int(header[1:])):
                        length = int(stream.readline()[1:])
                        words.append(stream.read(length + 2)[:-2])
                    if words[0] == self.slow:
                        self.was_asked.set()
                        self.may_answer.wait(SECONDS_MAX)
                    if words[0] == b"HELLO":
                        stream.write(b"-ERR unknown command\r\n")
                    else:
                        stream.write(b"+" + {b"PING": b"PONG"}.get(words[0], words[0]) + b"\r\n")
                    stream.flush()
            except OSError:
                pass  # The client has left.

    def stop(self):
        self.may_answer.set()
        self.listener.close()


class TerminalCase(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(lambda: self.server.stop())
        self.home = tempfile.TemporaryDirectory(prefix="nacre-home-")
        self.addCleanup(self.home.cleanup)
        self.history = os.path.join(self.home.name, ".nacrecli_history")

    def open(self, *arguments, **size):
        terminal = Terminal([CLI, "-p", str(self.server.port), *arguments],
                            {"HOME": self.home.name, "TERM": "screen-256color"}, **size)
        self.addCleanup(terminal.close)
        return terminal

    def session(self, **size):
        # ask() counts the prompts on the screen, so that it must not scroll.
        terminal = self.open(**{"rows": 60, **size})
        terminal.wait_line(self.prompt())
        return terminal

    def prompt(self, state="", database=""):
        return f"127.0.0.1:{self.server.port}{database}{state and ' ' + state}>"

    def ask(self, terminal, line, prompt=None):
        """Types a line, and waits for the next prompt behind it."""
        before = len([l for l in terminal.screen() if "> " in l or l.endswith(">")])
        terminal.type(line)
        terminal.keys("Enter")
        wanted = prompt or self.prompt()
        terminal.wait(lambda screen: screen[-1] == wanted and
                      len([l for l in screen if "> " in l or l.endswith(">")]) > before, wanted)


class SessionTest(TerminalCase):
    # Prompts.

    def test_the_prompt_shows_database_transaction_and_level(self):
        terminal = self.session()
        self.ask(terminal, "SELECT 2", self.prompt(database="[2]"))
        self.ask(terminal, "SELECT 0")
        self.ask(terminal, "begin", self.prompt("(snapshot tx)"))
        self.ask(terminal, "INCR text x", self.prompt("(snapshot tx)"))
        self.ask(terminal, "rollback")
        self.ask(terminal, "BEGIN SERIALIZABLE READONLY", self.prompt("(serializable, read-only tx)"))
        self.ask(terminal, "commit")
        self.ask(terminal, "multi", self.prompt("(multi)"))
        self.ask(terminal, "GET", self.prompt("(multi, EXEC will fail)"))
        self.ask(terminal, "EXEC")
        self.ask(terminal, "WATCH k", self.prompt("(watching)"))
        self.ask(terminal, "UNWATCH")

    def test_a_begin_without_a_level_shows_the_servers_own(self):
        self.server.cli("CONFIG", "GET", "default-isolation")
        self.server.stop()
        self.server = Server("--default-isolation", "serializable")
        terminal = self.session()
        self.ask(terminal, "BEGIN", self.prompt("(serializable tx)"))

    def test_the_servers_level_is_asked_for_again_after_it_may_have_changed(self):
        terminal = self.session(columns=160, rows=60)
        self.ask(terminal, "CONFIG SET default-isolation serializable")
        self.ask(terminal, "BEGIN", self.prompt("(serializable tx)"))
        self.ask(terminal, "ROLLBACK")
        port = self.server.port
        self.server.stop()
        self.server = Server(port=port)
        self.ask(terminal, "PING")
        self.ask(terminal, "BEGIN", self.prompt("(snapshot tx)"))

    def test_a_conflict_is_explained(self):
        terminal = self.session(columns=200)
        self.ask(terminal, "BEGIN", self.prompt("(snapshot tx)"))
        self.ask(terminal, "SET k 1", self.prompt("(snapshot tx)"))
        self.server.cli("SET", "k", "2")
        self.ask(terminal, "COMMIT")
        terminal.wait_text("(error) CONFLICT")
        terminal.wait_text("run the whole transaction again, from BEGIN")

    def test_a_transaction_that_timed_out_is_shown_until_it_is_acknowledged(self):
        self.server.stop()
        self.server = Server("--transaction-idle-timeout", "50ms")
        terminal = self.session(columns=200)
        self.ask(terminal, "BEGIN", self.prompt("(snapshot tx)"))
        # The server notices by itself; nothing shows it before the next command.
        self.server.await_info("transactions", "interactive_timeouts:1")
        self.ask(terminal, "GET k", self.prompt("(tx rolled back, ROLLBACK to go on)"))
        terminal.wait_text("(error) NOTRANSACTION")
        terminal.wait_text("ROLLBACK, then BEGIN again")
        self.ask(terminal, "ROLLBACK")

    # Editing.

    def test_hints_show_the_arguments_to_come_and_are_not_part_of_the_line(self):
        terminal = self.session()
        terminal.type("set k")
        terminal.wait(lambda screen: screen[-1].startswith(self.prompt() + " set k value [NX|XX] [GET] [EX"),
                      "the arguments")
        self.assertEqual(len(terminal.screen()), 1, "a hint takes what the line leaves free, and no more")
        self.assertIn("\x1b[90m", "".join(terminal.screen(style=True)))
        terminal.type(" v")
        terminal.wait(lambda screen: "set k v [NX|XX]" in screen[-1], "the hint is shorter now")
        terminal.keys("Enter")
        terminal.wait_line(self.prompt())
        self.assertEqual(terminal.screen()[-3:], [self.prompt() + " set k v", "OK", self.prompt()])
        self.assertEqual(self.server.cli("GET", "k"), "v")

    def test_hints_know_the_commands_that_redis_does_not_have(self):
        terminal = self.session()
        terminal.type("begin")
        terminal.wait_line(self.prompt() + " begin [SNAPSHOT|SERIALIZABLE] [READONLY] [TIMESTAMP]")

    def test_tab_completes_commands_and_subcommands(self):
        terminal = self.session()
        terminal.type("conf")
        terminal.keys("Tab")
        terminal.wait(lambda screen: screen[-1].startswith(self.prompt() + " config subcommand"), "config")
        terminal.keys("Tab")
        terminal.wait(lambda screen: any(re.match(r"GET +HELP +RESETSTAT", l) for l in screen),
                      "the subcommands")
        terminal.type("get")
        terminal.keys("Tab")
        terminal.wait(lambda screen: screen[-1].startswith(self.prompt() + " config get "), "get")
        terminal.type("default-isolation")
        terminal.keys("Enter")
        terminal.wait_text('2) "snapshot"')

    def test_ctrl_c_cancels_the_line_and_ctrl_d_leaves(self):
        terminal = self.session()
        terminal.type("SET k never")
        terminal.wait(lambda screen: "SET k never" in screen[-1], "the line")
        terminal.keys("C-c")
        terminal.wait_line(self.prompt())
        self.assertEqual(terminal.screen()[0], self.prompt() + " SET k never^C")
        self.ask(terminal, "EXISTS k")
        terminal.wait_text("(integer) 0")
        terminal.keys("C-d")
        terminal.wait_text("exit status 0")

    def test_ctrl_d_deletes_while_there_is_a_line(self):
        terminal = self.session()
        terminal.type("PINGX")
        terminal.keys("Left", "C-d", "Enter")
        terminal.wait_text("PONG")

    def test_ctrl_c_ends_the_wait_for_a_reply(self):
        self.server.stop()
        self.server = SlowServer(b"WAIT")
        terminal = self.session(columns=160)
        terminal.type("WAIT 1 0")
        terminal.keys("Enter")
        self.assertTrue(self.server.was_asked.wait(SECONDS_MAX))
        terminal.keys("C-c")
        terminal.wait_text("Connected again")
        terminal.wait_line(self.prompt())
        self.ask(terminal, "PING")
        terminal.wait_text("PONG")

    def test_a_paste_of_several_lines_runs_them_all(self):
        terminal = self.session(rows=60)
        count = 15
        terminal.paste("".join(f"SET pasted:{i} {i}\n" for i in range(count)))
        terminal.wait(lambda screen: screen[-1] == self.prompt() and screen.count("OK") == count,
                      "all replies")
        self.assertEqual(self.server.cli("DBSIZE"), str(count))

    def test_lines_longer_than_the_window_and_utf8_can_be_edited(self):
        terminal = self.session(columns=40)
        terminal.type("SET key '" + "0123456789" * 6 + "gr\u00fc\u00dfe'")
        terminal.keys("Left", "BSpace", "BSpace")
        terminal.type("\u00dfX")
        terminal.keys("Enter")
        terminal.wait(lambda screen: "OK" in screen, "OK")
        self.assertEqual(self.server.cli("GET", "key"), "0123456789" * 6 + "gr\u00fc\u00dfX")

    def test_a_line_is_gone_on_with_after_the_window_has_changed(self):
        terminal = self.session()
        terminal.type("SET key some")
        terminal.wait(lambda screen: "SET key some" in screen[-1], "the line")
        terminal.resize(60, 20)
        terminal.type("thing")
        terminal.keys("Enter")
        terminal.wait(lambda screen: "OK" in screen, "OK")
        self.assertEqual(self.server.cli("GET", "key"), "something")

    def test_a_reply_is_printed_to_its_end_whatever_signals_come_meanwhile(self):
        size = 100_000
        self.server.cli("SET", "large", "x" * size)
        for number in (signal.SIGWINCH, signal.SIGCONT, signal.SIGINT):
            with self.subTest(number=number):
                ours, its = pty.openpty()
                process = subprocess.Popen([CLI, "-p", str(self.server.port)], stdin=its, stdout=its, stderr=its,
                                           env=os.environ | {"HOME": self.home.name, "TERM": "screen-256color"})
                os.close(its)
                with open(ours, "r+b", buffering=0) as terminal:
                    def read_until(wanted, printed=b""):
                        while wanted not in printed:
                            self.assertTrue(select.select([terminal], [], [], SECONDS_MAX)[0], wanted)
                            printed += terminal.read(1000)
                        return printed

                    prompt = self.prompt().encode()
                    read_until(prompt)
                    terminal.write(b"GET large\r")
                    # A terminal holds much less than all of it, so that the rest is being written.
                    printed = read_until(b"xxx")
                    # The first ends a write that has written something, the next one that has written nothing. Those
                    # that come before it has run count as one.
                    for _ in range(1000):
                        process.send_signal(number)
                        os.sched_yield()
                    printed = read_until(prompt, printed)
                    self.assertEqual(printed.count(b"x"), size)
                    terminal.write(b"quit\r")
                    self.assertEqual(process.wait(SECONDS_MAX), 0)

    def test_a_session_that_was_stopped_goes_on_with_its_line(self):
        shell = Terminal(["bash", "--norc", "-i"], {"HOME": self.home.name, "TERM": "screen-256color",
                                                    "PS1": "shell: "})
        self.addCleanup(shell.close)
        shell.wait_line("shell:")
        shell.type(f"{CLI} -p {self.server.port}")
        shell.keys("Enter")
        shell.wait_line(self.prompt())
        shell.type("SET key some")
        shell.wait(lambda screen: "SET key some" in screen[-1], "the line")
        shell.keys("C-z")
        shell.wait_line("shell:")
        shell.type("fg")
        shell.keys("Enter")
        shell.wait(lambda screen: screen[-1].startswith(self.prompt() + " SET key some"), "the line again")
        shell.type("thing")
        shell.keys("Left", "Right", "Enter")
        shell.wait(lambda screen: screen[-2:] == ["OK", self.prompt()], "OK")
        self.assertEqual(self.server.cli("GET", "key"), "something")

    # History.

    def test_history_is_kept_for_the_next_session_but_passwords_are_not(self):
        terminal = self.session()
        self.ask(terminal, "SET k first")
        self.ask(terminal, "AUTH secret")
        self.ask(terminal, "CONFIG GET port")
        terminal.keys("Up", "Up")
        terminal.wait(lambda screen: screen[-1].startswith(self.prompt() + " SET k first"),
                      "AUTH is passed over")
        terminal.keys("C-c")
        terminal.wait_line(self.prompt())
        terminal.keys("C-d")
        terminal.wait_text("exit status 0")
        with open(self.history, encoding="utf-8") as file:
            self.assertEqual(file.read(), "SET k first\nCONFIG GET port\n")
        self.assertEqual(os.stat(self.history).st_mode & 0o777, 0o600)

        terminal = self.session()
        terminal.keys("Up")
        terminal.wait(lambda screen: screen[-1] == self.prompt() + " CONFIG GET port"
                      or screen[-1].startswith(self.prompt() + " CONFIG GET port ["), "the last line")
        terminal.keys("C-c")
        terminal.wait_line(self.prompt())
        terminal.keys("C-r")
        terminal.type("first")
        terminal.wait_text("SET k first")

    # Connections.

    def test_a_server_that_was_restarted_is_connected_to_again(self):
        terminal = self.session(columns=160)
        self.ask(terminal, "SELECT 3", self.prompt(database="[3]"))
        port = self.server.port
        self.server.stop()
        self.server = Server(port=port)
        self.ask(terminal, "SET k v", self.prompt(database="[3]"))
        terminal.wait_text("Connection lost")
        terminal.wait_text(f"Connected again to 127.0.0.1:{port}")
        self.assertEqual(self.server.cli("-n", "3", "GET", "k"), "v")

    def test_a_transaction_that_is_lost_with_its_connection_is_not_gone_on_with(self):
        terminal = self.session(columns=160)
        self.ask(terminal, "BEGIN", self.prompt("(snapshot tx)"))
        self.ask(terminal, "SET a 1", self.prompt("(snapshot tx)"))
        port = self.server.port
        self.server.stop()
        self.server = Server(port=port)
        self.ask(terminal, "SET b 2")
        terminal.wait_text("The open transaction was rolled back with the connection")
        terminal.wait_text("The command was not sent.")
        self.assertEqual(self.server.cli("DBSIZE"), "0")

    def test_without_a_server_the_session_says_so_and_tries_again(self):
        port = self.server.port
        self.server.stop()
        terminal = self.open(columns=160)
        terminal.wait_text(f"Could not connect to 127.0.0.1:{port}: ")
        terminal.wait_line(self.prompt("(not connected)"))
        self.ask(terminal, "PING", self.prompt("(not connected)"))
        self.server = Server(port=port)
        self.ask(terminal, "PING")
        terminal.wait_text("PONG")

    def test_auth_lets_a_session_in(self):
        self.server.cli("CONFIG", "SET", "requirepass", "secret")
        terminal = self.open(columns=160)
        terminal.wait_text("NOAUTH")
        terminal.wait_line(self.prompt("(not connected)"))
        self.ask(terminal, "AUTH wrong", self.prompt("(not connected)"))
        terminal.wait_text("WRONGPASS")
        self.ask(terminal, "AUTH secret")
        self.ask(terminal, "PING")
        terminal.wait_text("PONG")

    def test_a_password_that_is_asked_for_is_not_shown(self):
        self.server.cli("CONFIG", "SET", "requirepass", "secret")
        terminal = self.open("--askpass")
        terminal.wait_line("Password:")
        terminal.type("secret")
        terminal.keys("Enter")
        terminal.wait_line(self.prompt())
        self.assertEqual(terminal.screen(), ["Password:", self.prompt()])

    def test_ctrl_c_at_a_password_leaves_a_terminal_that_shows_what_is_typed(self):
        terminal = self.open("--askpass")
        terminal.wait_line("Password:")
        terminal.type("sec")
        terminal.keys("C-c")
        terminal.wait_text("exit status 130")
        terminal.type("shown")
        terminal.wait_text("shown")

    def test_ctrl_c_before_the_first_prompt_leaves_no_reply_for_a_later_command(self):
        server = SlowServer(b"COMMAND")
        self.addCleanup(server.stop)
        terminal = Terminal([CLI, "-p", str(server.port)], {"HOME": self.home.name, "TERM": "screen-256color"},
                            columns=160)
        self.addCleanup(terminal.close)
        self.assertTrue(server.was_asked.wait(SECONDS_MAX))
        terminal.keys("C-c")
        terminal.wait_line(f"127.0.0.1:{server.port} (not connected)>")
        server.may_answer.set()
        terminal.type("PING")
        terminal.keys("Enter")
        terminal.wait(lambda screen: screen[-2:] == ["PONG", f"127.0.0.1:{server.port}>"], "PONG")
        terminal.type("ECHO 1")
        terminal.keys("Enter")
        terminal.wait(lambda screen: screen[-2:] == ["ECHO", f"127.0.0.1:{server.port}>"], "ECHO")

    # Help, clear, quit.

    def test_help_clear_and_quit(self):
        terminal = self.session(rows=40)
        terminal.type("help get")
        terminal.keys("Enter")
        terminal.wait_text("summary: Answers the value of a key.")
        self.ask(terminal, "help @transactions")
        terminal.wait_text("COMMIT")
        terminal.type("clear")
        terminal.keys("Enter")
        terminal.wait(lambda screen: screen == [self.prompt()], "an empty screen")
        terminal.type("quit")
        terminal.keys("Enter")
        terminal.wait_text("exit status 0")


class TopTest(TerminalCase):
    """nacre-cli top on a screen."""

    def figures(self, screen, title):
        """The line of a title, or nothing."""
        return next((line for line in screen if line.startswith(title)), "")

    def test_figures_follow_the_server(self):
        terminal = self.open("-i", "0.2", "top", columns=120)
        terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
        terminal.wait(lambda screen: re.search(r"keys 0\b", self.figures(screen, "Memory")), "no keys")
        self.server.cli("MSET", *[word for i in range(10) for word in (f"k{i}", "v")])
        terminal.wait(lambda screen: re.search(r"keys 10\b", self.figures(screen, "Memory")), "keys")
        holder = self.session()
        self.ask(holder, "BEGIN", self.prompt("(snapshot tx)"))
        terminal.wait(lambda screen: re.search(r"active 1  oldest .* of client \d+",
                                               self.figures(screen, "Snapshots")), "a snapshot")
        terminal.wait(lambda screen: "in transaction 1" in self.figures(screen, "Clients"), "a client")
        terminal.wait(lambda screen: any(line.startswith("info ") for line in screen), "commands")

    def test_rates_change_with_the_load(self):
        terminal = self.open("-i", "0.2", "top", columns=120)
        load = subprocess.Popen([CLI, "-p", str(self.server.port), "-r", "-1", "INCR", "n"],
                                stdout=subprocess.DEVNULL)
        try:
            terminal.wait(lambda screen: any(re.match(r"incr +[1-9]", line) for line in screen), "INCR")
            terminal.wait(lambda screen: re.search(r"committed [1-9]", self.figures(screen, "Transactions")),
                          "commits")
        finally:
            load.terminate()
            load.wait(SECONDS_MAX)
        terminal.wait(lambda screen: re.search(r"committed 0/s", self.figures(screen, "Transactions")),
                      "no commits any more")

    def test_the_screen_follows_the_windows_size(self):
        terminal = self.open("top", columns=120, rows=40)
        terminal.wait(lambda screen: len(screen) == 40 and "q quit" in screen[-1], "keys on row 40")
        terminal.resize(60, 12)
        terminal.wait(lambda screen: len(screen) == 12 and "q quit" in screen[-1], "keys on row 12")
        self.assertTrue(all(len(line) < 60 for line in terminal.screen()))
        terminal.resize(140, 20)
        terminal.wait(lambda screen: len(screen) == 20 and "q quit" in screen[-1], "keys on row 20")

    def test_keys_pause_change_the_interval_and_quit(self):
        terminal = self.open("top", columns=120)
        terminal.wait(lambda screen: "every 1s" in screen[0], "the interval")
        terminal.keys("+")
        terminal.wait(lambda screen: "every 500ms" in screen[0], "a shorter one")
        terminal.keys("-", "-")
        terminal.wait(lambda screen: "every 2s" in screen[0], "a longer one")
        terminal.keys("Space")
        terminal.wait(lambda screen: "PAUSED" in screen[0], "a pause")
        terminal.keys("Space")
        terminal.wait(lambda screen: "PAUSED" not in screen[0], "no pause")
        terminal.keys("q")
        terminal.wait(lambda screen: screen == ["exit status 0"], "the screen as it was before")

    def test_a_server_that_is_gone_is_said_and_found_again(self):
        terminal = self.open("-i", "0.2", "top", columns=120)
        terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
        port = self.server.port
        self.server.stop()
        terminal.wait_text("trying again")
        self.server = Server(port=port)
        terminal.wait(lambda screen: not any("trying again" in line for line in screen), "no trouble")
        terminal.keys("C-c")
        terminal.wait_text("exit status 0")

    def test_a_server_that_is_silent_is_said_and_keys_still_work(self):
        terminal = self.open("-i", "0.2", "top", columns=120)
        terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            terminal.wait_text("trying again")
            terminal.keys("q")
            terminal.wait_text("exit status 0")
        finally:
            self.server.process.send_signal(signal.SIGCONT)


class SignalTest(TerminalCase):
    """Signals that end nacre-cli: the terminal is as it was before, and the shell is told of the signal."""

    def setUp(self):
        super().setUp()
        before = self.open("PING")
        before.wait_text("exit status 0")
        self.modes = before.modes()

    def end(self, terminal, number):
        self.assertNotEqual(terminal.modes(), self.modes, "the test would show nothing")
        os.kill(terminal.pid_of_program(), number)
        terminal.wait_text(f"exit status {128 + number}")
        self.assertEqual(terminal.modes(), self.modes)
        self.assertTrue(terminal.is_as_it_was())

    def test_top_leaves_the_second_screen(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number=number):
                terminal = self.open("top", columns=120)
                terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
                self.assertFalse(terminal.is_as_it_was(), "the test would show nothing")
                self.end(terminal, number)
                self.assertFalse([line for line in terminal.screen() if "nacre 0." in line])

    def test_top_leaves_it_while_the_server_is_silent(self):
        terminal = self.open("-i", "0.2", "top", columns=120)
        terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            terminal.wait_text("trying again")
            self.end(terminal, signal.SIGTERM)
        finally:
            self.server.process.send_signal(signal.SIGCONT)

    def test_top_leaves_it_however_often_it_is_interrupted(self):
        terminal = self.open("-i", "0.2", "top", columns=120)
        terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            terminal.wait_text("trying again")
            program = terminal.pid_of_program()
            try:
                for _ in range(100):
                    os.kill(program, signal.SIGINT)
                    os.sched_yield()
            except ProcessLookupError:
                pass  # It has ended.
            terminal.wait_text("exit status 0")
            self.assertEqual(terminal.modes(), self.modes)
            self.assertTrue(terminal.is_as_it_was())
        finally:
            self.server.process.send_signal(signal.SIGCONT)

    def test_a_session_leaves_a_terminal_that_shows_what_is_typed_and_no_hint(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number=number):
                terminal = self.session()
                terminal.type("set k")
                terminal.wait(lambda screen: "set k value [NX|XX]" in screen[-1], "a hint")
                self.end(terminal, number)
                self.assertEqual(terminal.screen()[0], self.prompt() + " set k")

    def test_a_password_that_is_asked_for_leaves_a_terminal_that_shows_what_is_typed(self):
        terminal = self.open("--askpass")
        terminal.wait_line("Password:")
        self.end(terminal, signal.SIGTERM)

    def test_a_signal_that_is_ignored_stays_so(self):
        terminal = Terminal(["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\"", CLI, "-p", str(self.server.port)],
                            {"HOME": self.home.name, "TERM": "screen-256color"}, rows=60)
        self.addCleanup(terminal.close)
        terminal.wait_line(self.prompt())
        os.kill(terminal.pid_of_program(), signal.SIGHUP)
        self.ask(terminal, "PING")
        terminal.wait_text("PONG")
        # It ends before its terminal does, which would tell it to go on (SIGCONT) as it ends: a
        # checker of leaks that stops it meanwhile waits for that for ever.
        terminal.type("quit")
        terminal.keys("Enter")
        terminal.wait_text("exit status 0")

    def test_an_interrupt_from_elsewhere_is_ctrl_c(self):
        terminal = self.open("top", columns=120)
        terminal.wait(lambda screen: "nacre 0." in screen[0], "the server")
        os.kill(terminal.pid_of_program(), signal.SIGINT)
        terminal.wait_text("exit status 0")
        self.assertEqual(terminal.modes(), self.modes)
        self.assertTrue(terminal.is_as_it_was())


if __name__ == "__main__":
    unittest.main()
