"""'late.table' and 'errors.table' with real files: every row that is left out is in its table, once."""
import base64
import json
import random
import re
import signal
import time
import unittest

import program

TABLES = """
SET 'parallelism.default' = '{workers}';
CREATE TABLE clicks (id INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem',
  'path' = 'in', 'format' = 'json', 'errors.table' = 'bad', 'late.table' = 'late'{options});
CREATE TABLE bad (error_time TIMESTAMP_LTZ(3), source STRING, `position` STRING, field STRING, reason STRING,
  payload BYTES) WITH ('connector' = 'filesystem', 'path' = 'bad', 'format' = 'json');
CREATE TABLE late (id INT, v INT, late_operator STRING, late_watermark TIMESTAMP(3)) WITH ('connector' = 'filesystem',
  'path' = 'late', 'format' = 'json');
CREATE TABLE counts (e TIMESTAMP(3), n BIGINT, s BIGINT) WITH ('connector' = 'filesystem', 'path' = 'counts',
  'format' = 'json');
INSERT INTO counts SELECT window_end, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts),
  INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
"""
ROWS = 5000
MIB = 1 << 20


def line(i):
    """Two of three records are bad in one way or another; time goes on by 1 s a record, and back now and then."""
    if i % 3 == 1:
        return '{"id": %d, "v": "x%d", "ts": "2026-01-01 00:00:00"}' % (i, i)
    if i % 3 == 2:
        return '{"id": %d, "v"' % i
    seconds = i - (60 if i % 7 == 0 else 0) + 100
    return '{"id": %d, "v": 1, "ts": "2026-01-01 %02d:%02d:%02d"}' % (i, seconds // 3600, seconds // 60 % 60, seconds % 60)


class SideTables(program.Case):
    def rows(self, table):
        files = sorted(f for f in (self.folder / table).rglob("*") if f.is_file() and not f.name.startswith("."))
        return [json.loads(text) for f in files for text in f.read_text().splitlines()]

    def newest_checkpoint(self):
        names = [p.name[4:] for p in (self.folder / "checkpoints/side").glob("chk-*")]
        return max((int(name) for name in names if name.isdigit()), default=0)

    def wait_for_checkpoint(self, after):
        program.wait_until("a checkpoint", lambda: self.newest_checkpoint() > after)

    def run_job(self, lines, workers=1, options="", parts=1):
        (self.folder / "in").mkdir()
        for k in range(parts):
            (self.folder / "in" / f"{k}.json").write_text("".join(text + "\n" for text in lines[k::parts]))
        done = self.weir("run", self.write("a.sql", TABLES.format(workers=workers, options=options)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def check_rows(self, done, lines, parts=1):
        bad, late, counts = self.rows("bad"), self.rows("late"), self.rows("counts")
        expected = sorted((f"in/{k}.json:{n + 1}", text) for k in range(parts)
                          for n, text in enumerate(lines[k::parts]) if '"v": 1,' not in text)
        self.assertEqual(sorted((row["position"], base64.b64decode(row["payload"]).decode()) for row in bad), expected)
        self.assertEqual({row["source"] for row in bad}, {"clicks"})
        for row in bad:
            whole = '"ts"' not in base64.b64decode(row["payload"]).decode()
            self.assertEqual(row["field"], None if whole else "v", row)
            self.assertRegex(row["reason"], r"^byte [0-9]+: .")
        # What was read is in a result, late or bad: nothing is lost, nothing is there twice.
        good = [json.loads(text)["id"] for text in lines if '"v": 1,' in text]
        self.assertEqual(len(late), len({row["id"] for row in late}))
        self.assertLessEqual({row["id"] for row in late}, set(good))
        self.assertEqual(sum(row["n"] for row in counts) + len(late), len(good))
        self.assertLessEqual({(row["v"], row["late_operator"]) for row in late}, {(1, "WindowAggregate")})
        said = [re.search(f"([0-9,]+) {what}", done.stderr) for what in ("late", "bad")]
        self.assertEqual([int(found[1].replace(",", "")) if found else 0 for found in said], [len(late), len(bad)],
                         done.stderr)
        out = int(re.search("([0-9,]+) out", done.stderr)[1].replace(",", ""))
        self.assertEqual(out, len(counts), done.stderr)
        return len(late)

    def test_every_late_row_and_every_bad_record_is_there_once(self):
        lines = [line(i) for i in range(ROWS)]
        self.assertGreater(self.check_rows(self.run_job(lines), lines), 100)

    def test_so_it_is_with_three_workers_and_files(self):
        lines = [line(i) for i in range(ROWS)]
        self.check_rows(self.run_job(lines, workers=3, parts=4), lines, parts=4)

    def test_ignore_parse_errors_makes_a_bad_field_null_and_gives_the_rest_to_the_table(self):
        lines = [line(i) for i in range(300)]
        self.run_job(lines, options=", 'json.ignore-parse-errors' = 'true'")
        self.assertEqual(sorted(row["position"] for row in self.rows("bad")),
                         sorted(f"in/0.json:{i + 1}" for i in range(300) if i % 3 == 2))
        self.assertEqual(sum(row["n"] for row in self.rows("counts")) + len(self.rows("late")), 200)

    def test_of_a_record_that_is_too_long_the_first_64_kib_are_kept(self):
        long = '{"id": 7, "v": "' + "y" * (9 * MIB) + '"}'
        self.run_job([line(0), long, line(3), "x" * 100_000])
        bad = self.rows("bad")
        self.assertEqual([(row["position"], row["field"]) for row in bad], [("in/0.json:2", None), ("in/0.json:4", None)])
        self.assertEqual(base64.b64decode(bad[0]["payload"]).decode(), long[:65536])
        self.assertEqual(bad[0]["reason"], "the record is longer than 8 MiB; of the record the first 65536 bytes are kept")
        self.assertEqual(base64.b64decode(bad[1]["payload"]), b"x" * 65536)

    def test_kill_9_loses_and_doubles_nothing(self):
        """Files appear while the job is killed and started again; the last one ends all windows but its own."""
        settings = "SET 'pipeline.name' = 'side'; SET 'execution.checkpointing.dir' = 'checkpoints'; " \
            "SET 'execution.checkpointing.interval' = '20 ms';\n"
        script = self.write("a.sql", settings + TABLES.format(workers=1, options=", 'source.monitor-interval' = '10 ms'"))
        lines = [line(i) for i in range(ROWS)]
        files = [lines[i:i + 250] for i in range(0, ROWS, 250)] + [['{"id": -1, "v": 1, "ts": "2026-01-02 00:00:00"}']]
        (self.folder / "in").mkdir()
        random_seconds, resumed, newest = random.Random(4), 0, 0
        job = self.start("run", script)
        for k, part in enumerate(files):
            (self.folder / "in" / f".{k:03}").write_text("".join(text + "\n" for text in part))
            (self.folder / "in" / f".{k:03}").rename(self.folder / "in" / f"{k:03}.json")
            if k % 4 == 3:
                self.wait_for_checkpoint(newest)
                time.sleep(random_seconds.uniform(0, 0.05))
                job.kill()
                resumed += "resumed from checkpoint" in job.communicate()[1]
                newest = self.newest_checkpoint()
                job = self.start("run", script)
        bad = sum('"v": 1,' not in text for text in lines)
        program.wait_until("every row is in a table", lambda: len(self.rows("bad")) >= bad
                           and sum(row["n"] for row in self.rows("counts")) + len(self.rows("late")) >= ROWS - bad)
        job.send_signal(signal.SIGTERM)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 143)
        counted, late = sum(row["n"] for row in self.rows("counts")), self.rows("late")
        self.assertEqual(sorted(base64.b64decode(row["payload"]).decode() for row in self.rows("bad")),
                         sorted(text for text in lines if '"v": 1,' not in text))
        self.assertEqual(len(late), len({row["id"] for row in late}))
        self.assertEqual(counted + len(late), ROWS - bad)
        self.assertEqual(resumed, len(files) // 4 - 1)

    def test_weir_check_says_what_is_wrong_with_a_name(self):
        script = TABLES.format(workers=1, options="").replace("'late.table' = 'late'", "'late.table' = 'lat'")
        done = self.weir("check", self.write("a.sql", script))
        self.assertEqual(done.returncode, 1)
        self.assertIn("did you mean 'late'?", done.stderr)

    def test_a_late_table_to_which_nothing_can_come_is_refused(self):
        copy = "INSERT INTO copies SELECT id FROM clicks;\n"
        tables, window = TABLES.format(workers=1, options="").split("INSERT INTO counts", 1)
        tables += "CREATE TABLE copies (id INT) WITH ('connector' = 'print');\n"
        where = f"a.sql:4:{tables.splitlines()[3].index(chr(39) + 'late.table') + 1}: error: "
        for command, code in ("check", 1), ("explain", 1), ("run", 1):
            done = self.weir(command, self.write("a.sql", tables + copy))
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(where + "'late.table' = 'late' of table 'default_catalog.default_database.clicks': "
                          "no INSERT of the script drops rows of it as late", done.stderr)
            self.assertIn("hint: ", done.stderr)
        for others in copy + "INSERT INTO counts" + window, "INSERT INTO counts" + window + copy, "SELECT id FROM clicks;":
            self.assertEqual(self.weir("check", self.write("a.sql", tables + others)).stderr, "")


if __name__ == "__main__":
    unittest.main()
