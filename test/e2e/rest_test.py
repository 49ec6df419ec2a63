"""The REST interface of a running `weir run`, and the commands that use it: weir jobs, weir why."""
import http.server
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

import program

COUNTS = """
SET 'pipeline.name' = 'counts';
CREATE TABLE clicks (page STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'http', 'listen' = '127.0.0.1:0', 'format' = 'json', 'log.dir' = '{folder}/log');
CREATE TABLE counts (w TIMESTAMP(3), page STRING, n BIGINT) WITH (
  'connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');
INSERT INTO counts SELECT window_start, page, COUNT(*)
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND))
WHERE n > 0 GROUP BY window_start, window_end, page;
"""
ENDLESS = """
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
CREATE TABLE nothing (id BIGINT) WITH ('connector' = 'blackhole');
SET 'pipeline.name' = '{name}';
INSERT INTO nothing SELECT id FROM numbers;
"""
# As many rows as there is room for. What LIMIT holds together is a task of its own.
FLOOD = """
SET 'parallelism.default' = '2';
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000');
CREATE TABLE copies (id BIGINT) WITH ({sink});
INSERT INTO copies SELECT id FROM numbers LIMIT 1000000000000;
"""


def wait_until(what, look):
    return program.wait_until(what, look, pause_seconds=0.1)  # more than 20 requests a second are refused


