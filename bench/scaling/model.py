#!/usr/bin/env python3
"""model.py FIGURES.json [--cores N,N,...]: how far commits scale on one socket.

Reads what nacre-micro measured at one thread and at two:

  nacre-micro --benchmark_filter=Scaling --benchmark_repetitions=5 --benchmark_format=json > FIGURES.json

fits the model of docs/SCALING.md to it, and prints as Markdown what the model says for more cores, beside a simulation
of the same commits with a lock that lets late comers pass and puts those who wait for long to sleep.
"""

import argparse
import heapq
import json
import random
import statistics
from typing import Dict, List, NamedTuple, Tuple

# Cache lines that the last committer had and the next one writes, while it holds the sequencer: the lock with the
# clock. (Two more where commits are serializable: the ring's entry; the ring's writes.)
LINES_INSIDE = 1


class Figures(NamedTuple):
    """Nanoseconds."""
    line: float  # One cache line from one core to another.
    wake: float  # From the call that wakes a thread until it runs.
    sequencer_1: float  # A commit's time inside the sequencer.
    commit_1: float  # A commit, at one thread.
    commit_2: float  # Between two commits, at two threads.
    register: float
    collect: Dict[int, float]  # A scan of the registry, by the number of snapshots.


class Model(NamedTuple):
    outside: float  # What a commit does outside the sequencer, with lines that come from other cores.
    inside_1: float
    line: float

    def inside(self, cores: int) -> float:
        """The last committer was another one in (n-1)/n of all cases."""
        return self.inside_1 + LINES_INSIDE * self.line * (cores - 1) / cores


def read(path: str) -> Figures:
    samples: Dict[str, List[float]] = {}
    for run in json.load(open(path, encoding="utf-8"))["benchmarks"]:
        if run.get("run_type") == "aggregate":
            continue
        scale = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}[run["time_unit"]]
        samples.setdefault(run["name"], []).append(run["real_time"] * scale)

    def median(prefix: str) -> float:
        found = [name for name in samples if name.startswith(prefix)]
        if len(found) != 1:
            raise SystemExit(f"{path}: {len(found)} benchmarks are named {prefix}*; see the top of this file")
        return statistics.median(samples[found[0]])

    collect = {}
    for name, values in samples.items():
        if name.startswith("BM_Scaling_Collect/"):
            collect[int(name.split("/")[1])] = statistics.median(values)
    return Figures(
        line=median("BM_Scaling_LineTransfer"),
        wake=median("BM_Scaling_WakeUp"),
        sequencer_1=median("BM_Scaling_Sequencer/real_time/threads:1"),
        commit_1=median("BM_Scaling_Commit/real_time/threads:1"),
        commit_2=median("BM_Scaling_Commit/real_time/threads:2"),
        register=median("BM_Scaling_Register/real_time/threads:1"),
        collect=collect,
    )


def commits_per_second(model: Model, cores: int) -> Tuple[float, float]:
    """Mean value analysis of one station with exclusive service and `cores` customers. (rate, share of time that the
    sequencer is held)"""
    inside = model.inside(cores)
    queue = 0.0
    rate = 0.0
    for customers in range(1, cores + 1):
        wait = inside * (1 + queue)
        rate = customers / (model.outside + wait)
        queue = rate * wait
    return rate * 1e9, rate * inside


def fit(figures: Figures) -> Model:
    """`outside` is what makes the model give the rate that was measured at two threads; one thread has no lines that
    come from elsewhere."""
    low, high = 0.0, 10 * figures.commit_1
    measured = 1e9 / figures.commit_2
    for _ in range(100):
        middle = (low + high) / 2
        if commits_per_second(Model(middle, figures.sequencer_1, figures.line), 2)[0] > measured:
            low = middle
        else:
            high = middle
    return Model(high, figures.sequencer_1, figures.line)


# Nanoseconds that a core looks at a held lock before it sleeps, and that waking one takes the waker.
SPIN = 1000.0
WAKING = 1000.0


def simulate(model: Model, cores: int, wake: float, commits: int = 60_000) -> float:
    """Commits a second with the lock that is really there (engine/base/latch.h): it has no queue. Who finds it held
    looks at it for a while and then sleeps; any of those who look gets it, and who releases it wakes one sleeper."""
    rng = random.Random(cores)
    inside = model.inside(cores)
    events = [(rng.uniform(0, model.outside), core) for core in range(cores)]
    heapq.heapify(events)
    holder = -1
    looking: List[Tuple[float, int]] = []
    sleepers: List[int] = []
    done = 0
    now = 0.0
    while done < commits:
        now, core = heapq.heappop(events)
        if core != holder:
            if holder >= 0:
                looking.append((now, core))
            else:
                holder = core
                heapq.heappush(events, (now + inside, core))
            continue
        done += 1
        busy = 0.0
        sleepers += [other for since, other in looking if now - since > SPIN]
        looking = [(since, other) for since, other in looking if now - since <= SPIN]
        if sleepers:
            heapq.heappush(events, (now + wake, sleepers.pop(0)))
            busy = WAKING
        heapq.heappush(events, (now + busy + rng.uniform(0.8, 1.2) * model.outside, core))
        holder = -1
        if looking:
            _, holder = looking.pop(rng.randrange(len(looking)))
            heapq.heappush(events, (now + inside, holder))
    return done / now * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures")
    parser.add_argument("--cores", default="1,2,4,8,16,32,64")
    arguments = parser.parse_args()
    figures = read(arguments.figures)
    model = fit(figures)

    print("| measured | ns |\n|---|---|")
    print(f"| a cache line from core to core | {figures.line:.0f} |")
    print(f"| a sleeping thread is woken and runs | {figures.wake:.0f} |")
    print(f"| inside the sequencer, one thread | {figures.sequencer_1:.0f} |")
    print(f"| a commit of one write, one thread | {figures.commit_1:.0f} |")
    print(f"| between two commits, two threads | {figures.commit_2:.0f} |")
    print(f"| a snapshot registered and released | {figures.register:.0f} |")
    for slots, cost in sorted(figures.collect.items()):
        print(f"| a scan of the registry, {slots} snapshots | {cost:.0f} |")

    print("\n| fitted | ns |\n|---|---|")
    print(f"| outside the sequencer, two threads or more | {model.outside:.0f} |")
    print(f"| of it for lines from other cores | {model.outside + figures.sequencer_1 - figures.commit_1:.0f} |")
    for cores in (2, 64):
        print(f"| inside the sequencer, {cores} cores | {model.inside(cores):.0f} |")

    print("\n| cores | commits/s, model | x one core | sequencer held | commits/s, simulated | x one core "
          "| registry: a scan, us |")
    print("|---|---|---|---|---|---|---|")
    one = 1e9 / figures.commit_1
    for cores in map(int, arguments.cores.split(",")):
        if cores == 1:
            rate, held, simulated = one, figures.sequencer_1 / figures.commit_1, one
        else:
            rate, held = commits_per_second(model, cores)
            simulated = simulate(model, cores, figures.wake)
        # One slot a core is in use, and its owner has written it since the last scan.
        scan = cores * figures.line / 1e3
        print(f"| {cores} | {rate / 1e6:.2f} M | {rate / one:.2f} | {held:.0%} | {simulated / 1e6:.2f} M "
              f"| {simulated / one:.2f} | {scan:.1f} |")
    inside = model.inside(64)
    print(f"\nThe sequencer is the bottleneck from {(model.outside + inside) / inside:.0f} cores on; "
          f"its limit is {1e3 / inside:.1f} million commits/s.")


if __name__ == "__main__":
    main()
