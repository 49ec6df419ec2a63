"""Tables that are POSTed to: connector 'http'."""
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest
from pathlib import Path

import program
from program import free_port, wait_until

COLUMNS = "id BIGINT, name STRING"
NDJSON = "application/x-ndjson"
SECONDS = 30  # until something that must happen has happened


class Job:
    """A process of weir run whose output is read while it runs."""

    def __init__(self, test, script, *args, prefix=(), **env):
        self.folder = test.folder
        self.name = f"job{len(list(test.folder.glob('*.out')))}"
        self.out, self.err = test.folder / f"{self.name}.out", test.folder / f"{self.name}.err"
        with open(self.out, "w") as out, open(self.err, "w") as err:
            self.process = subprocess.Popen([*prefix, program.WEIR, "run", "-D", "parallelism.default=2", *args, script], cwd=test.folder,
                                            env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)

    def messages(self):
        return self.err.read_text()

    def rows(self):
        text = self.out.read_text()
        return [re.sub(r"^\d+> ", "", line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def listens(self):
        def found():
            if self.process.poll() is not None:
                raise AssertionError(f"exit {self.process.returncode}\n{self.messages()}")
            return "takes POSTs at" in self.messages() and self.messages().endswith("\n")

        wait_until("the job listens", found)
        return self

    def has_rows(self, count):
        wait_until(f"{count} rows", lambda: len(self.rows()) >= count)
        return sorted(self.rows())

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        self.process.wait(SECONDS)
        return self.messages()

    def kill(self):
        self.process.kill()
        self.process.wait(SECONDS)


class Http(program.Case):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.statuses = set()  # of what load() was answered

    def table(self, options="", columns=COLUMNS, form="json", name="events"):
        return (f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'http', 'format' = '{form}', "
                f"'listen' = '127.0.0.1:{self.port}' {options});\n")

    def script(self, options="", columns=COLUMNS, form="json", query="SELECT * FROM events"):
        printed = f"CREATE TABLE printed ({columns}) WITH ('connector' = 'print');\n"
        return self.write("job.sql", self.table(options, columns, form) + printed + f"INSERT INTO printed {query};\n")

    def post(self, body, content_type="application/json", path="/events", port=None, **headers):
        """status, headers, text"""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            named = {k.replace("_", "-"): v for k, v in headers.items()}
            connection.request("POST", path, body, {"Content-Type": content_type, **named})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def accepted(self, *args, **named):
        """How many records were stored."""
        status, _, text = self.post(*args, **named)
        self.assertEqual(status, 200, text)
        return json.loads(text)["stored"]

    # ---- what is taken

    def test_bodies_of_every_form_become_rows(self):
        job = Job(self, self.script()).listens()
        self.assertEqual(self.accepted('{"id": 1, "name": "one"}'), 1)
        self.assertEqual(self.accepted('[{"id": 2}, {"id": 3, "name": "],"}]'), 2)
        self.assertEqual(self.accepted('{"id": 4}\n\n{"id": 5}\r\n{"id": 6}', NDJSON), 3)
        self.assertEqual(self.accepted('{\n "id": 7\n}\n{"id": 8}', "text/plain"), 2)
        self.assertEqual(self.accepted(""), 0)
        self.assertEqual(self.accepted("[]"), 0)
        self.assertEqual(job.has_rows(8), ["+I[1, one]", "+I[2, null]", "+I[3, ],]"] + [f"+I[{i}, null]" for i in range(4, 9)])
        self.assertEqual(job.process.poll(), None)

    def test_csv_bodies_are_lines(self):
        job = Job(self, self.script(form="csv")).listens()
        self.assertEqual(self.accepted('1,one\n2,"two\nlines"\n', "text/csv"), 2)
        wait_until("three lines", lambda: len(job.rows()) == 3)
        self.assertEqual(job.rows(), ["+I[1, one]", "+I[2, two", "lines]"])

    def test_a_body_of_another_type_is_refused_by_name(self):
        job = Job(self, self.script()).listens()
        status, _, text = self.post("1,one", "text/csv")
        self.assertEqual((status, json.loads(text)["errors"]),
                         (415, ["a body of 'text/csv' is not taken: post 'application/json'"]))
        for general in "application/x-www-form-urlencoded", "application/octet-stream", "":
            self.assertEqual(self.accepted('{"id": 1}', general), 1)
        self.assertIn("3 rows in, 3 out, 0 late, 0 bad", job.stop())

    def test_a_raw_body_is_one_record(self):
        job = Job(self, self.script(form="raw", columns="line STRING")).listens()
        self.assertEqual(self.accepted("one\ntwo", "text/plain"), 1)
        wait_until("two lines", lambda: len(job.rows()) == 2)
        self.assertEqual(job.rows(), ["+I[one", "two]"])

    def test_the_curl_line_that_is_printed_works(self):
        columns = "id INT, name CHAR(3), price DECIMAL(10, 2), seen TIMESTAMP(3), day_ DATE, flags ARRAY<INT> NOT NULL, at_ ROW<x DOUBLE, y MAP<STRING, INT>>, b BYTES"
        job = Job(self, self.script(columns=columns)).listens()
        line = next(line for line in job.messages().splitlines() if "curl" in line).strip()
        done = subprocess.run(["sh", "-c", line.replace("curl", "curl -s", 1)], capture_output=True, text=True)
        self.assertEqual(done.stdout, '{"stored":1,"validated":false}\n')
        self.assertRegex(job.has_rows(1)[0], r"^\+I\[1, aaa, 0.01, 2\d\d\d-.*T.*, 2\d\d\d-.*, \[\], \+I\[1.5, \{\}\], \[98, 32, 49\]\]$")

    def test_the_curl_line_works_with_any_path(self):
        job = Job(self, self.script(", 'path' = '/a;b&$(c)|(d)*/~x`y`'")).listens()
        line = next(line for line in job.messages().splitlines() if "curl" in line).strip()
        done = subprocess.run(["sh", "-c", line.replace("curl", "curl -s", 1)], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ('{"stored":1,"validated":false}\n', ""))

    def test_two_jobs_read_one_table_each_from_the_beginning(self):
        script = self.table() + "".join(
            f"CREATE TABLE p{i} (id BIGINT, n INT) WITH ('connector' = 'print');\nINSERT INTO p{i} SELECT id, {i} FROM events;\n" for i in (1, 2))
        job = Job(self, self.write("job.sql", script)).listens()
        for i in range(50):
            self.accepted(json.dumps({"id": i}))
        self.assertEqual(job.has_rows(100), sorted(f"+I[{i}, {n}]" for i in range(50) for n in (1, 2)))

    # ---- what is not

    def test_bad_records_are_counted_and_the_job_goes_on(self):
        job = Job(self, self.script()).listens()
        lines = [f'{{"id": {i}}}' if i % 2 else f'{{"id": "x{i}"}}' for i in range(300)] + ["{", "7"]
        self.assertEqual(self.accepted("\n".join(lines), NDJSON), 302)
        self.assertEqual(self.accepted('[{"id": 1000}, {"id": 1001}'), 1)
        self.assertEqual(self.accepted('{"id": 1002}'), 1)
        job.has_rows(151)
        self.assertEqual(len(job.rows()), 151)
        self.assertIn("153 bad", job.stop())

    def test_bad_records_go_to_the_errors_table_with_body_and_record(self):
        table = self.table(", 'errors.table' = 'bad'")
        bad = "CREATE TABLE bad (`position` STRING, field STRING, payload BYTES, source STRING) WITH ('connector' = 'print');\n"
        printed = "CREATE TABLE printed (id BIGINT, name STRING) WITH ('connector' = 'print');\n"
        script = self.write("job.sql", table + bad + printed + "INSERT INTO printed SELECT * FROM events;\n")
        job = Job(self, script).listens()
        lines = [f'{{"id": {i}}}' if i % 3 == 0 else f'{{"id": "x{i}"}}' for i in range(900)]
        self.accepted("\n".join(lines), NDJSON)
        self.accepted('{"id": 900}\n{', NDJSON)
        rows = [row for row in job.has_rows(902)]
        self.assertEqual(len([row for row in rows if row.endswith(", null]")]), 301, rows[:3])
        found = [re.fullmatch(r"\+I\[(\d+):(\d+), (\w+), (\[.*\]), events\]", row) for row in rows if "events" in row]
        self.assertTrue(all(found) and len(found) == 601)
        bodies = sorted({int(m[1]) for m in found})
        first = sorted((int(m[2]), m[3], bytes(int(b) % 256 for b in m[4][1:-1].split(",")).decode()) for m in found if int(m[1]) == bodies[0])
        self.assertEqual(first, [(i + 1, "id", lines[i]) for i in range(900) if i % 3])
        self.assertEqual([m.groups()[1:3] for m in found if int(m[1]) == bodies[1]], [("2", "null")])
        self.assertIn("601 bad", job.stop())

    def test_a_record_without_event_time_is_bad_and_ends_no_job(self):
        columns = "id BIGINT, name STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts"
        body = '{"id": 1, "ts": null}\n{"id": 2}\n{"name": "x"}\n{"id": 4, "ts": "2026-01-01 00:00:00"}\n{"id": 8, "ts": "2026-01-01 00:00:05"}'
        errors = "CREATE TABLE bad (field STRING, `position` STRING) WITH ('connector' = 'print', 'print-identifier' = 'bad');\n"
        script = (self.table(", 'errors.table' = 'bad'", columns) + self.table(", 'validate' = 'true'", columns, name="checked") + errors
                  + "CREATE TABLE counts (n BIGINT, ids BIGINT) WITH ('connector' = 'print');\nEXECUTE STATEMENT SET BEGIN\n"
                  + "".join(f"INSERT INTO counts SELECT COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE {t}, DESCRIPTOR(ts), INTERVAL '1' SECOND)) "
                            "GROUP BY window_start, window_end;\n" for t in ("events", "checked")) + "END;\n")
        job = Job(self, self.write("job.sql", script), "-D", "parallelism.default=1").listens()
        self.assertEqual(self.accepted(body, NDJSON), 5)
        self.assertEqual(job.has_rows(4), ["+I[1, 4]"] + [f"bad> +I[ts, 0:{i}]" for i in (1, 2, 3)])
        status, _, text = self.post(body, NDJSON, "/checked")
        self.assertEqual((status, json.loads(text)["errors"]),
                         (400, [{"line": 1, "record": 1, "field": "ts", "reason": "the event time is missing or NULL"}]))
        self.assertEqual(self.accepted('{"name": "no id", "ts": "2026-01-01 00:00:00"}\n{"id": 2, "ts": "2026-01-01 00:00:01"}', NDJSON, "/checked"), 2)
        self.assertEqual(job.has_rows(5)[:2], ["+I[1, 4]", "+I[1, null]"])
        self.assertIn("5 read = 1 contributed + 0 filtered + 0 late + 3 bad + 1 pending", job.stop())

    def test_a_record_whose_computed_event_time_is_missing_is_bad(self):
        columns = "id BIGINT, at BIGINT, ts AS TO_TIMESTAMP_LTZ(`at`, 3), WATERMARK FOR ts AS ts".replace(" at ", " `at` ")
        script = (self.table(columns=columns) + "CREATE TABLE counts (n BIGINT, ids BIGINT) WITH ('connector' = 'print');\n"
                  "INSERT INTO counts SELECT COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;\n")
        job = Job(self, self.write("job.sql", script), "-D", "parallelism.default=1").listens()
        self.assertEqual(self.accepted('{"id": 1}\n{"id": 2, "at": 9223372036854775807}\n{"id": 4, "at": 1000}\n{"id": 8, "at": 9000}', NDJSON), 4)
        self.assertEqual(job.has_rows(1), ["+I[1, 4]"])
        self.assertIn("4 read = 1 contributed + 0 filtered + 0 late + 2 bad + 1 pending", job.stop())

    def test_validate_refuses_a_body_whole_and_says_why(self):
        job = Job(self, self.script(", 'validate' = 'true', 'json.ignore-parse-errors' = 'true'")).listens()
        status, _, text = self.post('{"id": 1}\n\n{"id": "x"}\n{"id": 2}\n{"id": []}\n', NDJSON)
        errors = json.loads(text)["errors"]
        self.assertEqual((status, [(e["line"], e["record"], e["field"]) for e in errors]), (400, [(3, 2, "id"), (5, 4, "id")]), text)
        self.assertTrue(all(e["reason"] for e in errors))
        self.assertEqual(self.post("[{]")[0], 400)
        status, _, text = self.post('{"id": 3}\n{"id": 4}', NDJSON)
        self.assertEqual((status, json.loads(text)), (200, {"stored": 2, "validated": True}))
        self.assertEqual(job.has_rows(2), ["+I[3, null]", "+I[4, null]"])

    def test_a_token_is_needed_and_never_shown(self):
        token = "correct-horse-battery"
        script = self.script(", 'token' = '${TOKEN}'")
        Path(script).write_text(Path(script).read_text().replace("CREATE TABLE printed", "SHOW CREATE TABLE events;\nCREATE TABLE printed"))
        job = Job(self, script, TOKEN=token).listens()
        for headers in [{}, {"Authorization": "Bearer wrong-horse-battery"}, {"Authorization": token}]:
            with self.subTest(headers):
                self.assertEqual(self.post('{"id": 1}', **headers)[0], 401)
        self.accepted('{"id": 2}', Authorization=f"Bearer {token}")
        wait_until("a row", lambda: "+I[2, null]" in job.rows())
        self.assertNotIn("+I[1, null]", job.rows())
        self.assertNotIn(token, job.out.read_text() + job.messages())

    def test_an_answer_with_many_reasons_is_whole(self):
        for name in ("c" * 3000, "c" * 30000):
            with self.subTest(len(name)):
                self.port = free_port()
                columns = f"id BIGINT, {name} INT"
                Job(self, self.script(f", 'validate' = 'true', 'log.dir' = '{len(name)}'", columns)).listens()
                status, _, text = self.post("\n".join(json.dumps({"id": i, name: "x"}) for i in range(100)), NDJSON)
                self.assertEqual(status, 400)
                self.assertEqual(json.loads(text)["errors"][0]["reason"], "the text is not a whole number")

    def test_arrays_among_records_have_room_in_any_place(self):
        for options in ("", ", 'validate' = 'true', 'log.dir' = 'validated'"):
            with self.subTest(options):
                self.port = free_port()
                self.post_arrays(options)

    def post_arrays(self, options):
        job = Job(self, self.script(options, query="SELECT * FROM events WHERE name IS NOT NULL")).listens()
        lines = ['{"id": 0}'] * 5000
        for i, at in enumerate((0, 1, 1000, 1001, 2047, 4999)):
            lines[at] = ' [{"id": %d, "name": "a"}, {"id": %d, "name": "b"}, {"id": %d, "name": "c"}]' % (i, i, i)
        self.assertEqual(self.accepted("\n".join(lines), NDJSON), 5000)
        self.accepted('{"id": 7, "name": "x"}')
        self.assertEqual(self.accepted("[" + ",".join([lines[0], "{}", *lines[:3000]]) + "]"), 3002)
        wanted = [f"+I[{i}, {n}]" for i in range(6) for n in "abc"] + ["+I[7, x]"]
        wanted += [f"+I[{i}, {n}]" for i in (0, 0, 1, 2, 3, 4) for n in "abc"]
        self.assertEqual(job.has_rows(len(wanted)), sorted(wanted))
        self.assertIn("0 late + 0 bad", job.stop())

    def test_a_record_that_is_an_array_counts_as_its_rows(self):
        job = Job(self, self.script()).listens()
        self.assertEqual(self.accepted('[{"id": 1}, {"id": 2}, {"id": 3}]\n{"id": 4}\n[]', NDJSON), 3)
        job.has_rows(4)
        self.assertIn("4 read = 4 contributed", job.stop())

    def test_a_token_that_was_set_is_not_listed(self):
        done = self.weir("run", self.write("a.sql", "SET 'weir.rest.token' = '0123456789abcdefgh';\nSET;\n"))
        self.assertIn("weir.rest.token", done.stdout)
        self.assertNotIn("0123456789abcdefgh", done.stdout + done.stderr)

    def test_a_token_is_not_in_checkpoints_and_may_change(self):
        script = self.checkpointed("50 ms", ", 'token' = '${TOKEN}'")
        for run, token in enumerate(["correct-horse-battery", "another-horse-battery"]):
            job = Job(self, script, TOKEN=token).listens()
            self.accepted(json.dumps({"id": run}), Authorization=f"Bearer {token}")
            wait_until("a published row", lambda: self.file_ids() == list(range(run + 1)))
            job.stop()
            stored = [p for p in self.folder.rglob("*") if p.is_file() and token.encode() in p.read_bytes()]
            self.assertEqual(stored, [])

    def is_refused(self, command, script, words, option):
        """The error says `words`, and points at the last place where the option is given."""
        done = self.weir(command, self.write("a.sql", script))
        self.assertEqual(done.returncode, 1)
        self.assertIn(words, done.stderr)
        before = script[:script.rindex(f"'{option}' = ")].split("\n")
        self.assertIn(f"a.sql:{len(before)}:{len(before[-1]) + 1}: error: ", done.stderr)

    def test_options_that_do_not_go_together_are_refused_before_anything_runs(self):
        cases = {
            "too short": ("token", ", 'token' = 'short'"),
            "that no client can send": ("token", ", 'token' = '0123456789abcdef\n'"),
            "insecure": ("listen", ", 'listen' = '0.0.0.0:0'"),
            "is no path": ("path", ", 'path' = 'events'"),
            "a quarter of": ("max-body-bytes", ", 'max-body-bytes' = '2 mb', 'log.max-bytes' = '3 mb'"),
            "no port": ("listen", ", 'listen' = 'localhost'"),
        }
        for words, (option, options) in cases.items():
            with self.subTest(options):
                table = self.table().replace(f"'listen' = '127.0.0.1:{self.port}'", "'validate' = 'false'")
                self.is_refused("check", table.replace(");\n", options + ");\n") + "SELECT * FROM events;", words, option)

    def test_options_of_two_tables_that_collide_are_refused(self):
        insert = ("CREATE TABLE b (id BIGINT) WITH ('connector' = 'blackhole');\n"
                  "INSERT INTO b SELECT a.id FROM events a UNION ALL SELECT c.id FROM others c;")
        events = self.table(", 'log.dir' = 'log'")
        for options, words, option in (
                (", 'path' = '/events', 'log.dir' = 'elsewhere'", "one 'path', '/events'", "path"),
                (", 'log.dir' = 'log'", "one 'log.dir', 'log'", "log.dir"),
                (", 'log.dir' = 'a.sql/log'", "TableSourceScan: table 'others': 'a.sql' exists and is not a folder", "log.dir")):
            with self.subTest(options):
                self.is_refused("run", events + self.table(options, name="others") + insert, words, option)
        again = "DROP TABLE events;\n" + self.table(form="csv") + "INSERT INTO b SELECT id FROM events;"
        jobs = self.table() + "CREATE TABLE b (id BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO b SELECT id FROM events;\n" + again
        job = Job(self, self.write("a.sql", jobs)).listens()
        self.assertIn("table 'events' was read before with other options", job.stop())
        with contextlib.closing(socket.create_server(("127.0.0.1", self.port))):
            self.is_refused("run", Path(self.script()).read_text(), "in use", "listen")

    def test_what_passes_a_limit_gets_the_status_that_says_so(self):
        Job(self, self.script(", 'max-body-bytes' = '1000'")).listens()
        self.assertEqual(self.post("x" * 1001)[0], 413)
        self.assertEqual(self.post('{"id": 1}', Host="evil.test")[0], 421)
        status, _, text = self.post('{"id": 1}', path="/absent")
        self.assertEqual((status, json.loads(text)["paths"][0]["path"]), (404, "/events"))
        self.assertEqual(self.accepted('{"id": "' + "x" * 900 + '"}'), 1)

    # ---- the log

    def checkpointed(self, interval, options="", query="SELECT id FROM events"):
        head = f"SET 'execution.checkpointing.dir' = 'checkpoints';\nSET 'execution.checkpointing.interval' = '{interval}';\n"
        files = "SET 'pipeline.name' = 'job';\nCREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');\n"
        return self.write("job.sql", head + files + self.table(options) + f"INSERT INTO files {query};\n")

    def file_ids(self):
        out = self.folder / "out"
        names = [p for p in out.iterdir() if p.name[0] not in "._"] if out.is_dir() else []
        return sorted(int(line) for p in names for line in p.read_text().split())

    def test_a_full_log_answers_429_until_a_checkpoint_has_covered_it(self):
        Job(self, self.checkpointed("300 ms", ", 'log.max-bytes' = '65536', 'max-body-bytes' = '16000'")).listens()
        full, stored, end = 0, 0, time.monotonic() + SECONDS
        while (full == 0 or stored < 20) and time.monotonic() < end:
            status, headers, _ = self.post(json.dumps({"id": stored, "name": "x" * 15000}))
            self.assertIn(status, (200, 429))
            stored += status == 200
            full += status == 429
            if status == 429:
                self.assertEqual(headers["Retry-After"], "1")
        self.assertGreater(full, 0)
        self.assertGreaterEqual(stored, 20)
        wait_until("every row", lambda: len(self.file_ids()) == stored)
        self.assertEqual(self.file_ids(), list(range(stored)))

    def test_a_full_disk_answers_507_until_there_is_space(self):
        disk = self.small_disk("400k")
        job = Job(self, self.script(f", 'log.dir' = '{disk}/events', 'log.max-bytes' = '256 kb', 'max-body-bytes' = '60000'")).listens()
        filler = self.fill(disk)
        first = self.post('{"id": 1}')
        self.assertEqual((first[0], first[1]["Retry-After"]), (507, "1"), first[2])
        filler.unlink()
        self.accepted('{"id": 2}')
        self.assertEqual(job.has_rows(1), ["+I[2, null]"])

    def test_a_sync_that_fails_ends_the_process_and_what_was_acknowledged_is_there(self):
        source = self.write("fail.c", """
            #include <errno.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            int fdatasync(int fd) {
                static int count;
                if (++count < 12) return (int)syscall(SYS_fdatasync, fd);
                errno = EIO;
                return -1;
            }""")
        library = str(self.folder / "fail.so")
        done = subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, source], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        job, acknowledged = Job(self, self.script(), LD_PRELOAD=library).listens(), 0
        with self.assertRaises((OSError, http.client.HTTPException)):
            while True:
                self.accepted(json.dumps({"id": acknowledged}))
                acknowledged += 1
        self.assertEqual(job.process.wait(SECONDS), -signal.SIGABRT)
        self.assertIn("cannot sync", job.messages())
        self.assertGreater(acknowledged, 0)
        again = Job(self, self.script("", query="SELECT * FROM events"), "-D", "parallelism.default=1").listens()
        self.accepted(json.dumps({"id": 1000}))
        wait_until("the last row", lambda: "+I[1000, null]" in again.rows())
        rows = set(job.rows() + again.rows())
        self.assertEqual({f"+I[{i}, null]" for i in range(acknowledged)} - rows, set())

    def test_a_checkpoint_goes_with_its_log_and_no_other(self):
        script, log = self.checkpointed("50 ms"), self.folder / "weir-data/ingest/events"

        def run(first):
            job = Job(self, script).listens()
            for i in range(first, first + 5):
                self.accepted(json.dumps({"id": i}))
            wait_until("published rows", lambda: self.file_ids() == list(range(first + 5)))
            job.stop()

        run(0)
        shutil.copytree(log, self.folder / "early")
        run(5)
        shutil.move(log, self.folder / "whole")
        refused = {"which ends at": lambda: shutil.copytree(self.folder / "early", log),
                   "is not the one that the checkpoint has read": lambda: None}
        for words, prepare in refused.items():
            with self.subTest(words):
                prepare()
                done = self.weir("run", script)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
                self.assertNotIn("takes POSTs", done.stderr)
                shutil.rmtree(log)
        shutil.move(self.folder / "whole", log)
        run(10)

    def test_a_damaged_log_is_refused_by_file_and_byte(self):
        script = self.checkpointed("50 ms")
        job = Job(self, script).listens()
        self.accepted('{"id": 1}')
        job.stop()
        path = next(self.folder.glob("weir-data/ingest/events/*.log"))
        with open(path, "r+b") as log:
            log.seek(3 * 4096 + 35)
            log.write(b"?")
        done = self.weir("run", script)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path.name}', byte {3 * 4096}: an acknowledged record is damaged", done.stderr)

    def test_what_was_read_is_not_read_again_by_the_next_run(self):
        script = self.script()
        first = Job(self, script).listens()
        self.accepted('{"id": 1}')
        first.has_rows(1)
        first.stop()
        second = Job(self, script).listens()
        self.accepted('{"id": 2}')
        self.assertEqual(second.has_rows(1), ["+I[2, null]"])

    def test_a_job_that_was_sent_nothing_yet_goes_on(self):
        script = self.write("job.sql", "SET 'execution.checkpointing.dir' = 'checkpoints';\nSET 'pipeline.name' = 'job';\n" + Path(self.script()).read_text())
        Job(self, script).listens().stop()
        job = Job(self, script).listens()
        self.accepted('{"id": 1, "name": "one"}')
        self.assertEqual(job.has_rows(1), ["+I[1, one]"])
        self.assertIn("resumed from checkpoint", job.messages())

    def test_where_and_how_much_a_table_takes_may_change_between_runs(self):
        head = "SET 'execution.checkpointing.dir' = 'checkpoints';\nSET 'pipeline.name' = 'job';\n"

        def run(options, query="SELECT * FROM events"):
            return Job(self, self.write("job.sql", head + Path(self.script(options, query=query)).read_text()))

        job = run(", 'log.dir' = 'log'").listens()
        self.accepted('{"id": 1}')
        job.has_rows(1)
        job.stop()
        self.port = free_port()
        (self.folder / "log").rename(self.folder / "moved")
        job = run(", 'validate' = 'true', 'log.dir' = 'moved', 'token' = 'a-token-of-16-bytes', 'log.max-bytes' = '2 gb', 'max-body-bytes' = '1 mb', 'path' = '/there'")
        job.listens()
        self.accepted('{"id": 2}', path="/there", Authorization="Bearer a-token-of-16-bytes")
        self.assertEqual(job.has_rows(1), ["+I[2, null]"])
        self.assertIn("resumed from checkpoint", job.stop())
        job = run(", 'log.dir' = 'other'")
        job.process.wait(SECONDS)
        self.assertIn("is not the one that the checkpoint has read", job.messages())
        job = run(", 'log.dir' = 'moved', 'json.ignore-parse-errors' = 'true'")
        job.process.wait(SECONDS)
        self.assertIn("the plan has changed", job.messages())

    def test_one_process_has_a_log_at_a_time(self):
        job = Job(self, self.script()).listens()
        self.port = free_port()
        done = self.weir("run", self.script())
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"process {job.process.pid}", done.stderr)

    def test_a_port_in_use_is_replaced_where_it_was_not_asked_for(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # then somebody else has it
                taken.bind(("127.0.0.1", 8080))
                taken.listen()
            script = Path(self.script())
            script.write_text(script.read_text().replace(f"'listen' = '127.0.0.1:{self.port}'", "'validate' = 'false'"))
            job = Job(self, str(script)).listens()
            url = job.messages().split("takes POSTs at ")[1].split(",")[0]
            self.assertNotIn(":8080/", url)
            self.assertIn("127.0.0.1:8080 is in use", job.messages())
            self.assertEqual(self.accepted('{"id": 1}', port=int(url.split(":")[2].split("/")[0])), 1)

    def test_a_drain_reads_everything_that_was_acknowledged(self):
        rest = free_port()
        job = Job(self, self.checkpointed("1 h"), "-D", f"rest.port={rest}").listens()
        self.ids, stop, sent, acknowledged = iter(range(1, 10**9)), threading.Event(), set(), set()
        clients = [threading.Thread(target=self.load, args=(stop, sent, acknowledged)) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            wait_until("events", lambda: len(acknowledged) > 500)
            done = self.weir("jobs", "stop", "--drain", "--address", f"127.0.0.1:{rest}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(job.process.wait(SECONDS), 0, job.messages())
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertLessEqual(self.statuses, {200, 503})
        self.assertEqual(acknowledged - set(self.file_ids()), set())
        self.assertEqual(len(self.file_ids()), len(set(self.file_ids())))

    def test_what_a_drain_has_read_stays_in_the_log_until_its_last_checkpoint_is_there(self):
        rest = free_port()
        script = self.checkpointed("1 h", ", 'log.max-bytes' = '65536', 'max-body-bytes' = '16000'")
        job = Job(self, script, "-D", f"rest.port={rest}").listens()
        for i in range(3):
            self.accepted(json.dumps({"id": i, "name": "x" * 15000}))
        shutil.rmtree(self.folder / "checkpoints")
        self.weir("jobs", "stop", "--drain", "--address", f"127.0.0.1:{rest}")
        self.assertEqual(job.process.wait(SECONDS), 1, job.messages())
        self.assertEqual(self.file_ids(), [])
        job = Job(self, script, "-D", f"rest.port={rest}").listens()
        done = self.weir("jobs", "stop", "--drain", "--address", f"127.0.0.1:{rest}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(job.process.wait(SECONDS), 0, job.messages())
        self.assertEqual(self.file_ids(), [0, 1, 2])

    def test_a_job_that_finished_and_was_killed_gives_the_log_up_when_it_is_given_again(self):
        rest = free_port()
        script = self.checkpointed("1 h")
        job = Job(self, script, "-D", f"rest.port={rest}", WEIR_KILL_AT="coordinator.completed").listens()
        self.accepted('{"id": 1}')
        self.weir("jobs", "stop", "--drain", "--address", f"127.0.0.1:{rest}")
        self.assertEqual(job.process.wait(SECONDS), -signal.SIGKILL)
        self.assertEqual(len(list(self.folder.rglob("RESERVED-*"))), 1)
        self.assertIn("there is nothing to do", self.weir("run", script).stderr)
        self.assertEqual(self.file_ids(), [1])
        self.assertEqual(list(self.folder.rglob("RESERVED-*")), [])

    def test_a_job_that_cannot_start_finds_what_others_have_read_meanwhile(self):
        def run(condition):
            script = ("SET 'execution.checkpointing.dir' = 'checkpoints';\nSET 'execution.checkpointing.interval' = '20 ms';\n"
                      + self.table(", 'log.max-bytes' = '65536', 'max-body-bytes' = '16000'"))
            for name, where in ("broken", condition), ("whole", ""):
                script += (f"CREATE TABLE {name} (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{name}', 'format' = 'csv');\n"
                           f"SET 'pipeline.name' = '{name}';\nINSERT INTO {name} SELECT id FROM events {where};\n")
            return Job(self, self.write("job.sql", script)).listens()

        def ids(name):
            return sorted(int(line) for p in (self.folder / name).glob("part*") for line in p.read_text().split())

        def checkpoint():
            return max(int(p.name[4:]) for p in (self.folder / "checkpoints/whole").glob("chk-*") if p.name[4:].isdigit())

        run("").stop()
        job = run("WHERE id > 0")
        self.assertIn("the plan has changed", job.messages())
        for i in range(3):
            self.accepted(json.dumps({"id": i, "name": "x" * 15000}))
        wait_until("the other job has read it", lambda: ids("whole") == [0, 1, 2])
        seen = checkpoint()
        wait_until("no checkpoint needs it", lambda: checkpoint() > seen + 10)
        job.stop()
        run("")
        wait_until("it is there", lambda: ids("broken") == [0, 1, 2])

    def test_a_look_at_a_table_takes_nothing_from_the_job_that_goes_on_later(self):
        small = ", 'log.max-bytes' = '65536', 'max-body-bytes' = '16000'"
        script = self.checkpointed("100 ms", small)
        Job(self, script).listens().stop()
        look = self.write("look.sql", self.table(small) + "CREATE TABLE printed (id BIGINT) WITH ('connector' = 'print');\n"
                          "INSERT INTO printed SELECT id FROM events;\n")
        job = Job(self, look).listens()
        for i in range(3):
            self.accepted(json.dumps({"id": i, "name": "x" * 15000}))
        job.has_rows(3)
        self.assertIn("its log is kept for job", job.stop())
        Job(self, script)
        wait_until("it is there", lambda: self.file_ids() == [0, 1, 2])

    # ---- ends at any moment

    def load(self, stop, sent, acknowledged):
        """Posts events one after the other, no id twice; an answer may stay out."""
        connection = None
        while not stop.is_set():
            first = next(self.ids)
            body = "\n".join(json.dumps({"id": first * 10 + i}) for i in range(10))
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
                    connection.connect()
                sent.update(first * 10 + i for i in range(10))
                connection.request("POST", "/events", body, {"Content-Type": NDJSON})
                answer = connection.getresponse()
                answer.read()
                self.statuses.add(answer.status)
                if answer.status == 200:
                    acknowledged.update(first * 10 + i for i in range(10))
                else:
                    time.sleep(0.005)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
                time.sleep(0.002)
        if connection:
            connection.close()

    def runs_that_die(self, runs, script):
        """Each of `runs` ends by SIGKILL; then one goes on to the end. Nothing acknowledged is lost, nothing is twice."""
        self.ids = iter(range(1, 10**9))
        stop, sent, acknowledged = threading.Event(), set(), set()
        clients = [threading.Thread(target=self.load, args=(stop, sent, acknowledged)) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            for run in runs:
                run()
            job = Job(self, script).listens()
            before = len(acknowledged)
            wait_until("more events", lambda: len(acknowledged) > before + 100)
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertLessEqual(self.statuses, {200, 429, 503})
        wait_until("every event in a file", lambda: acknowledged <= set(self.file_ids()))
        job.stop()
        ids = self.file_ids()
        self.assertEqual(len(ids), len(set(ids)), "an event is there twice")
        self.assertEqual(acknowledged - set(ids), set(), "acknowledged events are lost")
        self.assertEqual(set(ids) - sent, set())

    def test_a_kill_at_any_moment_loses_and_repeats_nothing(self):
        script, chance = self.checkpointed("50 ms"), random.Random(1)

        def run():
            job = Job(self, script, "-D", f"parallelism.default={chance.randint(1, 3)}").listens()
            time.sleep(0.1 + chance.random() * 0.3)
            job.kill()

        self.runs_that_die([run] * 8, script)

    def test_a_kill_at_each_step_of_the_log_loses_and_repeats_nothing(self):
        sites = ["log.appended:20", "log.synced:20", "log.acknowledged:20", "log.segment-written", "log.segment-written:2",
                 "log.segment-created", "log.segment-created:2", "log.trimmed", "log.trimmed:2"]
        script = self.checkpointed("50 ms", ", 'log.max-bytes' = '65536', 'max-body-bytes' = '1000'")

        def run_to(site):
            def run():
                job = Job(self, script, WEIR_KILL_AT=site)
                self.assertEqual(job.process.wait(SECONDS), -signal.SIGKILL, f"{site}: {job.messages()}")

            return run

        self.runs_that_die([run_to(site) for site in sites], script)


if __name__ == "__main__":
    unittest.main()
