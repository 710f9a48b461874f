"""Source packages of Debian, fetched with apt-get when a run needs them. Nothing of them is committed.

A machine usually has no deb-src entries, and its own configuration is not ours to change. So the
entries for Debian itself are copied, as deb-src, into a private configuration with private lists.
Entries of other archives are left out. apt-get checks the signatures and hashes of what it fetches.
"""

import os
import re
import shutil
import subprocess
from typing import List, NamedTuple

APT_FOLDER = "/etc/apt"
DEBIAN_ARCHIVE = re.compile(r"/debian(-security)?/?$")
FETCH_SECONDS_MAX = 300


class Unavailable(Exception):
    """A source package could not be had; the text says which step failed and how."""


class Package(NamedTuple):
    name: str
    upstream: str  # The version that the tests are written for.

    @property
    def tree(self) -> str:
        return f"{self.name}-{self.upstream}"


def from_deb822(text: str) -> str:
    """The stanzas of a .sources file that name Debian's archive, each as deb-src."""
    kept = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", "\n".join(lines), re.M))
        fields = {key.lower(): value for key, value in fields.items()}
        types, uris = fields.get("types", "").split(), fields.get("uris", "").split()
        enabled = fields.get("enabled", "yes").strip().lower() not in ("no", "false", "0")
        if enabled and types and uris and all(DEBIAN_ARCHIVE.search(uri) for uri in uris):
            kept.append("\n".join(re.sub(r"(?i)^Types:.*", "Types: deb-src", line) for line in lines))
    return "".join(stanza + "\n\n" for stanza in kept)


def from_list(text: str) -> str:
    """The lines of a .list file that name Debian's archive, each as deb-src."""
    kept = []
    for line in text.splitlines():
        match = re.match(r"\s*deb(?:-src)?\s+(\[[^\]]*\]\s+)?(\S+)\s+(.+)", line.split("#")[0])
        if match and DEBIAN_ARCHIVE.search(match.group(2)):
            kept.append(f"deb-src {match.group(1) or ''}{match.group(2)} {match.group(3).strip()}")
    return "".join(line + "\n" for line in dict.fromkeys(kept))


def derive_sources(apt_folder: str, parts: str) -> int:
    """Writes deb-src entries for Debian's archive into `parts`; returns how many files have any."""
    folder = os.path.join(apt_folder, "sources.list.d")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    candidates = [os.path.join(apt_folder, "sources.list")] + [os.path.join(folder, n) for n in names]
    written = 0
    for path in candidates:
        if not os.path.isfile(path) or not path.endswith((".list", ".sources")):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        entries = from_deb822(text) if path.endswith(".sources") else from_list(text)
        if entries:
            with open(os.path.join(parts, os.path.basename(path)), "w", encoding="utf-8") as file:
                file.write(entries)
            written += 1
    return written


def run(command: List[str], folder: str) -> None:
    try:
        result = subprocess.run(command, cwd=folder, timeout=FETCH_SECONDS_MAX, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took more than {FETCH_SECONDS_MAX} s") from None
    if result.returncode != 0:
        shown = "\n".join("  " + line for line in result.stdout.splitlines()[-8:])
        raise Unavailable(f"`{' '.join(w for w in command if '::' not in w and w != '-o')}` failed:\n{shown}")


class Archive:
    """Debian's archive as this machine is configured to reach it, with all state below `folder`."""

    def __init__(self, folder: str):
        self.folder = os.path.abspath(folder)
        self.options: List[str] = []

    def prepare(self) -> None:
        if self.options:
            return
        state = {name: os.path.join(self.folder, "apt", name) for name in ("parts", "lists", "cache")}
        shutil.rmtree(state["parts"], ignore_errors=True)
        for path in [*state.values(), os.path.join(state["lists"], "partial"),
                     os.path.join(state["cache"], "archives", "partial")]:
            os.makedirs(path, exist_ok=True)
        if not derive_sources(APT_FOLDER, state["parts"]):
            raise Unavailable(f"no entry for Debian's archive in {APT_FOLDER}: is this a Debian system?")
        settings = {"Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": state["parts"],
                    "Dir::State::Lists": state["lists"], "Dir::Cache": state["cache"],
                    "APT::Sandbox::User": "root"}
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        run(["apt-get", *options, "-qq", "update"], self.folder)
        self.options = options

    def obtain(self, package: Package) -> str:
        """The folder with the unpacked source of a package; fetched at most once."""
        tree = os.path.join(self.folder, package.tree)
        marker = tree + ".complete"
        if os.path.exists(marker):
            return tree
        self.prepare()
        download = os.path.join(self.folder, "download", package.name)
        for path in (tree, download):
            shutil.rmtree(path, ignore_errors=True)
        os.makedirs(download)
        run(["apt-get", *self.options, "-qq", "source", "--download-only", package.name], download)
        descriptions = [name for name in os.listdir(download) if name.endswith(".dsc")]
        if len(descriptions) != 1 or f"_{package.upstream}-" not in descriptions[0]:
            raise Unavailable(f"the archive has {descriptions} where {package.tree} is needed")
        run(["dpkg-source", "--extract", os.path.join(download, descriptions[0]), tree], self.folder)
        open(marker, "w", encoding="utf-8").close()
        return tree
