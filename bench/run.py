#!/usr/bin/env python3
"""bench - measures whole processes of `weir run`: alternating runs, medians and spread.

    ./dev bench                          every benchmark, 5 rounds
    ./dev bench tumble --rounds 9        those whose name contains a word
    ./dev bench --against OTHER/weir     an older build in turn with this one (A B A B)

A rate is rows divided by the time from exec to exit, start-up included. In brackets: rows divided by the CPU time of
all threads, which is what a machine shared with others leaves comparable; the gain of two workers in brackets is what
their CPU time allows, two times that of one by that of both. Numbers of other machines are not comparable:
to claim a gain, measure both builds in one call with --against, and quote its output.
"""
import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
WEIR = os.environ.get("WEIR", str(HERE.parent / "build/release/src/cli/weir"))
HTTP_LOAD = str(HERE.parent / "build/release/bench/load/http_load")
JSON_ROWS = 3_000_000
HTTP_ROWS = 2_000_000
M = 1_000_000


class Bench:
    """`measure` takes a program and gives a number, by wall clock and by CPU time (None where that says nothing);
    `better` says which way it should go."""

    def __init__(self, name, what, unit, target, better, measure):
        self.name, self.what, self.unit, self.target, self.better, self.measure = name, what, unit, target, better, measure


def command(weir, script, workers=1):
    return [weir, "run", "-D", f"parallelism.default={workers}", str(HERE / f"{script}.sql")]


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(weir, script, rows, workers=1):
    """Wall clock and CPU time."""
    start, cpu = time.perf_counter(), cpu_seconds()
    done = subprocess.run(command(weir, script, workers), env={**os.environ, "ROWS": str(rows)}, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench {script}: exit {done.returncode}\n{done.stderr}")
    return time.perf_counter() - start, cpu_seconds() - cpu


def rate(script, rows, workers=1):
    def measure(weir):
        wall, cpu = seconds(weir, script, rows, workers)
        return rows / wall / M, rows / cpu / M

    return measure


def speedup(script, rows):
    def measure(weir):
        one, two = seconds(weir, script, rows, 1), seconds(weir, script, rows, 2)
        return one[0] / two[0], 2 * one[1] / two[1]

    return measure


class Running:
    """A job with a folder of its own, until it is closed."""

    def __init__(self, weir, script, settings=(), **env):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("CHECKPOINT_DIR"))
        self.path = Path(self.folder.name)
        self.messages = open(self.path / "messages", "w+")
        line = command(weir, script)
        line[2:2] = [word for setting in settings for word in ("-D", setting)]
        self.job = subprocess.Popen(line, cwd=self.path, stdout=subprocess.PIPE, stderr=self.messages, text=True,
                                    env={**os.environ, "DIR": self.folder.name, **env})

    def wait_for(self, pattern):
        """What the job says to match it."""
        end = time.monotonic() + 10
        while not (found := re.search(pattern, text := Path(self.messages.name).read_text())):
            if self.job.poll() is not None or time.monotonic() > end:
                sys.exit(f"bench: no '{pattern}' from the job, exit {self.job.poll()}\n{text}")
            time.sleep(0.005)
        return found

    def close(self):
        self.job.kill()
        self.job.communicate()
        self.messages.close()
        self.folder.cleanup()


