"""pipeline - a job under load that tests may kill: events over HTTP into rows, counts per window, late rows and bad
records, all in files. Knows which events were acknowledged, and checks that what the files hold agrees with it."""
import base64
import collections
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import WEIR, Case, free_port, wait_until  # noqa: E402,F401

BASE_MS = 1_767_225_600_000  # event time of event 0: 2026-01-01 00:00:00
DEADLINE_SECONDS = 60
PAGES = ["/", "/products", "/basket", "/checkout"]

SCRIPT = """
SET 'pipeline.name' = 'crash';
CREATE TABLE clicks (
  id BIGINT, page STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH ('connector' = 'http', 'listen' = '127.0.0.1:{port}', 'path' = '/clicks', 'format' = 'json',
  'log.dir' = '{data}/log', 'log.max-bytes' = '16 mb', 'max-body-bytes' = '1 mb',
  'late.table' = 'late', 'errors.table' = 'bad');
CREATE TABLE events (id BIGINT, page STRING, ts TIMESTAMP(3))
  WITH ('connector' = 'filesystem', 'path' = '{data}/events', 'format' = 'json');
CREATE TABLE counts (window_start TIMESTAMP(3), page STRING, n BIGINT, ids BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '{data}/counts', 'format' = 'json');
CREATE TABLE late (id BIGINT, page STRING, ts TIMESTAMP(3))
  WITH ('connector' = 'filesystem', 'path' = '{data}/late', 'format' = 'json');
CREATE TABLE bad (reason STRING, payload BYTES)
  WITH ('connector' = 'filesystem', 'path' = '{data}/bad', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
  INSERT INTO events SELECT id, page, ts FROM clicks;
  INSERT INTO counts SELECT window_start, page, COUNT(*), SUM(id)
    FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' SECOND))
    GROUP BY window_start, window_end, page;
END;
"""


class Pipeline:
    """One data folder, and the engine that runs on it from time to time."""

    def __init__(self, folder, interval="100 ms", workers=1, data=None):
        self.folder = Path(folder)
        self.port, self.rest = free_port(), free_port()
        self.interval, self.workers = interval, workers
        self.data = data or self.folder / "data"
        self.process = None
        self.starts = 0
        self.set_script(SCRIPT)

    def set_script(self, text):
        self.script = self.folder / "crash.sql"
        self.script.write_text(text.format(port=self.port, data=self.data))

    def start(self, ready=True, **env):
        """Starts the engine; with ready, returns once its jobs run."""
        self.starts += 1
        self.log = self.folder / f"engine-{self.starts}.txt"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [WEIR, "run", "-D", f"execution.checkpointing.dir={self.data}/checkpoints",
                 "-D", f"execution.checkpointing.interval={self.interval}", "-D", f"rest.port={self.rest}",
                 "-D", f"parallelism.default={self.workers}", str(self.script)],
                env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if ready:
            wait_until("the engine is ready", lambda: self.is_ready() or self.process.poll() is not None)
            if self.process.poll() is not None and self.process.returncode != -signal.SIGKILL:
                raise AssertionError(f"the engine ended with {self.process.returncode}:\n{self.said()}")

    def is_ready(self):
        """All jobs run."""
        connection = http.client.HTTPConnection("127.0.0.1", self.rest, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def said(self):
        return self.log.read_text(errors="replace")

    def freeze(self):
        """Nothing is written or answered any more; what the kernel has begun it may end."""
        self.process.send_signal(signal.SIGSTOP)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=DEADLINE_SECONDS):
        """As a service manager would; the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.rest, timeout=DEADLINE_SECONDS)
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status // 100 != 2:
            raise AssertionError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text)

    def drain(self):
        """Fires what is open and ends."""
        stops = [(job["jid"], self.request("POST", f"/jobs/{job['jid']}/stop", '{"drain":true}')["request-id"])
                 for job in self.request("GET", "/jobs/overview")["jobs"]]
        for job, stop in stops:  # the server waits for somebody to ask whether it is done
            wait_until("the stop is done", lambda: self.is_stopped(job, stop))
        code = self.process.wait(DEADLINE_SECONDS)
        if code != 0:
            raise AssertionError(f"the engine ended with {code}:\n{self.said()}")

    def is_stopped(self, job, stop):
        try:
            return self.request("GET", f"/jobs/{job}/savepoints/{stop}")["status"]["id"] == "COMPLETED"
        except (OSError, http.client.HTTPException):
            return True  # nobody is there any more

    def lines(self, table):
        """Rows of a table's published files."""
        folder = self.data / table
        for file in sorted(folder.iterdir()) if folder.exists() else []:
            if not file.name.startswith((".", "_")):
                for line in file.read_text().splitlines():
                    yield json.loads(line)


