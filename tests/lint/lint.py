#!/usr/bin/env python3
"""lint.py [--root DIR] RULE...: checks the source tree; prints path:line: message for each violation.

Rules: layering listed size words guards paths hosts format. Exit status 0 if there is no violation. Every rule
is a function from a Tree to violations; lint_test.py shows of each that it catches what it should.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from typing import Iterator, List, NamedTuple, Tuple

SKIPPED_FOLDERS = {".git", ".cache", "build", "node_modules", "__pycache__"}
CODE = (".cc", ".h")
TEXT = CODE + (".py", ".sh", ".js", ".mjs", ".json", ".cmake", ".md", ".txt", ".in", ".yml", ".yaml")
LINES_MAX = 500


class Violation(NamedTuple):
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """The files below a root, by their path from it."""

    def __init__(self, root: str):
        self.root = root
        self.paths: List[str] = []
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
            self.paths += sorted(os.path.relpath(os.path.join(folder, f), root) for f in files)

    def having(self, endings: Tuple[str, ...]) -> List[str]:
        return [p for p in self.paths if p.endswith(endings)]

    def texts(self) -> List[str]:
        """What people write: known endings, and the scripts and make files that have none."""
        known = [p for p in self.paths if p.endswith(TEXT)]
        named = [p for p in self.paths
                 if os.path.basename(p) in ("Makefile", "CMakeLists.txt") or p.startswith(".ci/")]
        return sorted(set(known + named))

    def lines(self, path: str) -> List[str]:
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()


# --- layering -------------------------------------------------------------------------------------

# Public headers that hold only vocabulary (values, options, step names). Every layer may speak it; the
# other public headers are the facade, and only what stands above engine/db may include them.
VOCABULARY = {"nacre/" + h for h in ("types.h", "options.h", "stats.h", "testing.h", "write_batch.h")}

# The arrows of the architecture. Layer (longest matching folder wins) -> what it may include besides
# itself: a folder, or "nacre/" for the whole public surface, or "vocabulary".
LAYERS = {
    "engine/include/nacre": ["nacre/"],
    "engine/base": ["vocabulary"],
    "engine/index": ["vocabulary", "engine/base"],
    "engine/mvcc": ["vocabulary", "engine/base"],
    "engine/collection": ["vocabulary", "engine/base"],
    "engine/txn": ["vocabulary", "engine/base", "engine/index", "engine/mvcc", "engine/collection"],
    "vacuum": ["vocabulary", "engine/base", "engine/index", "engine/mvcc", "engine/collection",
               "engine/txn"],
    "engine/durability": ["vocabulary", "engine/base", "engine/index", "engine/mvcc",
                          "engine/collection", "engine/txn"],
    "engine/db": ["nacre/", "engine/base", "engine/index", "engine/mvcc", "engine/collection",
                  "engine/txn", "vacuum", "engine/durability"],
    "engine/examples": ["nacre/"],
    "client": ["nacre/client/"],
    "client/examples": ["nacre/client/"],
    "server": ["nacre/", "server/allocator"],
    "server/allocator": [],
    "bench": ["nacre/", "nacre/check/", "client", "server/allocator"],
    "bench/micro": ["nacre/", "client", "bench", "engine", "vacuum", "server"],
    "tests/check": ["nacre/", "nacre/check/", "client"],
    "tests/check/include/nacre/check": ["nacre/check/"],
    "tests/check/run/test": ["nacre/", "nacre/check/", "client", "tests/check", "tests/client/support"],
    "tests/check/judge": ["nacre/check/"],  # Judges what it is shown, and knows no store.
    "tests": ["nacre/", "nacre/check/", "engine", "vacuum", "server", "client", "tests", "bench"],
}
OUR_ROOTS = ("nacre/", "engine/", "vacuum/", "server/", "client/", "bench/", "tests/")
THIRD_PARTY = ("absl/", "gtest/", "gmock/", "benchmark/", "CLI/", "xxhash.h", "boost/", "jemalloc/")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def layer_of(path: str) -> str:
    folder = os.path.dirname(path)
    while folder and folder not in LAYERS:
        folder = os.path.dirname(folder)
    return folder


def may_include(layer: str, target: str) -> bool:
    allowed = LAYERS[layer]
    if target.startswith("nacre/client/"):  # The client's public surface, which is not the engine's.
        return "client" in allowed or "nacre/client/" in allowed
    if target.startswith("nacre/check/"):  # That of the judge, likewise.
        return "nacre/check/" in allowed
    if target.startswith("nacre/"):
        return "nacre/" in allowed or ("vocabulary" in allowed and target in VOCABULARY)
    if layer == "engine/include/nacre":
        return False
    if layer_of(target) == layer:
        return True
    return any(target.startswith(folder + "/") for folder in LAYERS[layer])


def layering(tree: Tree) -> Iterator[Violation]:
    for path in tree.having(CODE):
        layer = layer_of(path)
        if not layer:
            yield Violation(path, 1, "stands in no known layer; see LAYERS in tests/lint/lint.py")
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, target = match.groups()
            if target.startswith(OUR_ROOTS):
                if not may_include(layer, target):
                    yield Violation(path, number, f"{layer} may not include {target}")
            elif quote == '"' and not target.startswith(THIRD_PARTY):
                yield Violation(path, number, f'"{target}" does not start at the root of the project')


# --- listed ---------------------------------------------------------------------------------------

TEST_SCRIPT = re.compile(r"_test\.(py|sh|mjs|js)$")


def names(text: str, path: str) -> bool:
    """Whether CMake code names a file: as it is, or as "api_${theme}_test.cc" with the theme among its words."""
    words_of_text = set(re.findall(r"[\w./${}-]+", text))
    if path in words_of_text or "${CMAKE_CURRENT_SOURCE_DIR}/" + path in words_of_text:
        return True
    for pattern in (word for word in words_of_text if "${" in word):
        template = re.sub(r"\\\$\\{\w+\\}", r"([\\w-]+)", re.escape(pattern))
        match = re.fullmatch(template, path)
        if match and all(group in words_of_text for group in match.groups()):
            return True
    return False


def listed(tree: Tree) -> Iterator[Violation]:
    """A source or test that no CMakeLists.txt names is neither built nor run, and nothing else says so."""
    known = set(tree.paths)
    for path in tree.paths:
        if not path.endswith(".cc") and not TEST_SCRIPT.search(path):
            continue
        folder = os.path.dirname(path)
        while folder and folder + "/CMakeLists.txt" not in known:
            folder = os.path.dirname(folder)
        lists = (folder + "/" if folder else "") + "CMakeLists.txt"
        text = "\n".join(line.split("#")[0] for line in tree.lines(lists)) if lists in known else ""
        if not names(text, os.path.relpath(path, folder or ".")):
            yield Violation(path, 1, f"not named in {lists}")


# --- size -----------------------------------------------------------------------------------------

EXCEPTIONS = "tests/lint/size_exceptions.txt"


def size(tree: Tree) -> Iterator[Violation]:
    excepted = {}
    if EXCEPTIONS in tree.paths:
        for number, line in enumerate(tree.lines(EXCEPTIONS), 1):
            entry = line.split("#")[0].split()
            if entry:
                excepted[entry[0]] = (int(entry[1]), number)
    lengths = {path: len(tree.lines(path)) for path in tree.having(CODE)}
    for path, length in lengths.items():
        limit = excepted.get(path, (LINES_MAX, 0))[0]
        if length > limit:
            yield Violation(path, length, f"{length} lines, at most {limit}: is it one concept?")
    # The list may only shrink: an entry is exactly as large as its file, and gone when it can be.
    for path, (limit, number) in excepted.items():
        length = lengths.get(path, 0)
        if length <= LINES_MAX:
            yield Violation(EXCEPTIONS, number, f"{path} needs no exception any more")
        elif length < limit:
            yield Violation(EXCEPTIONS, number, f"{path} has {length} lines now: lower the entry to that")


# --- words ----------------------------------------------------------------------------------------

UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
UNREAL = re.compile(r"\b(st" + r"ub(s|bed)?|place" + r"holder|not impl" + r"emented)\b", re.IGNORECASE)
COLLECTOR = re.compile(r"\b(GC|gc)\b|\b(Gc|gc_)|garbage.collect", re.ASCII)
REAL_FOLDERS = ("engine/", "vacuum/", "server/", "client/", "docs/", "README.md")


def words(tree: Tree) -> Iterator[Violation]:
    for path in tree.texts():
        for number, line in enumerate(tree.lines(path), 1):
            match = UNFINISHED.search(line)
            if match:
                yield Violation(path, number, f"'{match.group()}': finish it, or open an issue")
            match = UNREAL.search(line) if path.startswith(REAL_FOLDERS) else None
            if match:
                yield Violation(path, number, f"'{match.group()}' in what users run or read")
            match = COLLECTOR.search(line) if path.startswith(("engine/", "vacuum/")) else None
            if match:
                yield Violation(path, number, f"'{match.group()}': the words are prune and reclaim")


# --- guards ---------------------------------------------------------------------------------------

def guard_of(path: str) -> str:
    """engine/base/check.h -> NACRE_ENGINE_BASE_CHECK_H_; a public header by how it is included."""
    for public in ("engine/include/", "client/include/", "tests/check/include/"):
        if path.startswith(public):
            shown = path.replace(public, "", 1)
            break
    else:
        shown = "nacre/" + path
    return re.sub(r"[^A-Za-z0-9]", "_", shown).upper() + "_"


def guards(tree: Tree) -> Iterator[Violation]:
    for path in tree.having((".h",)):
        guard = guard_of(path)
        lines = tree.lines(path)
        directives = [(n, l.strip()) for n, l in enumerate(lines, 1) if l.lstrip().startswith("#")]
        if any(re.match(r"#\s*pragma\s+once", d) for _, d in directives):
            yield Violation(path, 1, f"#pragma once; this project uses guards: {guard}")
            continue
        first = [d for _, d in directives[:2]]
        if first != [f"#ifndef {guard}", f"#define {guard}"]:
            number = directives[0][0] if directives else 1
            yield Violation(path, number, f"does not begin with the guard {guard}")
        elif directives[-1][1] != f"#endif  // {guard}":
            yield Violation(path, directives[-1][0], f"does not end with '#endif  // {guard}'")


# --- paths and hosts ------------------------------------------------------------------------------

MACHINE_FOLDERS = "|".join(["home", "root", "work", "farm", "Users"])
MACHINE_PATH = re.compile(r"(?<![\w.$}*~:/-])/(" + MACHINE_FOLDERS + r")/\w")
TEMPORARY_PATH = re.compile(r"(?<![\w.$}*~:/-])/t" + r"mp/\w")
HOSTS = re.compile(
    r"\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\b(npm" + r"js|yarn" + r"pkg|py" + r"pi|python" +
    r"hosted|cra" + r"tes)\.(org|com|io)\b|\bproxy\.go" + r"lang\.org|\bdeb\.deb" + r"ian\.org|\"resolved\":\s*\"http")


def paths(tree: Tree) -> Iterator[Violation]:
    for path in tree.texts():
        for number, line in enumerate(tree.lines(path), 1):
            if MACHINE_PATH.search(line):
                yield Violation(path, number, "path of one machine")
            elif TEMPORARY_PATH.search(line) and not path.endswith(".md"):
                yield Violation(path, number, "fixed temporary path: two runs would share it")


def hosts(tree: Tree) -> Iterator[Violation]:
    for path in tree.texts():
        for number, line in enumerate(tree.lines(path), 1):
            match = HOSTS.search(line)
            if match:
                yield Violation(path, number, f"host of a package registry: {match.group()}")


# --- format ---------------------------------------------------------------------------------------

CLANG_FORMAT_MAJOR = "14"


def clang_format_program() -> str:
    for name in (f"clang-format-{CLANG_FORMAT_MAJOR}", "clang-format"):
        program = shutil.which(name)
        if program:
            version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            if f"version {CLANG_FORMAT_MAJOR}." in version:
                return program
    return ""


def format_(tree: Tree) -> Iterator[Violation]:
    files = tree.having(CODE)
    program = clang_format_program()
    if not program:
        yield Violation(".clang-format", 1, f"clang-format {CLANG_FORMAT_MAJOR} is not installed "
                                            f"(package clang-format-{CLANG_FORMAT_MAJOR})")
        return
    if not files:
        return
    run = subprocess.run([program, "--dry-run", "--style=file", *files], cwd=tree.root,
                         capture_output=True, text=True)
    seen = set()
    for line in run.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (?:warning|error): ", line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            yield Violation(match.group(1), int(match.group(2)), "first badly formatted line (make format)")
    if run.returncode != 0 and not seen:
        yield Violation(".clang-format", 1, run.stderr.strip())


RULES = {"layering": layering, "listed": listed, "size": size, "words": words, "guards": guards, "paths": paths,
         "hosts": hosts, "format": format_}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("rules", nargs="+", choices=sorted(RULES), metavar="RULE")
    arguments = parser.parse_args()
    tree = Tree(os.path.abspath(arguments.root))
    if not tree.having(CODE):
        print(f"no source files below {tree.root}", file=sys.stderr)
        return 1
    violations = [v for rule in arguments.rules for v in RULES[rule](tree)]
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