class Steady(Running):
    """One that is looked at while it runs, so that what comes before is left out."""

    def __init__(self, weir, script, settings=(), **env):
        super().__init__(weir, script, ("rest.port=0", *settings), **env)
        self.address = self.wait_for(r"watch it at (http://[^;]+);")[1]

    def look(self):
        """(seconds, rows, seconds of CPU time) so far."""
        with urllib.request.urlopen(f"{self.address}/api/v1/jobs") as answer:
            rows, now = json.load(answer)["jobs"][0]["rows-in"], time.perf_counter()
        ticks = Path(f"/proc/{self.job.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return now, rows, sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def measure(self, begin, length):
        """Rows a second and rows a second of CPU time, for so many seconds once `begin` rows were read."""
        while self.look()[1] < begin:
            time.sleep(0.1)
        before = self.look()
        time.sleep(length)
        took, rows, cpu = (b - a for a, b in zip(before, self.look()))
        return rows / took, rows / cpu


def checkpoint_cost(weir):
    """Percent of throughput that checkpoints every second take, once the state is there and has been written whole; in
    brackets percent of the rows that a second of CPU time brings. Without checkpoints is measured before and after, as a
    machine that grows slower by and by must not count."""
    begin, half = 40 * M, 6  # 10 M rows make the state

    def run(phase_rows, length, *settings):
        job = Steady(weir, "checkpoint_cost", settings, ROWS=str(10**12), PHASE_ROWS=str(int(phase_rows)))
        try:
            return job.measure(begin, length)
        finally:
            job.close()

    before = run(10 * M, half)
    on = run(before[0], 2 * half, "execution.checkpointing.interval=1 s", "execution.checkpointing.dir=checkpoints")  # a phase is a second's rows
    after = run(before[0], half)
    return [100 * (1 - 2 * b / (a + c)) for a, b, c in zip(before, on, after)]


def first_row_ms(weir):
    start = time.perf_counter()
    with tempfile.TemporaryFile() as messages, subprocess.Popen(
        command(weir, "first_row"), stdout=subprocess.PIPE, stderr=messages
    ) as job:
        for line in job.stdout:
            if b"a row" in line:
                break
        else:
            messages.seek(0)
            sys.exit(f"bench first_row: no row came, exit {job.wait()}\n{messages.read().decode()}")
        took = time.perf_counter() - start
        job.kill()
    return took * 1000, None


def idle_mib(weir):
    with subprocess.Popen(command(weir, "idle"), stdout=subprocess.DEVNULL) as job:
        time.sleep(2)
        if job.poll() is not None:
            sys.exit(f"bench idle: the job ended with {job.returncode}")
        status = Path(f"/proc/{job.pid}/status").read_text()
        job.kill()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024, None


def json_file(folder):
    """Lines of 350 bytes, 1,000 pages, 100,000 rows a second of event time."""
    path = Path(folder, "events.json")
    filler = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
    with open(path, "w") as f:
        for second in range(JSON_ROWS // 100_000):
            lines = []
            for i in range(100_000):
                page = (i * 7919 + second) % 1000
                line = (
                    f'{{"id":{second * 100_000 + i},"page":"/products/{page}","amount":{i % 997}.25,'
                    f'"ts":"2026-01-01 00:{second // 60:02}:{second % 60:02}.{i // 100:03}","user":"u{i * 31 % 50_000:05}",'
                    f'"country":"DE","session":{{"id":"s{i:08}","device":"desktop","new":false}},"agent":"{filler}",'
                )
                lines.append(line + f'"note":"{"x" * (350 - len(line) - 11)}"}}\n')
            f.write("".join(lines))
    return str(path)


class Listening(Running):
    """One of an http table, with a free port."""

    def __init__(self, weir, script):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        super().__init__(weir, script, PORT=str(self.port))
        self.wait_for("takes POSTs at")

    def load(self, records, connections, records_per_second=0):
        return subprocess.Popen([HTTP_LOAD, "127.0.0.1", str(self.port), "/events", str(records), str(connections),
                                 str(records_per_second)], stdout=subprocess.PIPE, text=True)


def accepted(client, records):
    """Where the load began, by the monotonic clock; everything must have been accepted."""
    text = client.communicate()[0]
    if client.returncode != 0 or not text.startswith(f"{records} accepted, 0 refused"):
        sys.exit(f"bench http_load: exit {client.returncode}: {text}")
    return int(text.split("begun at ")[1].split()[0])


def http_tumble(weir):
    """From the first POST until the counts of all windows are printed; they must add up."""
    job, cpu = Listening(weir, "http_tumble"), cpu_seconds()
    try:
        client, counted = job.load(HTTP_ROWS, 16), 0
        for line in job.job.stdout:
            counted += int(line.split(", ")[2])
            if counted == HTTP_ROWS:
                break
        took = (time.monotonic_ns() - accepted(client, HTTP_ROWS)) / 1e9
    finally:
        job.close()
    return HTTP_ROWS / took / M, HTTP_ROWS / (cpu_seconds() - cpu) / M


def http_latency(weir):
    """p99 over windows of 10 ms, each posted as one body: from when it was due to be posted until its count is in a
    file that readers see."""
    rows, body, per_second = 60_000, 100, 10_000
    bodies, seen = rows // body, {}
    job = Listening(weir, "http_latency")
    try:
        client, known = job.load(rows, 4, per_second), set()
        out, end = job.path / "out", time.monotonic() + 60
        while len(seen) < bodies and time.monotonic() < end:
            for entry in os.scandir(out) if out.is_dir() else ():
                if entry.name.startswith((".", "_")) or entry.name in known:
                    continue
                known.add(entry.name)
                now = time.monotonic_ns()
                for line in Path(entry.path).read_text().splitlines():
                    stamp, n = line.strip().replace('"', "").split(",")
                    hour, minute, second = stamp.split(" ")[1].split(":")
                    window = (int(hour) * 3600 + int(minute) * 60) * 100 + round(float(second) * 100) - 1
                    if window < bodies:
                        seen[window] = (now, int(n))
            time.sleep(0.002)
        begun = accepted(client, rows)
        if len(seen) < bodies or any(n != body for _, n in seen.values()):
            sys.exit(f"bench http_latency: {len(seen)} of {bodies} windows\n{Path(job.messages.name).read_text()}")
    finally:
        job.close()
    late = sorted(seen[k][0] - begun - (k + 1) * 1e9 * body / per_second for k in seen)
    return late[len(late) * 99 // 100] / 1e6, None


BENCHES = [
    Bench("filter_project", "filter and project over datagen", "M rows/s", 20, "more", rate("filter_project", 60 * M)),
    Bench("tumble", "TUMBLE count and sum, 1,000 keys", "M rows/s", 15, "more", rate("tumble", 45 * M)),
    Bench("group_agg", "GROUP BY count and sum, 1 M keys", "M rows/s", 8, "more", rate("group_agg", 24 * M)),
    Bench("json_tumble", "JSON lines of 350 B into TUMBLE", "M rows/s", 2.5, "more", rate("json_tumble", JSON_ROWS)),
    Bench("http_tumble", "POSTs of 100 lines of 350 B, synced, into TUMBLE", "M rows/s", 0.4, "more", http_tumble),
    Bench("http_latency", "p99 from POST to a count in a file, 100 ms checkpoints", "ms", 300, "less", http_latency),
    Bench("two_workers", "TUMBLE, two workers against one", "times", 1.7, "more", speedup("tumble", 45 * M)),
    Bench("checkpoint_cost", "200 MB of state, a tenth changing, every second", "percent", 5, "less", checkpoint_cost),
    Bench("first_row", "first row of a SELECT after exec", "ms", 50, "less", first_row_ms),
    Bench("idle_memory", "resident memory of an idle job", "MiB", 32, "less", idle_mib),
]


def row(label, bench, values):
    cpu = [v[1] for v in values if v[1] is not None]
    values = [v[0] for v in values]
    middle = statistics.median(values)
    by_cpu = f"[{statistics.median(cpu):.2f}]" if cpu else ""
    good = middle >= bench.target if bench.better == "more" else middle < bench.target
    sign = ">=" if bench.better == "more" else "<"
    print(f"{label:<26} {middle:8.2f} {by_cpu:>8}  {min(values):8.2f} .. {max(values):<8.2f} {bench.unit:<9} {sign:>2} {bench.target:<4} "
          f"{'ok' if good else 'MISSED':<7} {bench.what}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Measures whole processes of `weir run`.")
    parser.add_argument("names", nargs="*", help="words that occur in the names of the benchmarks wanted")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", metavar="WEIR", help="another build, run in turn with this one")
    args = parser.parse_args()
    benches = [b for b in BENCHES if not args.names or any(n in b.name for n in args.names)]
    if not benches:
        parser.error("no such benchmark; there are: " + ", ".join(b.name for b in BENCHES))
    programs = {"": WEIR} if not args.against else {" (this)": WEIR, " (other)": args.against}

    with tempfile.TemporaryDirectory() as folder:
        if any("json" in b.name for b in benches):
            print(f"writing {JSON_ROWS:,} lines of JSON ...", file=sys.stderr)
            os.environ["JSON_FILE"] = json_file(folder)
        values = {(b.name, p): [] for b in benches for p in programs}
        # Round by round, so that a slow minute of the machine hits everything alike. Round 0 warms up and is not counted.
        for round_ in range(args.rounds + 1):
            print(f"round {round_} of {args.rounds}" + (" (warm-up)" if round_ == 0 else ""), file=sys.stderr)
            for b in benches:
                for p, weir in programs.items():
                    value = b.measure(weir)
                    if round_ > 0:
                        values[b.name, p].append(value)
    print(f"{'benchmark':<26} {'median':>8} {'[cpu]':>8}  {'min':>8} .. {'max':<8} {'':<9} target")
    for b in benches:
        for p in programs:
            row(b.name + p, b, values[b.name, p])


if __name__ == "__main__":
    main()