class Load:
    """Clients that post events, each once, and remember what became of each."""

    def __init__(self, pipeline, clients=2, rows=50, rate=None):
        self.pipeline, self.rows = pipeline, rows
        self.lock = threading.Lock()
        self.next_id = 0
        self.sent, self.acked = set(), set()
        self.bad_acked, self.bad_sent = set(), set()
        self.answers, self.wrong = collections.Counter(), []
        self.stopping = threading.Event()
        self.pause = rows * clients / rate if rate else 0
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(DEADLINE_SECONDS)

    def body(self):
        with self.lock:
            first, self.next_id = self.next_id, self.next_id + self.rows
        ids, bad, lines = [], [], []
        for i in range(first, first + self.rows):
            if i % 97 == 0:
                bad.append(i)
                lines.append(f'{{"id":{i},"page":"/","ts":"not a time"}}')
                continue
            ids.append(i)
            # One in 89 comes from long ago: late, once event time has moved.
            at = BASE_MS + i - (3_600_000 if i % 89 == 0 else 0)
            text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at // 1000)) + f".{at % 1000:03d}"
            lines.append(json.dumps({"id": i, "page": PAGES[i % len(PAGES)], "ts": text}))
        return ids, bad, "\n".join(lines) + "\n"

    def run(self):
        connection = None
        while not self.stopping.is_set():
            ids, bad, text = self.body()
            while not self.stopping.is_set():
                try:
                    if connection is None:
                        connection = http.client.HTTPConnection("127.0.0.1", self.pipeline.port, timeout=30)
                        connection.connect()
                except OSError:
                    connection = None
                    time.sleep(0.01)
                    continue
                break
            if connection is None:
                return
            with self.lock:
                self.sent.update(ids)
                self.bad_sent.update(bad)
            try:
                connection.request("POST", "/clicks", text, {"Content-Type": "application/x-ndjson"})
                answer = connection.getresponse()
                answer.read()
                with self.lock:
                    self.answers[answer.status] += 1
                    if answer.status // 100 == 2:
                        self.acked.update(ids)
                        self.bad_acked.update(bad)
                if answer.status // 100 != 2:
                    if answer.status not in (429, 503, 507):
                        self.wrong.append(answer.status)
                    time.sleep(0.02)
                if answer.will_close:
                    connection = None
            except (OSError, http.client.HTTPException):  # nobody knows what became of it
                self.answers["lost"] += 1
                connection = None
            if self.pause:
                time.sleep(self.pause)

    def wait_for(self, more):
        goal = len(self.acked) + more
        wait_until(f"{more} more events are acknowledged: {self.pipeline.said()}", lambda: len(self.acked) >= goal)


def window_of(ts):
    return ts[:19]


def check(case, pipeline, load):
    """After a drain: every acknowledged event is there once, every other at most once, and counts agree with rows."""
    def once(table, rows, acked, sent):
        times = collections.Counter(rows)
        case.assertEqual([i for i, n in times.items() if n > 1][:5], [], f"rows of {table} that are there twice")
        case.assertEqual(sorted(acked - times.keys())[:5], [], f"acknowledged events that {table} lacks")
        case.assertEqual(sorted(times.keys() - sent)[:5], [], f"rows of {table} that nobody sent")

    case.assertEqual(load.wrong, [], "answers to good bodies")
    rows = list(pipeline.lines("events"))
    once("events", [r["id"] for r in rows], load.acked, load.sent)
    late = [r["id"] for r in pipeline.lines("late")]
    once("late", late, set(), load.sent)
    bad = [json.loads(base64.b64decode(r["payload"]).decode().replace("not a time", "x"))["id"]
           for r in pipeline.lines("bad")]
    once("bad", bad, load.bad_acked, load.bad_sent)
    expected = collections.defaultdict(lambda: [0, 0])
    late = set(late)
    for r in rows:
        if r["id"] not in late:
            cell = expected[window_of(r["ts"]), r["page"]]
            cell[0] += 1
            cell[1] += r["id"]
    found = {}
    for r in pipeline.lines("counts"):
        key = window_of(r["window_start"]), r["page"]
        case.assertNotIn(key, found, "a window that was written twice")
        found[key] = [r["n"], r["ids"]]
    case.assertEqual(found, dict(expected), "counts per window against rows")
