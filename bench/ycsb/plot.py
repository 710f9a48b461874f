#!/usr/bin/env python3
"""plot.py CSV_FOLDER SVG_FOLDER: draws what nacre-bench has measured.

Reads those of growth-keys.csv, growth-writes.csv, growth-versions.csv, growth-snapshots.csv and held.csv that are there,
each written by the command of nacre-bench of that name with --csv, and writes an SVG of the same name for each. Needs
matplotlib (Debian: python3-matplotlib).
"""

import argparse
import csv
import os
import sys
from typing import Dict, List, NamedTuple

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# Text stays text, and the same figures give the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nacre", "font.size": 9})

MIB = 1 << 20
# The same store has the same line in every plot, and ours stands out.
STORES = ["nacre", "fhm", "bt", "btp", "lmdb", "rocks-occ", "rocks-txn", "wiredtiger", "sqlite"]
MARKERS = "osd^vP*X<"

Row = Dict[str, str]


class Panel(NamedTuple):
    title: str
    column: str
    logarithmic: bool = True
    divisor: float = 1


class Plot(NamedTuple):
    name: str
    x: str
    x_label: str
    panels: List[Panel]


PLOTS = [
    Plot("growth-keys", "keys", "keys", [
        Panel("load, million/s", "loads_per_second", divisor=1e6),
        Panel("one read, million/s", "reads_per_second", divisor=1e6),
        Panel("half reads, half writes, million/s", "mixed_per_second", divisor=1e6),
        Panel("bytes a key (RSS)", "bytes_per_key", logarithmic=False),
    ]),
    Plot("growth-writes", "keys_written", "keys written by the transaction", [
        Panel("microseconds a transaction", "micros_per_transaction"),
        Panel("nanoseconds a key", "nanos_per_key"),
    ]),
    Plot("growth-versions", "versions", "versions of the key, all held", [
        Panel("read of the newest, ns", "newest_nanos"),
        Panel("read of the oldest, ns", "oldest_nanos"),
    ]),
    Plot("growth-snapshots", "snapshots", "open snapshots", [
        Panel("one read, million/s", "reads_per_second", divisor=1e6),
        Panel("one update, million/s", "updates_per_second", divisor=1e6),
    ]),
]


def read(path: str) -> List[Row]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def read_if_any(path: str) -> List[Row]:
    return read(path) if os.path.exists(path) else []


def grouped(rows: List[Row], column: str) -> Dict[str, List[Row]]:
    groups: Dict[str, List[Row]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)
    return groups


def style(store: str) -> dict:
    index = STORES.index(store)
    return {"color": f"C{index}", "marker": MARKERS[index], "markersize": 4,
            "linewidth": 2.2 if store == "nacre" else 1}


def save(figure, folder: str, name: str) -> None:
    figure.tight_layout()
    figure.savefig(os.path.join(folder, name + ".svg"), metadata={"Date": None})
    plt.close(figure)


def draw_growth(plot: Plot, rows: List[Row], folder: str) -> None:
    figure, axes = plt.subplots(1, len(plot.panels), figsize=(4.2 * len(plot.panels), 3.6))
    for panel, axis in zip(plot.panels, axes):
        for store, of_store in grouped(rows, "store").items():
            axis.plot([int(row[plot.x]) for row in of_store],
                      [float(row[panel.column]) / panel.divisor for row in of_store],
                      label=store, **style(store))
        # Zero snapshots have a place, too.
        axis.set_xscale("symlog" if any(row[plot.x] == "0" for row in rows) else "log")
        if panel.logarithmic:
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        axis.set_title(panel.title)
        axis.set_xlabel(plot.x_label)
        axis.grid(True, alpha=.3)
    axes[0].legend(fontsize=7)
    save(figure, folder, plot.name)


def draw_held(rows: List[Row], folder: str) -> None:
    stores = grouped(rows, "store")
    figure, axes = plt.subplots(1, len(stores), figsize=(4.6 * len(stores), 3.6), squeeze=False)
    for axis, (store, of_store) in zip(axes[0], stores.items()):
        first = [row for row in of_store if row["repetition"] == "0"]
        for taken, of_run in grouped(first, "taken").items():
            axis.plot([int(row["updates"]) / 1e6 for row in of_run],
                      [int(row["resident_bytes"]) / MIB for row in of_run], label=taken)
        axis.set_ylim(bottom=0)
        axis.set_title(f"{store}: resident MiB, 100 snapshots")
        axis.set_xlabel("million updates; the last point is after the snapshots have ended")
        axis.grid(True, alpha=.3)
        axis.legend(fontsize=7, title="snapshots taken")
    save(figure, folder, "held")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv_folder")
    parser.add_argument("svg_folder")
    arguments = parser.parse_args()
    os.makedirs(arguments.svg_folder, exist_ok=True)
    figures = {name: read_if_any(os.path.join(arguments.csv_folder, name + ".csv"))
               for name in [plot.name for plot in PLOTS] + ["held"]}
    if not any(figures.values()):
        sys.exit(f"{arguments.csv_folder}: no figures")
    for plot in PLOTS:
        if figures[plot.name]:
            draw_growth(plot, figures[plot.name], arguments.svg_folder)
    if figures["held"]:
        draw_held(figures["held"], arguments.svg_folder)


if __name__ == "__main__":
    main()
