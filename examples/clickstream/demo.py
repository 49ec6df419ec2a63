#!/usr/bin/env python3
"""demo.py - runs clickstream.sql, posts clicks to it, kills it in the middle, and checks that nothing is lost.

`./dev demo` builds Weir and runs this. Everything is written below --folder, which is emptied first. Ctrl-C stops
everything. The exit code is 0 only if every figure agrees.
"""
import argparse
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import load

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "clickstream.sql"
TABLES = ("all_clicks", "page_views", "late_clicks", "bad_records")
PAGES = sorted(set(load.PAGES), key=lambda p: -load.PAGES.count(p))
WINDOWS_SHOWN = 4
NOBODY = "http://127.0.0.1:1/clicks"
DEADLINE_S = 30
BOLD, DIM, RED, GREEN, RESET = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m"


def short(path):
    """As a command of the reader's would name it."""
    path = os.path.relpath(path)
    return path if not path.startswith("../..") else os.path.abspath(path)


class Failed(Exception):
    pass


class Results:
    """Rows of the published files of a table, read as they appear."""

    def __init__(self, folder):
        self.folder, self.seen, self.rows = folder, set(), []

    def look(self):
        """New rows. Names that begin with a dot are parts that no checkpoint has published."""
        new = []
        for name in sorted(os.listdir(self.folder)) if self.folder.exists() else []:
            if name.startswith(".") or name in self.seen:
                continue
            self.seen.add(name)
            with open(self.folder / name) as f:
                new += [json.loads(line) for line in f]
        self.rows += new
        return new


