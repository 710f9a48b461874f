#!/usr/bin/env python3
"""Shows of each rule of lint.py that it lets good trees pass and names the line of a bad one.

Trees are made at run time in a temporary folder; forbidden words are put together here so that this file
does not contain them.
"""

import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import lint

HEADER = "#ifndef {0}\n#define {0}\n{1}\n#endif  // {0}\n"


class LintTest(unittest.TestCase):
    def check(self, rule, files):
        """Runs `rule` over a tree of {path: content}; returns [(path, line)]."""
        with tempfile.TemporaryDirectory() as root:
            for path, content in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(content)
            return [(v.path, v.line) for v in lint.RULES[rule](lint.Tree(root))]

    def include(self, path, target, quotes='""'):
        return self.check("layering", {path: f"// why\n#include {quotes[0]}{target}{quotes[1]}\n"})

    def assert_allowed(self, path, target):
        self.assertEqual(self.include(path, target), [], f"{path} -> {target}")

    def assert_forbidden(self, path, target, quotes='""'):
        self.assertEqual(self.include(path, target, quotes), [(path, 2)], f"{path} -> {target}")

    def test_layering_arrows_point_down(self):
        self.assert_allowed("engine/index/art.cc", "engine/base/epoch.h")
        self.assert_allowed("engine/txn/commit.cc", "engine/mvcc/version.h")
        self.assert_allowed("vacuum/pruner.cc", "engine/txn/sinks.h")
        self.assert_allowed("engine/db/database.cc", "vacuum/vacuum.h")
        self.assert_allowed("engine/db/database.cc", "nacre/database.h")
        self.assert_allowed("engine/db/database.cc", "engine/db/impl.h")

    def test_layering_no_arrow_points_up_or_sideways(self):
        for path, target in [
            ("engine/base/epoch.cc", "engine/mvcc/version.h"),
            ("engine/mvcc/chain.cc", "engine/index/art.h"),
            ("engine/index/art.cc", "engine/mvcc/version.h"),
            ("engine/mvcc/chain.cc", "engine/txn/commit.h"),
            ("engine/txn/commit.cc", "vacuum/vacuum.h"),
            ("engine/txn/commit.cc", "engine/db/impl.h"),
            ("engine/txn/commit.cc", "engine/durability/log.h"),
            ("vacuum/vacuum.cc", "engine/durability/log.h"),
            ("vacuum/vacuum.cc", "engine/db/impl.h"),
            ("engine/db/database.cc", "server/command.h"),
            ("engine/db/database.cc", "tests/check/explore/schedule.h"),
        ]:
            self.assert_forbidden(path, target)
            self.assert_forbidden(path, target, "<>")

    def test_layering_vocabulary_headers_are_for_all_and_the_facade_is_not(self):
        self.assert_allowed("engine/base/faults.h", "nacre/testing.h")
        self.assert_allowed("engine/mvcc/read_view.h", "nacre/types.h")
        self.assert_forbidden("engine/txn/commit.cc", "nacre/database.h")
        self.assert_forbidden("vacuum/vacuum.cc", "nacre/snapshot.h")

    def test_layering_public_headers_include_no_internals(self):
        self.assert_allowed("engine/include/nacre/database.h", "nacre/options.h")
        self.assert_forbidden("engine/include/nacre/database.h", "engine/txn/commit.h")
        self.assert_forbidden("engine/include/nacre/database.h", "engine/base/check.h")

    def test_layering_users_see_only_the_public_surface(self):
        for user in ("server/command.cc", "bench/ycsb.cc", "tests/check/explore/schedule.cc",
                     "engine/examples/bank.cc"):
            self.assert_allowed(user, "nacre/database.h")
            self.assert_forbidden(user, "engine/base/check.h")
            self.assert_forbidden(user, "vacuum/vacuum.h")
        self.assert_allowed("bench/micro/chain.cc", "engine/mvcc/version.h")
        self.assert_allowed("tests/check/wire.cc", "client/connection.h")
        self.assert_allowed("tests/unit/epoch_test.cc", "engine/base/epoch.h")
        self.assert_forbidden("server/command.cc", "client/connection.h")

    def test_layering_judge_sees_no_store(self):
        self.assert_allowed("tests/check/judge/graph.cc", "nacre/check/history.h")
        self.assert_allowed("tests/check/judge/format/edn.cc", "tests/check/judge/text.h")
        self.assert_allowed("tests/check/run.cc", "nacre/check/history.h")
        self.assert_forbidden("tests/check/judge/graph.cc", "nacre/types.h")
        self.assert_forbidden("tests/check/judge/graph.cc", "nacre/client/client.h")
        self.assert_forbidden("tests/check/judge/graph.cc", "tests/check/explore/operation.h")
        self.assert_forbidden("engine/db/database.cc", "nacre/check/history.h")

    def test_layering_client_sees_neither_engine_nor_server(self):
        self.assert_allowed("client/connection.cc", "client/reply.h")
        self.assert_forbidden("client/connection.cc", "nacre/types.h")
        self.assert_forbidden("client/connection.cc", "engine/base/check.h")
        self.assert_forbidden("client/connection.cc", "server/resp.h")

    def test_layering_includes_start_at_the_root(self):
        self.assert_forbidden("engine/base/epoch.cc", "epoch.h")
        self.assert_forbidden("engine/base/epoch.cc", "../base/epoch.h")
        self.assert_allowed("engine/base/epoch.cc", "absl/status/status.h")

    def test_layering_knows_every_folder(self):
        self.assertEqual(self.check("layering", {"misc/a.cc": "\n"}), [("misc/a.cc", 1)])

    def test_listed_finds_what_is_neither_built_nor_run(self):
        lists = {"tests/unit/CMakeLists.txt":
                 "nacre_test(NAME a_test SOURCES a_test.cc)\n# b_test.cc\nadd_test(c/d_test.py)\n"
                 "foreach(x IN ITEMS e f)\nnacre_test(NAME ${x} SOURCES api_${x}_test.cc)\n"}
        for path in ("a_test.cc", "c/d_test.py", "api_e_test.cc", "api_f_test.cc"):
            self.assertEqual(self.check("listed", {"tests/unit/" + path: "", **lists}), [], path)
        for path in ("b_test.cc", "test.cc", "f_test.py", "api_g_test.cc", "api_test.cc", "../a_test.cc"):
            path = os.path.normpath("tests/unit/" + path)
            self.assertEqual(self.check("listed", {path: "", **lists}), [(path, 1)], path)
        self.assertEqual(self.check("listed", {"tests/unit/helper.py": "", **lists}), [])

    def test_size_limits_files(self):
        self.assertEqual(self.check("size", {"engine/a.cc": "\n" * 500}), [])
        self.assertEqual(self.check("size", {"engine/a.cc": "\n" * 501}), [("engine/a.cc", 501)])

    def test_size_exceptions_only_shrink(self):
        def with_exception(lines):
            return self.check("size", {"engine/a.cc": "\n" * lines,
                                       lint.EXCEPTIONS: "# head\nengine/a.cc 600  # a table\n"})
        self.assertEqual(with_exception(600), [])
        self.assertEqual(with_exception(601), [("engine/a.cc", 601)])
        self.assertEqual(with_exception(599), [(lint.EXCEPTIONS, 2)])
        self.assertEqual(with_exception(500), [(lint.EXCEPTIONS, 2)])
        self.assertEqual(self.check("size", {lint.EXCEPTIONS: "engine/gone.cc 600\n"}),
                         [(lint.EXCEPTIONS, 1)])

    def test_words_unfinished(self):
        for word in ("TO" + "DO", "FIX" + "ME", "X" * 3):
            for path in ("engine/a.cc", "docs/a.md", "Makefile", ".ci/run", "tests/unit/CMakeLists.txt"):
                self.assertEqual(self.check("words", {path: f"\n# {word}: later\n"}), [(path, 2)])
        self.assertEqual(self.check("words", {"cmake/a.sh": "mktemp -d a." + "X" * 6 + "\n"}), [])

    def test_words_unreal(self):
        for word in ("st" + "ub", "Place" + "holder", "not impl" + "emented"):
            self.assertEqual(self.check("words", {"server/a.cc": f"// {word}\n"}), [("server/a.cc", 1)])
        self.assertEqual(self.check("words", {"server/a.cc": "// stubborn\n"}), [])

    def test_words_vocabulary_of_the_vacuum(self):
        for line in ("// the GC runs", "void RunGc();", "int gc = 0;", "// garbage collection", "class GcThread;"):
            caught = self.check("words", {"vacuum/a.h": line + "\n"})
            self.assertEqual(caught, [("vacuum/a.h", 1)] if line != "void RunGc();" else [], line)
        self.assertEqual(self.check("words", {"vacuum/a.h": "class GarbageSink;\n"}), [])
        self.assertEqual(self.check("words", {"docs/a.md": "Other systems have a GC.\n"}), [])

    def test_guards_follow_the_path(self):
        good = HEADER.format("NACRE_ENGINE_BASE_A_H_", "\n#include <mutex>\n#ifdef X\n#endif\n")
        self.assertEqual(self.check("guards", {"engine/base/a.h": good}), [])
        self.assertEqual(self.check("guards", {"engine/mvcc/a.h": good}), [("engine/mvcc/a.h", 1)])
        public = HEADER.format("NACRE_A_H_", "")
        self.assertEqual(self.check("guards", {"engine/include/nacre/a.h": public}), [])

    def test_guards_are_complete(self):
        bare = "#ifndef NACRE_SERVER_A_H_\n#define NACRE_SERVER_A_H_\n#endif\n"
        self.assertEqual(self.check("guards", {"server/a.h": bare}), [("server/a.h", 3)])
        self.assertEqual(self.check("guards", {"server/a.h": "#pragma once\n"}), [("server/a.h", 1)])
        self.assertEqual(self.check("guards", {"server/a.h": "int a;\n"}), [("server/a.h", 1)])

    def test_paths_of_one_machine(self):
        for folder in ("home", "work", "root"):
            line = f"cd /{folder}/somebody\n"
            self.assertEqual(self.check("paths", {"docs/a.md": line}), [("docs/a.md", 1)])
        self.assertEqual(self.check("paths", {"tests/a.py": "'/t" + "mp/nacre'\n"}), [("tests/a.py", 1)])
        self.assertEqual(self.check("paths", {"docs/a.md": "tests/" + "work/a and $HOME/" + "work/a\n"}), [])

    def test_hosts_of_registries(self):
        for host in ("registry.npm" + "js.org", "py" + "pi.org", "deb.deb" + "ian.org"):
            line = f'\n"x": "https://{host}/a"\n'
            self.assertEqual(self.check("hosts", {"tests/server/package-lock.json": line}),
                             [("tests/server/package-lock.json", 2)])
        self.assertEqual(self.check("hosts", {"a.json": '"resol' + 'ved": "http://mirror/a.tgz"'}),
                         [("a.json", 1)])
        self.assertEqual(self.check("hosts", {"LICENSE.md": "http://www.apache.org/licenses/"}), [])

    def test_format_names_the_first_bad_line(self):
        style = {".clang-format": "BasedOnStyle: Google\n"}
        self.assertEqual(self.check("format", {"a.cc": "int a;\nint b;\n", **style}), [])
        self.assertEqual(self.check("format", {"a.cc": "int a;\nint   b;\n", **style}), [("a.cc", 2)])

    def test_format_without_clang_format_fails(self):
        with mock.patch.object(lint.shutil, "which", return_value=None):
            self.assertEqual(self.check("format", {"a.cc": "int a;\n"}), [(".clang-format", 1)])

    def test_skipped_folders_are_not_read(self):
        self.assertEqual(self.check("size", {"build/dev/a.cc": "\n" * 600}), [])

    def test_command_line_reports_by_exit_status(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lint.py")
        with tempfile.TemporaryDirectory() as root:
            def run():
                return subprocess.run([sys.executable, "-B", script, "--root", root, "size"],
                                      capture_output=True, text=True)
            self.assertEqual(run().returncode, 1, "an empty tree is not a clean tree")
            with open(os.path.join(root, "a.cc"), "w", encoding="utf-8") as file:
                file.write("\n" * 501)
            self.assertIn("a.cc:501: 501 lines", run().stdout)
            self.assertEqual(run().returncode, 1)
            with open(os.path.join(root, "a.cc"), "w", encoding="utf-8") as file:
                file.write("\n")
            self.assertEqual(run().returncode, 0)


if __name__ == "__main__":
    unittest.main()