class Job:
    """A `weir run` that is watched; its standard error goes to a file."""

    def __init__(self, case, script, *options, name="job.sql", env=None):
        self.case = case
        self.log = case.folder / f"{name}.err"
        path = case.write(name, script)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([program.WEIR, "run", *options, path], cwd=case.folder, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, **(env or {})})
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.kill)
        self.address = wait_until("the address", lambda: re.search(r"watch it at http://([\d.]+:\d+)", self.said()))[1]

    def said(self):
        return self.log.read_text()

    def call(self, path, method="GET", body=None, headers=None):
        """(status, text)"""
        request = urllib.request.Request(f"http://{self.address}{path}", method=method, headers=headers or {},
                                         data=body.encode() if body is not None else None)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def get(self, path):
        status, text = self.call(path)
        self.case.assertEqual(status, 200, text)
        return json.loads(text)

    def id(self, index=0):
        return self.get("/jobs")["jobs"][index]["id"]

    def reasons(self):
        return {r["reason"]: r["text"] + " " + r.get("hint", "") for r in self.get(f"/api/v1/jobs/{self.id()}/why")["reasons"]}

    def post_rows(self, *rows):
        url = self.get("/api/v1/ingest")["tables"][0]["url"]
        body = "\n".join(json.dumps({"page": "a", "n": n, "ts": f"2026-01-01 00:{ts}"}) for n, ts in rows)
        request = urllib.request.Request(url, data=body.encode(), headers={"Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            self.case.assertEqual(answer.status, 200)


class FakeProcess:
    """One job 'j', whose stop is answered by `answers`, one after the other. Of all requests only each `every` th is answered."""

    def __init__(self, case, answers, every=1):
        asked = itertools.count(1)

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, text):
                if next(asked) % every:
                    status, text = 429, '{"errors":["more requests than are answered in a second; try again"]}'
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def do_GET(self):
                self.answer(*(answers.pop(0) if "savepoints" in self.path else (200, '{"jobs":[{"id":"1","name":"j"}]}')))

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(202, '{"request-id":"2"}')

            def log_message(self, *args):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        case.addCleanup(thread.join)
        case.addCleanup(server.server_close)
        case.addCleanup(server.shutdown)
        self.address = f"127.0.0.1:{server.server_port}"


class Rest(program.Case):
    def counts(self, *options, **env):
        return Job(self, COUNTS.format(folder=self.folder), "-D", "rest.port=0", *options, env=env)

    def endless(self, *options, name="numbers", **env):
        return Job(self, ENDLESS.format(name=name), *options, name=f"{name}.sql", env=env)

    def client(self, job, *args, code=0):
        done = self.weir(*args, WEIR_ADDRESS=job.address)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    # ---- paths

    def test_flinks_paths_answer_with_and_without_v1(self):
        job = self.counts("-D", "execution.checkpointing.interval=100 ms")
        jid = job.id()
        wait_until("a checkpoint", lambda: job.get(f"/jobs/{jid}/checkpoints")["counts"]["completed"] > 0)
        vertex = job.get(f"/jobs/{jid}")["vertices"][0]["id"]
        for path in ["/overview", "/config", "/jobs", "/jobs/overview", "/jobs/metrics", f"/jobs/{jid}", f"/jobs/{jid}/status",
                     f"/jobs/{jid}/plan", f"/jobs/{jid}/config", f"/jobs/{jid}/exceptions", f"/jobs/{jid}/accumulators",
                     f"/jobs/{jid}/execution-result", f"/jobs/{jid}/metrics?get=uptime", f"/jobs/{jid}/checkpoints",
                     f"/jobs/{jid}/checkpoints/config", f"/jobs/{jid}/checkpoints/details/latest", f"/jobs/{jid}/vertices/{vertex}",
                     f"/jobs/{jid}/vertices/{vertex}/metrics", f"/jobs/{jid}/vertices/{vertex}/backpressure",
                     f"/jobs/{jid}/vertices/{vertex}/watermarks", "/taskmanagers", "/jobmanager/config", "/jobmanager/metrics", "/jars"]:
            with self.subTest(path):
                self.assertEqual(type(job.get(path)), type(job.get("/v1" + path)))
        self.assertEqual(job.get("/jars")["files"], [])
        # Flink's own client sends a body with every GET.
        self.assertEqual(job.call("/v1/jobs/overview", "GET", "{}", {"Content-Type": "application/json"})[0], 200)
        self.assertEqual(job.get(f"/jobs/{jid}")["plan"]["nodes"][-1]["id"], vertex)
        self.assertEqual(job.get(f"/jobs/{jid}/metrics?get=numRestarts"), [{"id": "numRestarts", "value": "0"}])
        for path in ["/livez", "/readyz", "/healthz"]:
            self.assertEqual(job.call(path), (200, "ok\n"))

    def test_what_is_not_there_is_answered_in_flinks_form(self):
        job = self.counts()
        for path, status in [("/jobs/" + 32 * "0", 404), ("/jobs/xyz", 400), ("/nothing", 404),
                             (f"/jobs/{job.id()}/vertices/{32 * '0'}", 404), (f"/jobs/{job.id()}/checkpoints/details/77", 404)]:
            with self.subTest(path):
                code, text = job.call(path)
                self.assertEqual(code, status, text)
                self.assertTrue(json.loads(text)["errors"][0])
        listed = [(p["method"], p["path"]) for p in json.loads(job.call("/nothing")[1])["paths"]]
        self.assertIn(("GET", "/jobs/overview"), listed)
        self.assertEqual([path for _, path in listed if path.startswith("/v1")], [])
        code, text = job.call("/v1/jars", "POST", "{}")
        self.assertEqual((code, [p["path"] for p in json.loads(text)["paths"]]), (405, ["/v1/jars"]))

    def test_requests_of_other_sites_are_refused(self):
        job = self.counts()
        stop = f"/jobs/{job.id()}/stop"
        self.assertEqual(job.call("/jobs", headers={"Host": "evil.test"})[0], 421)
        self.assertEqual(job.call(stop, "POST", "{}", {"Origin": "http://evil.test"})[0], 403)
        self.assertEqual(job.call(f"/jobs/{job.id()}", "PATCH", "", {"Origin": "null"})[0], 403)
        self.assertEqual(job.get(f"/jobs/{job.id()}/status"), {"status": "RUNNING"})
        self.assertEqual(job.call(stop, "POST", "[]")[0], 400)
        own = {"Origin": f"https://{job.address}"}  # a page of this one, behind a proxy that speaks TLS
        self.assertEqual(job.call(stop, "POST", "{}", own)[0], 202)

    def test_cancelling_is_refused_as_in_flink(self):
        bounded = "CREATE TABLE few (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '3');"
        script = ENDLESS.format(name="endless") + bounded + "SET 'pipeline.name' = 'bounded'; INSERT INTO nothing SELECT id FROM few;"
        job = Job(self, script, "-D", "rest.port=0")
        endless, ended = job.id(0), job.id(1)
        wait_until("the end of a job", lambda: job.get(f"/jobs/{ended}/status")["status"] == "FINISHED")
        status, text = job.call(f"/jobs/{ended}", "PATCH")
        self.assertEqual((status, "already reached another terminal state (FINISHED)" in text), (409, True), text)
        self.assertEqual(job.call(f"/jobs/{endless}?mode=explode", "PATCH")[0], 400)
        self.assertEqual(job.call(f"/jobs/{endless}?mode=stop", "PATCH")[0], 308)
        self.assertEqual(job.get(f"/jobs/{endless}/status"), {"status": "RUNNING"})
        self.assertEqual(job.call(f"/jobs/{endless}?mode=CANCEL", "PATCH"), (202, "{}"))

    def test_a_token_is_needed_where_others_can_reach_it(self):
        done = self.weir("run", "-D", "rest.bind-address=0.0.0.0", "-D", "rest.port=0", self.write("a.sql", ENDLESS.format(name="n")))
        self.assertEqual(done.returncode, 1)
        self.assertIn("weir.rest.token", done.stderr)
        job = self.counts("-D", "rest.address=weir.example", "-D", "rest.bind-address=0.0.0.0", WEIR_REST_TOKEN="0123456789abcdef")
        job.address = job.address.replace("0.0.0.0", "127.0.0.1")
        for host, status in [("weir.example", 200), ("evil.test", 421)]:
            self.assertEqual(job.call("/livez", headers={"Host": host})[0], status)
        self.assertEqual(job.call("/jobs")[0], 401)
        self.assertEqual(job.call("/metrics")[0], 401)
        self.assertEqual(job.call("/livez")[0], 200)
        self.assertEqual(job.call("/jobs", headers={"Authorization": "Bearer 0123456789abcdef"})[0], 200)
        self.assertIn("WEIR_REST_TOKEN", self.client(job, "jobs", "ls", code=1))
        done = self.weir("jobs", "ls", WEIR_ADDRESS=job.address, WEIR_REST_TOKEN="0123456789abcdef")
        self.assertIn("counts", done.stdout)

    # ---- ports

    def test_a_port_that_was_asked_for_and_is_taken_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = self.weir("run", "-D", f"rest.port={port}", self.write("a.sql", ENDLESS.format(name="n")))
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(port), done.stderr)
            # A script without INSERT needs none.
            self.assertEqual(self.weir("run", "-D", f"rest.port={port}", "-e", "SELECT 1").returncode, 0)

    def test_a_default_port_that_is_taken_gives_a_free_one_and_says_so(self):
        jobs = [self.endless(name=name) for name in ("one", "two")]  # at most one of them gets 8081
        self.assertEqual([j.get(f"/jobs/{j.id()}")["name"] for j in jobs], ["one", "two"])
        moved = [j for j in jobs if j.address != "127.0.0.1:8081"]
        self.assertTrue(moved)
        for job in moved:
            self.assertIn("(8081 is in use)", job.said())
            self.assertIn(f"export WEIR_ADDRESS={job.address}; weir jobs show", job.said())

    def test_a_job_that_ends_by_itself_does_not_say_where_to_look(self):
        done = self.weir("run", "-e", """
            CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
            CREATE TABLE o (a INT) WITH ('connector' = 'blackhole');
            INSERT INTO o SELECT a FROM t;""")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("watch it", done.stderr)

    # ---- weir jobs

    def test_jobs_are_listed_shown_and_stopped(self):
        job = self.endless("-D", "rest.port=0")
        wait_until("rows come in", lambda: job.get("/api/v1/jobs")["jobs"][0]["rows-in"] > 0)
        self.assertRegex(self.client(job, "jobs", "ls"), r"JOB +STATE.*\nnumbers +RUNNING .*" + job.id())
        shown = self.client(job, "jobs", "show", "num")
        self.assertIn("Source: numbers[1]", shown)
        self.assertEqual(json.loads(self.client(job, "jobs", "ls", "-o", "json"))["jobs"][0]["name"], "numbers")
        self.assertEqual(json.loads(self.client(job, "jobs", "show", job.id(), "--json"))["operators"][0]["name"], "Source: numbers[1]")
        self.assertEqual(self.client(job, "jobs", "stop"), "numbers: stopped\n")
        self.assertEqual(job.process.wait(program.TIMEOUT_SECONDS), 0)
        self.assertIn("stopping on request", job.said())
        self.assertIn("nothing listens", self.client(job, "jobs", "ls", code=1))

    def test_jobs_of_one_name_have_ids_of_their_own(self):
        job = Job(self, ENDLESS.format(name="twin") + "INSERT INTO nothing SELECT id FROM numbers;", "-D", "rest.port=0")
        jobs = job.get("/jobs/overview")["jobs"]
        self.assertEqual(jobs[0]["name"], "twin")
        self.assertEqual(len({j["jid"] for j in jobs}), 2)
        for j in jobs:
            self.client(job, "jobs", "stop", j["jid"])
        self.assertEqual(job.process.wait(program.TIMEOUT_SECONDS), 0)

    def test_names_that_are_not_there_or_not_unique_are_told(self):
        script = ENDLESS.format(name="alpha1") + "SET 'pipeline.name' = 'alpha2'; INSERT INTO nothing SELECT id FROM numbers;"
        job = Job(self, script, "-D", "rest.port=0")
        self.assertIn("did you mean 'alpha1'?", self.client(job, "why", "alpah1", code=1))
        self.assertIn("may be several jobs: alpha1, alpha2", self.client(job, "why", "alpha", code=1))
        self.assertIn("several jobs", self.client(job, "why", code=1))
        self.client(job, "jobs", "stop", "alpha2")
        self.assertEqual([j["status"] for j in job.get("/jobs")["jobs"]], ["RUNNING", "FINISHED"])
        self.client(job, "jobs", "stop", "alpha1")
        self.assertEqual(job.process.wait(program.TIMEOUT_SECONDS), 0)

    def test_wrong_usage_exits_with_2(self):
        for args in [["jobs"], ["jobs", "lst"], ["jobs", "ls", "--drain"], ["jobs", "ls", "a"], ["why", "a", "b"], ["why", "-o", "xml"]]:
            with self.subTest(args):
                self.assertEqual(self.weir(*args).returncode, 2)
        self.assertIn("only stop takes '--drain'", self.weir("jobs", "ls", "--drain").stderr)

    def rows_out(self):
        return [json.loads(line) for p in (self.folder / "out").rglob("part-*") for line in p.read_text().splitlines()]

    def test_drain_fires_open_windows_and_stop_does_not(self):
        for drain in [False, True]:
            with self.subTest(drain):
                job = self.counts()
                job.post_rows((1, "00:01"), (1, "00:02"))
                wait_until("rows come in", lambda: job.get("/api/v1/jobs")["jobs"][0]["rows-in"] >= 2)
                self.client(job, "jobs", "stop", *["--drain"] * drain, "counts")
                self.assertEqual(job.process.wait(program.TIMEOUT_SECONDS), 0, job.said())
                self.assertEqual(len(self.rows_out()), 1 if drain else 0)

    def test_flinks_clients_can_wait_for_a_stop(self):
        script = ENDLESS.format(name="one") + "SET 'pipeline.name' = 'two'; INSERT INTO nothing SELECT id FROM numbers;"
        job = Job(self, script, "-D", "rest.port=0")
        jid = job.id()
        status, text = job.call(f"/v1/jobs/{jid}/stop", "POST", '{"drain":false,"targetDirectory":null}', {"Content-Type": "application/json"})
        self.assertEqual(status, 202)
        request = json.loads(text)["request-id"]
        self.assertRegex(request, "^[0-9a-f]{32}$")
        wait_until("the savepoint", lambda: job.get(f"/v1/jobs/{jid}/savepoints/{request}")["status"]["id"] == "COMPLETED")
        other = job.id(1)
        self.assertEqual(job.call(f"/jobs/{other}?mode=cancel", "PATCH"), (202, "{}"))
        self.assertEqual(job.process.wait(program.TIMEOUT_SECONDS), 0)

    def test_stop_waits_through_a_process_that_has_no_time(self):
        answers = [(429, '{"errors":["try again"]}'), (200, '{"status":{"id":"IN_PROGRESS"}}'), (200, '{"status":{"id":"COMPLETED"},"operation":{}}')]
        self.assertIn("j: stopped", self.client(FakeProcess(self, answers), "jobs", "stop"))
        self.assertEqual(answers, [])
        listed = self.client(FakeProcess(self, [], every=4), "jobs", "ls", "-o", "json")
        self.assertEqual(json.loads(listed)["jobs"][0]["name"], "j")
        odd = [(404, '{"errors":["no such operation"]}')]
        self.assertNotIn("stopped", self.client(FakeProcess(self, odd), "jobs", "stop", code=1))

    def test_a_process_that_was_killed_has_not_stopped_its_job(self):
        killed = Job(self, ENDLESS.format(name="killed"), "-D", "rest.port=0", "-D", "execution.checkpointing.dir=checkpoints",
                     "-D", "execution.checkpointing.interval=1 h", env={"WEIR_KILL_AT": "coordinator.triggered"})
        self.assertIn("waiting for the end of job 'killed'", self.client(killed, "jobs", "stop", code=1))
        self.assertEqual(killed.process.wait(program.TIMEOUT_SECONDS), -signal.SIGKILL)

    # ---- weir why

    def test_why_tells_what_a_job_waits_for(self):
        job = self.counts("-D", "execution.checkpointing.interval=1 h")
        said = wait_until("the reason no-input", lambda: job.reasons().get("no-input"))
        self.assertIn("'clicks' has given no row", said)
        self.assertRegex(said, r"POST http://127.0.0.1:\d+/clicks")
        job.post_rows((0, "00:01"), (0, "00:02"))
        self.assertIn("where=[", wait_until("the reason all-filtered", lambda: job.reasons().get("all-filtered")))
        job.post_rows((1, "00:03"))
        self.assertIn("2026-01-01 00:00:09.999", wait_until("the reason open-windows", lambda: job.reasons().get("open-windows")))
        self.assertNotIn("all-filtered", job.reasons())
        job.post_rows((1, "00:30"))
        self.assertIn("next checkpoint, in 59 min", wait_until("the reason unpublished", lambda: job.reasons().get("unpublished")))
        self.assertIn("counts (RUNNING)", self.client(job, "why"))
        self.assertRegex(self.client(job, "jobs", "show"), r"POSTs +http://127.0.0.1:\d+/clicks: 4 records, 3 bodies, 0 refused; log ")

    def test_why_names_the_next_window_that_holds_rows_also_before_an_exchange(self):
        job = self.counts("-D", "parallelism.default=2", "-D", "execution.checkpointing.interval=1 h")
        job.post_rows((1, "00:03"), (0, "00:51"))
        wait_until("the window of 00:03", lambda: "unpublished" in job.reasons())
        wait_until("no open window", lambda: "open-windows" not in job.reasons())
        job.post_rows((1, "00:55"))
        wait_until("the window of 00:55", lambda: "00:00:59.999" in job.reasons().get("open-windows", ""))
        job.post_rows((0, "01:05"))  # filtered: event time goes on, and no window holds a row
        wait_until("no open window", lambda: "open-windows" not in job.reasons())

    def test_why_tells_that_all_rows_are_late(self):
        job = self.counts()
        job.post_rows((0, "50:00"))  # the watermark alone: it is filtered
        wait_until("a watermark", lambda: "watermark" in job.get("/api/v1/jobs")["jobs"][0])
        job.post_rows((1, "00:01"))
        wait_until("the reason all-late", lambda: job.reasons().get("all-late"))
        self.assertIn("2026-01-01 00:50:00", job.reasons()["all-late"])

    def test_why_tells_that_every_record_is_bad(self):
        job = self.counts()
        url = job.get("/api/v1/ingest")["tables"][0]["url"]
        for _ in range(3):
            urllib.request.urlopen(urllib.request.Request(url, data=b'{"n":"many"}', headers={"Content-Type": "application/json"}), timeout=20)
        self.assertIn("3 records of 'clicks'", wait_until("the reason all-bad", lambda: job.reasons().get("all-bad")))

    def test_why_names_the_table_that_holds_event_time_back(self):
        table = """CREATE TABLE {name} (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'http',
            'listen' = '127.0.0.1:0', 'format' = 'json', 'log.dir' = '{folder}/{name}');"""
        job = Job(self, table.format(name="fast", folder=self.folder) + table.format(name="slow", folder=self.folder) + """
            CREATE TABLE o (w TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole');
            CREATE VIEW both_tables AS SELECT * FROM fast UNION ALL SELECT * FROM slow;
            SET 'pipeline.name' = 'held';
            INSERT INTO o SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE both_tables, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
            GROUP BY window_start, window_end;""", "-D", "rest.port=0")
        for table in job.get("/api/v1/ingest")["tables"]:
            minute = 40 if table["table"] == "fast" else 1
            request = urllib.request.Request(table["url"], data=json.dumps({"ts": f"2026-01-01 00:{minute:02}:00"}).encode(),
                                             headers={"Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=20)
        said = wait_until("the reason held-back", lambda: job.reasons().get("held-back"))
        self.assertIn("held back by 'slow': it is at 2026-01-01 00:01:00 there, elsewhere at 2026-01-01 00:40:00", said)

    # ---- where time goes

    def times(self, job):
        """Busy, idle and back-pressured milliseconds a second by vertex and subtask."""
        times, page = {}, job.call("/metrics")[1]
        for kind in "busy", "idle", "backPressured":
            line = rf'^flink_taskmanager_job_task_{kind}TimeMsPerSecond{{.*task_id="(\w+)".*subtask_index="(\d)".*}} (\S+)$'
            for vertex, subtask, value in re.findall(line, page, re.M):
                times.setdefault((vertex, int(subtask)), {})[kind] = float(value)
        return times

    def flood(self, sink):
        """The job, the vertex of its two sources and that of its sink."""
        job = Job(self, FLOOD.format(sink=sink), "-D", "rest.port=0")
        (reads, a), (reads_too, b), (writes, c) = self.times(job)
        self.assertEqual((reads, a, b, c), (reads_too, 0, 1, 0))
        return job, reads, writes

    def test_tasks_with_work_are_busy(self):
        job, reads, writes = self.flood("'connector' = 'blackhole'")

        def busy():
            times = self.times(job)
            for parts in times.values():
                self.assertAlmostEqual(sum(parts.values()), 1000, delta=0.001)
            return times[reads, 0]["idle"] < 500 and times[reads, 1]["idle"] < 500 and times[writes, 0]["busy"] > 0

        wait_until("the sources are not idle", busy)
        accumulated = job.get(f"/jobs/{job.id()}/vertices/{writes}")["subtasks"][0]["metrics"]
        self.assertGreater(accumulated["accumulated-busy-time"], 0)
        self.assertEqual(accumulated["accumulated-backpressured-time"], 0)

    def test_tasks_before_a_sink_that_takes_no_more_are_back_pressured(self):
        job, reads, writes = self.flood(f"'connector' = 'filesystem', 'format' = 'json', 'path' = '{self.small_disk('1m')}/out'")
        for vertex in reads, writes:
            path = f"/jobs/{job.id()}/vertices/{vertex}"
            answer = wait_until("it is back-pressured", lambda: (a := job.get(f"{path}/backpressure"))["backpressureLevel"] == "high" and a)
            self.assertGreater(max(s["ratio"] for s in answer["subtasks"]), 0.5)
            self.assertGreater(job.get(path)["aggregated"]["metrics"]["accumulated-backpressured-time"]["max"], 0)

    # ---- /metrics

    def test_metrics_are_prometheus_text_with_flinks_names(self):
        job = self.counts("-D", "execution.checkpointing.interval=100 ms")
        job.post_rows((1, "00:01"), (0, "00:02"))
        wait_until("rows come in", lambda: job.get("/api/v1/jobs")["jobs"][0]["rows-in"] >= 2)
        wait_until("a checkpoint", lambda: job.get(f"/jobs/{job.id()}/checkpoints")["counts"]["completed"] > 1)
        status, page = job.call("/metrics")
        self.assertEqual(status, 200)
        samples = dict(re.findall(r"^(\w+)(?:\{[^\n]*\})? (\S+)$", page, re.M))
        for line in page.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\]|\\.)*",?)*\})? [-+0-9.e]+)$')
        for name in ["flink_taskmanager_job_task_operator_numRecordsIn", "flink_taskmanager_job_task_operator_currentOutputWatermark",
                     "flink_taskmanager_job_task_operator_numLateRecordsDropped", "flink_jobmanager_job_lastCheckpointDuration",
                     "flink_taskmanager_job_task_operator_numBytesSend", "flink_taskmanager_job_task_operator_watermarkLag",
                     "flink_taskmanager_job_task_checkpointStartDelayNanos", "flink_jobmanager_job_numRestarts", "flink_jobmanager_job_uptime", "flink_jobmanager_numRunningJobs",
                     "weir_ingest_records_total", "weir_account_rows", "weir_operator_state_bytes", "process_resident_memory_bytes"]:
            self.assertIn(name, samples)
        self.assertGreater(float(samples["process_resident_memory_bytes"]), 1e6)
        self.assertEqual(samples["weir_ingest_records_total"], "2")
        # The body has a line feed between its two records.
        read, posted = (int(samples[n]) for n in ("flink_taskmanager_job_task_operator_numBytesIn", "weir_ingest_bytes_total"))
        self.assertEqual(read, posted - 1)


if __name__ == "__main__":
    unittest.main()