class Engine:
    """The process `weir run`. What it says goes to a file."""

    def __init__(self, weir, folder):
        self.weir, self.folder = weir, folder
        self.log = folder / "weir.log"
        self.process = None
        self.url = self.rest = None

    def start(self):
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "a") as out:
            self.process = subprocess.Popen([self.weir, "run", str(SCRIPT)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, start_new_session=True)
        end = time.monotonic() + DEADLINE_S
        while True:
            said = self.said()[begin:]
            url = re.search(r"takes POSTs at (http://\S+?)[,\s]", said)
            rest = re.search(r"watch it at (http://[^\s:]+:\d+)", said)
            if url and rest:
                self.url, self.rest = url[1], rest[1]
                return said
            if self.process.poll() is not None:
                raise Failed(f"weir has ended with {self.process.returncode}:\n{said}")
            if time.monotonic() > end:
                raise Failed(f"weir does not say where it listens:\n{said}")
            time.sleep(0.02)

    def said(self):
        return self.log.read_text(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def figures(self):
        """What the REST interface says of the job; empty while there is nobody to ask."""
        try:
            with urllib.request.urlopen(self.rest + "/api/v1/jobs", timeout=5) as answer:
                return json.load(answer)["jobs"][0]
        except (OSError, ValueError, LookupError):
            return {}

    def drain(self):
        """Open windows fire, a last checkpoint is taken, and the process ends."""
        command = [self.weir, "jobs", "stop", "--drain", "--address", self.rest.removeprefix("http://"), "clickstream"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
        if done.returncode != 0:
            raise Failed("weir jobs stop has failed:\n" + done.stderr)
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"weir has not ended {DEADLINE_S} s after it was told to drain") from None

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()


class Screen:
    """A block that is redrawn in place on a terminal; a line now and then elsewhere."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.lines = 0
        self.next_plain = 0

    def clear(self):
        if self.lines:
            sys.stdout.write(f"\033[{self.lines}A\033[J")
        self.lines = 0

    def keep(self):
        """What is drawn stays; the next drawing comes below."""
        self.lines = 0

    def say(self, text, color=""):
        self.clear()
        print(f"{color}{text}{RESET}" if color and self.live else text, flush=True)

    def draw(self, table, status):
        if self.live:
            columns = shutil.get_terminal_size().columns
            self.clear()
            text = [line[:columns - 1] for line in table + [""] + status]
            sys.stdout.write("\n".join(text) + "\n")
            sys.stdout.flush()
            self.lines = len(text)
        elif time.monotonic() >= self.next_plain:
            print("   ".join(status), flush=True)
            self.next_plain = time.monotonic() + 2


class Demo:
    def __init__(self, options):
        self.o = options
        self.folder = Path(options.folder).resolve()
        self.screen = Screen()
        self.results = {t: Results(self.folder / "results" / t) for t in TABLES}
        self.engine = Engine(str(Path(options.weir).resolve()), self.folder)
        self.load = None
        self.views = collections.defaultdict(dict)  # window -> page -> row
        self.totals = collections.Counter()
        self.last = {}
        self.ids = set()

    # ---- the screen

    def look(self):
        for row in self.results["page_views"].look():
            self.views[row["window_start"]][row["page"]] = row
            self.totals[row["page"]] += row["clicks"]
        for row in self.results["all_clicks"].look():
            self.ids.add(row["id"])
        self.results["late_clicks"].look()
        self.results["bad_records"].look()
        figures = self.engine.figures()
        if figures:
            self.last = figures

    def table(self):
        windows = sorted(self.views)[-WINDOWS_SHOWN:]
        times = [w.split(" ")[-1] for w in windows]
        lines = ["page views of 10 s from".ljust(24) + "".join(t.rjust(12) for t in times) + "all so far".rjust(14)]
        for page in PAGES:
            counts = [self.views[w].get(page, {}).get("clicks", 0) for w in windows]
            lines.append(f"  {page}".ljust(24) + "".join(f"{c:,}".rjust(12) for c in counts) +
                         f"{self.totals[page]:,}".rjust(14))
        return lines

    def status(self, seconds):
        accepted = len(self.load.accepted)
        lines = [f"{seconds:4.0f} s  posted {accepted:,}  in files {len(self.ids):,}"
                 f" ({max(0, accepted - len(self.ids)):,} behind)"
                 f"  late {len(self.results['late_clicks'].rows)}  bad {len(self.results['bad_records'].rows)}"]
        if self.last:
            text = f"weir reads {self.last['rows-in-per-second']:,.0f}/s, state {self.last['state-bytes'] / 1024:,.0f} KiB"
            done = self.last.get("checkpoints", {}).get("last")
            if done:
                text += f"; checkpoint {done['id']}, {done['age'] / 1000:.1f} s ago, {done['size'] / 1024:,.0f} KiB"
            lines.append(text)
        return lines

    def watch(self, until_s):
        while time.monotonic() - self.load.began < until_s:
            if self.engine.process.poll() is not None:
                raise Failed("weir has ended by itself:\n" + self.engine.said()[-2000:])
            self.look()
            self.screen.draw(self.table(), self.status(time.monotonic() - self.load.began))
            time.sleep(0.2)

    # ---- the story

    def prepare(self):
        if self.folder.exists():
            mine = (self.folder / "weir.log").exists() or not any(self.folder.iterdir())
            if not mine:
                raise Failed(f"'{short(self.folder)}' has files that are not a demo's: name another --folder")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)

    def run(self):
        o, say = self.o, self.screen.say
        self.prepare()
        say(f"$ cd {short(self.folder)}; weir run {os.path.relpath(SCRIPT, self.folder)}", BOLD)
        said = self.engine.start()
        say(said.rstrip(), DIM)
        self.load = load.Load(self.engine.url, rate=o.rate, journal=self.folder / "sent.jsonl")
        say(f"\nload.py posts {o.rate:,} clicks a second for {o.seconds:.0f} s; event time runs {load.SPEED} times "
            f"as fast.\n{'In the middle weir is killed' if o.kills == 1 else f'Weir is killed {o.kills} times'}.\n")
        self.load.start()
        for kill in range(o.kills):
            self.watch(o.seconds * (kill + 0.9) / (o.kills + 1))
            self.kill_and_resume()
        self.watch(o.seconds)
        self.load.stop()
        self.screen.keep()
        say("\n$ weir jobs stop --drain clickstream", BOLD)
        code = self.engine.drain()
        if code != 0:
            raise Failed(f"weir has ended with {code}:\n" + self.engine.said()[-2000:])
        self.look()
        said = self.engine.said()
        say(said[said.rindex("clickstream finished" if "clickstream finished" in said else "clickstream stopped"):]
            .rstrip(), DIM)

    def kill_and_resume(self):
        self.screen.keep()
        pid = self.engine.process.pid
        self.screen.say(f"$ kill -9 {pid}", RED)
        self.engine.process.send_signal(signal.SIGKILL)
        self.load.url = NOBODY  # its port is free now: whoever takes it must not get the clicks
        self.engine.kill()
        self.last = {}
        time.sleep(self.o.pause)
        self.screen.say(f"$ weir run {os.path.relpath(SCRIPT, self.folder)}", BOLD)
        said = self.engine.start()
        self.load.url = self.engine.url
        if "resumed from checkpoint" not in said:
            raise Failed("weir does not say that it goes on where it was:\n" + said)
        for line in said.splitlines():
            if "resumed" in line:
                self.screen.say(line + "\n", GREEN)

    # ---- the check

    def check(self):
        """Prints a line for each claim; false if one does not hold."""
        l, good = self.load, True
        ids = [r["id"] for r in self.results["all_clicks"].rows]
        late = {r["id"] for r in self.results["late_clicks"].rows}
        bad = len(self.results["bad_records"].rows)
        account = self.account()
        read = l_total = len(ids) + bad

        def claim(text, holds):
            nonlocal good
            good = good and holds
            self.screen.say(("ok      " if holds else "NOT OK  ") + text, GREEN if holds else RED)

        lost = l.accepted - set(ids)
        claim(f"{len(l.accepted):,} clicks were answered with 2xx: each is in all_clicks exactly once"
              + (f"; LOST: {sorted(lost)[:10]}" if lost else ""), not lost and len(ids) == len(set(ids)))
        stray = set(ids) - l.accepted - l.unknown
        claim(f"{len(l.unknown):,} had no answer, as weir was killed: each is there at most once", not stray)
        claim(f"{bad} bad records are in bad_records, {l.bad_accepted} were accepted",
              l.bad_accepted <= bad <= l.bad_accepted + l.bad_unknown)
        claim(f"{len(late)} clicks came too late: those are in late_clicks", late <= set(ids))
        counted = collections.Counter()
        for r in self.results["all_clicks"].rows:
            if r["id"] not in late:
                counted[window_of(r["event_time"]), r["page"]] += 1
        views = {(r["window_start"], r["page"]): r["clicks"] for r in self.results["page_views"].rows}
        claim(f"{sum(views.values()):,} clicks in {len(views)} counts of page_views: the same as in all_clicks without "
              "the late ones", counted == views and len(views) == len(self.results["page_views"].rows))
        for a in account:
            claim(f"weir's account: {a['source']} -> {a['sink']}: {a['read']:,} read = {a['contributed']:,} contributed"
                  f" + {a['filtered']} filtered + {a['late']} late + {a['bad']} bad + {a['pending']} pending",
                  a["read"] == l_total == a["contributed"] + a["filtered"] + a["late"] + a["bad"] + a["pending"]
                  and a["pending"] == 0 and a["bad"] == bad)
        by_sink = {a["sink"]: a for a in account}
        claim("which agrees with the files", set(by_sink) == {"all_clicks", "page_views"} and
              by_sink["all_clicks"]["contributed"] == len(ids) and by_sink["page_views"]["late"] == len(late) and
              by_sink["page_views"]["contributed"] == sum(views.values()) and read == l_total)
        return good

    def account(self):
        """Of the last checkpoint, over both lives of the job."""
        out = []
        for m in re.finditer(r"^  (\w+) -> (\w+): ([\d,]+) read = ([\d,]+) contributed \+ ([\d,]+) filtered \+ ([\d,]+) "
                             r"late \+ ([\d,]+) bad \+ ([\d,]+) pending$", self.engine.said(), re.M):
            keys = ("read", "contributed", "filtered", "late", "bad", "pending")
            out.append({"source": m[1], "sink": m[2],
                        **{k: int(m[i + 3].replace(",", "")) for i, k in enumerate(keys)}})
        return out

    def show_results(self):
        self.screen.say("\nThe results:")
        for t in TABLES:
            folder = self.folder / "results" / t
            files = sorted(f for f in folder.iterdir() if not f.name.startswith(".")) if folder.exists() else []
            self.screen.say(f"  {short(folder)}/  {len(self.results[t].rows):,} rows in {len(files)} files")
            for row in self.results[t].rows[:2]:
                self.screen.say("    " + json.dumps(row)[:94], DIM)
        self.screen.say(f"  {short(self.engine.log)}  what weir said\n  {short(self.folder / 'sent.jsonl')}  what load.py "
                        f"sent\n\nNext:\n  less {short(SCRIPT)}    change it, then ./dev demo\n"
                        f"  {short(self.o.weir)} checkpoints show {short(self.folder / 'checkpoints/clickstream')}\n"
                        f"  {short(self.o.weir)} run -e \"SELECT UPPER('weir'), 6 * 7\"\n"
                        f"  {short(self.o.weir)} --help")

    def close(self):
        if self.load:
            self.load.quit.set()
        self.engine.close()


def window_of(event_time):
    """'2026-01-01 00:00:12.345Z' is in the window that begins at '2026-01-01 00:00:10'."""
    return event_time[:18] + "0"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--weir", default="build/release/src/cli/weir", help="the program")
    p.add_argument("--folder", default="build/demo", help="where everything is written; emptied first")
    p.add_argument("--rate", type=int, default=3000, help="clicks a second")
    p.add_argument("--seconds", type=float, default=30, help="how long clicks are posted")
    p.add_argument("--kills", type=int, default=1, help="how often weir is killed")
    p.add_argument("--pause", type=float, default=1, help="seconds between the kill and the restart")
    demo = Demo(p.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        demo.run()
        demo.screen.say("")
        good = demo.check()
        demo.show_results()
        return 0 if good else 1
    except (Failed, urllib.error.URLError) as e:
        demo.screen.say(f"demo: {e}", RED)
        return 1
    except KeyboardInterrupt:
        demo.screen.say("stopped")
        return 130
    finally:
        demo.close()


if __name__ == "__main__":
    sys.exit(main())
