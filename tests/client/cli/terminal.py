"""A program on a terminal of its own (tmux), for tests: keys go in, the screen is read, and looked at again
whenever the program has written something."""

import os
import select
import shlex
import subprocess
import tempfile
import termios
import time

SECONDS_MAX = 60  # Only a hang lasts so long.


class Terminal:
    def __init__(self, command, environment=None, columns=100, rows=30):
        # A tmux server for each, so that tests that run at the same time do not meet.
        self.folder = tempfile.TemporaryDirectory(prefix="nacre-tmux-")
        self.socket = os.path.join(self.folder.name, "socket")
        shown = " ".join(shlex.quote(word) for word in command)
        # What it ended with stays on the screen. Ctrl-C is meant for the program, not for the shell.
        script = f"ulimit -c 0; trap : INT; {shown}; echo exit status $?; exec cat"
        settings = [f"{name}={value}" for name, value in (environment or {}).items()]
        self.tmux("new-session", "-d", "-s", "test", "-x", str(columns), "-y", str(rows),
                  shlex.join(["env", *settings, "sh", "-c", script]))
        # Gets what is written to the terminal. Open for writing too, or it would end when nobody else writes.
        pipe = os.path.join(self.folder.name, "written")
        os.mkfifo(pipe)
        self.written = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self.tmux("pipe-pane", "-t", "test", shlex.join(["exec", "cat"]) + " >" + shlex.quote(pipe))

    def tmux(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "TMUX_PANE")}
        done = subprocess.run(["tmux", "-f", "/dev/null", "-S", self.socket, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=environment, timeout=SECONDS_MAX)
        if done.returncode != 0:
            raise AssertionError(f"tmux {arguments}: {done.stderr}")
        return done.stdout

    def keys(self, *names):
        """Presses keys by tmux's names: Enter, Tab, Up, C-c, ..."""
        self.tmux("send-keys", "-t", "test", *names)

    def type(self, text):
        self.tmux("send-keys", "-t", "test", "-l", text)

    def paste(self, text):
        self.tmux("set-buffer", text)
        self.tmux("paste-buffer", "-t", "test", "-r")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-t", "test", "-x", str(columns), "-y", str(rows))

    def screen(self, style=False):
        """The lines of the screen, without the empty ones at its end."""
        lines = self.tmux("capture-pane", "-p", "-t", "test", *(["-e"] if style else [])).split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        return [line.rstrip() for line in lines]

    def forget_written(self):
        try:
            while os.read(self.written, 1 << 16):
                pass
        except BlockingIOError:
            pass

    def wait(self, condition, what):
        """Looks until condition(screen) holds; returns what it answered."""
        until = time.monotonic() + SECONDS_MAX
        while True:
            # First: what is written after this is either on the screen already, or wakes the select.
            self.forget_written()
            screen = self.screen() or [""]
            result = condition(screen)
            if result:
                return result
            if not select.select([self.written], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError(f"not on the screen: {what}\n" + "\n".join(screen))

    def wait_line(self, line):
        """Until the last line is this one."""
        self.wait(lambda screen: screen and screen[-1] == line, f"last line {line!r}")

    def wait_text(self, text):
        """Until some line holds this."""
        return self.wait(lambda screen: [line for line in screen if text in line], text)

    def pid_of_program(self):
        """Of the command; not once it has ended."""
        shell = self.tmux("list-panes", "-t", "test", "-F", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], stdout=subprocess.PIPE, text=True, check=True).stdout)

    def modes(self):
        """What stty shows."""
        tty = os.open(self.tmux("list-panes", "-t", "test", "-F", "#{pane_tty}").strip(),
                      os.O_RDONLY | os.O_NOCTTY)
        try:
            return termios.tcgetattr(tty)
        finally:
            os.close(tty)

    def is_as_it_was(self):
        """The first screen, with its cursor shown."""
        shown = self.tmux("display-message", "-p", "-t", "test", "#{alternate_on} #{cursor_flag}")
        return shown.strip() == "0 1"

    def close(self):
        try:
            shell = self.tmux("list-panes", "-t", "test", "-F", "#{pane_pid}").strip()
            self.tmux("kill-server")
        except AssertionError:
            pass  # It has ended by itself.
        else:
            self.await_end_of(shell)
        os.close(self.written)
        self.folder.cleanup()

    @staticmethod
    def await_end_of(session):
        """Of all that runs there: what writes to its home as it ends has done so then."""
        until = time.monotonic() + SECONDS_MAX
        while subprocess.run(["pgrep", "-s", session], stdout=subprocess.DEVNULL, check=False).returncode == 0:
            if time.monotonic() > until:
                raise AssertionError("a program has not ended with its terminal")
            time.sleep(0.01)
