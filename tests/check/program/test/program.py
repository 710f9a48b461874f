"""The program, and small histories to show it."""

import os
import pty
import signal
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["NACRE_CHECK"]
SERVER = os.environ.get("NACRE_SERVER")  # Where the build has one.
HISTORIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "histories")

WRITE_SKEW = ("T1 s=a ok | read x nil | read y nil | write x 1\n"
              "T2 s=b ok | read x nil | read y nil | write y 1\n")


def check(*arguments, stdin=""):
    """What `nacre-check ARGUMENTS` answers."""
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    return subprocess.run([PROGRAM, *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)


class OnTerminal:
    """A running nacre-check whose stderr is a terminal, as a person has it before them."""

    def __init__(self, *arguments):
        self.terminal, theirs = pty.openpty()
        # A signal that is ignored stays so in what is started, and whoever runs tests may ignore this one.
        self.process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=theirs,
                                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        os.close(theirs)

    def wait_for_progress(self):
        """The first that it shows of how far it is."""
        return os.read(self.terminal, 10000).decode()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """(exit status, stdout)"""
        stdout = self.process.communicate()[0].decode()
        os.close(self.terminal)
        return self.process.returncode, stdout


class ProgramTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def judged(self, expected, *arguments, stdin=""):
        """stdout, if the exit status is the expected one."""
        result = check(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        return result.stdout.decode()

    def refused(self, *arguments, stdin=""):
        """stderr of a call that has to be refused."""
        result = check(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        self.assertEqual(result.stdout, b"")
        return result.stderr.decode()
