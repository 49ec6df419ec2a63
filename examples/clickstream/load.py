#!/usr/bin/env python3
"""load.py - posts made-up clicks to an http table, and keeps a record of what became of each.

    python3 load.py http://127.0.0.1:8080/clicks --rate 2000 --seconds 30 --journal sent.jsonl

Every click has an id of its own, and no id is ever sent a second time once it may have arrived: a body is sent
again only when the server has refused it (429, 503, 507: nothing of it was kept) or nobody has listened. If the
connection breaks while an answer is awaited, the outcome stays unknown, and the journal says so.

Event time runs ten times as fast as the clock, so that a window of 10 seconds closes every second. Clicks come up
to a second and a half of event time out of order; one in a thousand comes 30 seconds late, and one line in a
thousand is no click at all.
"""
import argparse
import http.client
import json
import random
import threading
import time
import urllib.parse
from datetime import datetime, timedelta, timezone

PAGES = ["/"] * 40 + ["/products"] * 25 + ["/products/weir"] * 15 + ["/basket"] * 10 + ["/checkout"] * 6 + ["/about"] * 4
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
SPEED = 10  # seconds of event time a second
OUT_OF_ORDER_S = 1.5
LATE_S = 30
BAD_LINES = ['{"id": "no number"}', '{"id": 1, "page":', "not json at all"]
REFUSED = (429, 503, 507)
RETRY_S = 0.1


class Body:
    """Some clicks that are posted together."""

    def __init__(self, lines, ids, late, bad):
        self.text = "\n".join(lines).encode()
        self.ids, self.late, self.bad = ids, late, bad


class Load:
    """Threads that post. The url may change while they run: the server may come back elsewhere."""

    def __init__(self, url, rate=2000, clicks_per_body=50, connections=2, seed=1, journal=None):
        self.url = url
        self.rate, self.clicks_per_body = rate, clicks_per_body
        self.random = random.Random(seed)
        self.journal = open(journal, "w") if journal else None
        self.lock = threading.Lock()
        self.quit = threading.Event()
        self.began = time.monotonic()
        self.next_id = 1
        # By id: what the server has answered with 2xx, and what it may or may not have.
        self.accepted, self.unknown, self.late = set(), set(), set()
        self.bad_accepted = self.bad_unknown = 0  # lines
        self.bodies = self.refusals = self.unreachable = 0
        self.threads = [threading.Thread(target=self._post, daemon=True) for _ in range(connections)]

    def start(self):
        self.began = time.monotonic()
        for t in self.threads:
            t.start()

    def stop(self):
        self.quit.set()
        for t in self.threads:
            t.join()
        if self.journal:
            self.journal.close()

    def _click(self, number, elapsed_s):
        r = self.random
        back_s = r.uniform(0, OUT_OF_ORDER_S)
        late = r.random() < 0.001
        at = BEGIN + timedelta(seconds=LATE_S + 2 + elapsed_s * SPEED - back_s - (LATE_S if late else 0))
        click = {"id": number, "visitor": r.randint(1, 5000), "page": r.choice(PAGES),
                 "event_time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        return json.dumps(click), late

    def _next_body(self):
        """None before its time has come."""
        with self.lock:
            elapsed_s = time.monotonic() - self.began
            if self.next_id > elapsed_s * self.rate:
                return None
            ids = range(self.next_id, self.next_id + self.clicks_per_body)
            self.next_id = ids.stop
            lines, late, bad = [], [], 0
            for number in ids:
                line, is_late = self._click(number, elapsed_s)
                lines.append(line)
                if is_late:
                    late.append(number)
                if self.random.random() < 0.001:
                    lines.append(self.random.choice(BAD_LINES))
                    bad += 1
            return Body(lines, ids, late, bad)

    def _note(self, body, outcome):
        with self.lock:
            self.bodies += 1
            self.late.update(body.late)
            if outcome == "unknown":
                self.unknown.update(body.ids)
                self.bad_unknown += body.bad
            else:
                self.accepted.update(body.ids)
                self.bad_accepted += body.bad
            if self.journal:
                self.journal.write(json.dumps({"first_id": body.ids.start, "clicks": len(body.ids), "bad": body.bad,
                                               "late": body.late, "outcome": outcome}) + "\n")

    def _send(self, connection, body):
        """The answer's status; "down" when nobody listens; "unknown" when there was no answer."""
        try:
            connection.connect()
        except OSError:
            return "down"
        try:
            connection.request("POST", urllib.parse.urlsplit(self.url).path, body.text,
                               {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return "unknown"

    def _post(self):
        while not self.quit.is_set():
            body = self._next_body()
            if body is None:
                self.quit.wait(0.002)
                continue
            while True:
                host = urllib.parse.urlsplit(self.url).netloc
                connection = http.client.HTTPConnection(host, timeout=10)
                status = self._send(connection, body)
                connection.close()
                if status == "unknown" or (isinstance(status, int) and 200 <= status < 300):
                    self._note(body, status)
                    break
                if status in REFUSED or status == "down":
                    with self.lock:
                        self.refusals += status != "down"
                        self.unreachable += status == "down"
                    if self.quit.wait(RETRY_S):
                        return  # it was never taken, and never will be
                    continue
                raise SystemExit(f"load.py: the server answered {status} to a body of clicks")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("url")
    p.add_argument("--rate", type=int, default=2000, help="clicks a second")
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--journal", help="file that gets a line for each body")
    a = p.parse_args()
    load = Load(a.url, rate=a.rate, journal=a.journal)
    load.start()
    try:
        time.sleep(a.seconds)
    except KeyboardInterrupt:
        pass
    load.stop()
    print(f"{len(load.accepted):,} clicks accepted, {len(load.unknown):,} without an answer, "
          f"{load.bad_accepted} bad lines, {load.refusals} bodies refused and sent again")


if __name__ == "__main__":
    main()
