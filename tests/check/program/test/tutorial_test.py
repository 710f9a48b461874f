#!/usr/bin/env python3
"""docs/CHECKING.md and README.md show what nacre-check really prints and draws; the former names all there is.

Commands that judge a file are run, as are those that ask for their status. NACRE_UPDATE_TUTORIAL=1 puts their present
output, and the pictures, in place of what the document has.
"""

import os
import re
import subprocess
import unittest

from program import PROGRAM, ProgramTest, check

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..", ".."))
DOCUMENT = os.path.join(ROOT, "docs", "CHECKING.md")
UPDATE = bool(os.environ.get("NACRE_UPDATE_TUTORIAL"))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_run(command):
    return command.startswith(("nacre-check history ", "nacre-check explore ")) or command == "echo $?"


class Tutorial(ProgramTest):
    def run_block(self, block, folder):
        """The block, with what its commands print today."""
        lines, status = [], None
        for part in re.split(r"^(?=\$ )", block, flags=re.M):
            command, _, shown = part.partition("\n")
            command = command[2:]
            if not is_run(command):
                lines.append(part)
                continue
            if command == "echo $?":
                self.assertIsNotNone(status, "a status of nothing that was run")
                shown = f"{status}\n"
            else:
                environment = dict(os.environ, PATH=f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}")
                result = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, check=False)
                status, shown = result.returncode, result.stdout.decode()
                self.commands += 1
            lines.append(f"$ {command}\n{shown}")
        return "".join(lines)

    def test_what_it_shows_is_what_is_printed(self):
        self.commands = 0
        for name in ("docs", "tests"):
            os.symlink(os.path.join(ROOT, name), self.path(name))
        for document in (os.path.join(ROOT, "README.md"), DOCUMENT):
            printed = re.sub(r"(?<=^```console\n)(.*?)(?=^```$)", lambda m: self.run_block(m.group(1), self.folder),
                             read(document), flags=re.M | re.S)
            if UPDATE:
                with open(document, "w", encoding="utf-8") as file:
                    file.write(printed)
            self.assertEqual(read(document), printed)
        self.assertGreaterEqual(self.commands, 6)
        self.compare_pictures()

    def compare_pictures(self):
        drawn = [name for name in os.listdir(self.folder) if name.endswith(".svg")]
        self.assertGreaterEqual(len(drawn), 3)
        for name in drawn:
            shown = os.path.join(ROOT, "docs", "pictures", name)
            if UPDATE:
                with open(shown, "w", encoding="utf-8") as file:
                    file.write(read(self.path(name)))
            self.assertEqual(read(self.path(name)), read(shown), name)
            self.assertIn(f"](pictures/{name})", read(DOCUMENT))

    def test_every_level_and_anomaly_has_its_row(self):
        text = read(DOCUMENT)
        source = read(os.path.join(ROOT, "tests", "check", "judge", "level.cc"))
        levels = re.findall(r'"([a-z-]+)"', re.search(r"kLevelNames\[\] = \{(.*?)\};", source, re.S).group(1))
        anomalies = re.findall(r'\{"([\w-]+)", k', source)
        self.assertEqual(len(levels), 8)
        self.assertGreater(len(anomalies), 20)
        for name in levels + anomalies:
            self.assertRegex(text, rf"(?m)^\| `{name}` \|", f"{name} has no row")

    def test_every_option_of_history_and_explore_is_described(self):
        text = read(DOCUMENT)
        for command in ("history", "explore"):
            options = set(re.findall(r"(?m)^  (--[a-z-]+)", check(command, "--help").stdout.decode()))
            self.assertGreaterEqual(len(options), 7)
            for option in options - {"--plant"}:  # For tests of this program alone.
                self.assertIn(option, text, f"{option} of {command}")


if __name__ == "__main__":
    unittest.main()
