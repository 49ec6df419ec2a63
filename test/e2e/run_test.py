"""What `weir run` does with its arguments, its script, its output and signals."""
import fcntl
import os
import select
import signal
import struct
import termios
import time
import unittest

import program

NUMBERS = """
CREATE TABLE numbers (id BIGINT, twice AS id * 2) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence',
  'fields.id.start' = '1', 'fields.id.end' = '5');
CREATE TABLE printed (id BIGINT, twice BIGINT) WITH ('connector' = 'print');
INSERT INTO printed SELECT * FROM numbers;
"""
ENDLESS = """
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
CREATE TABLE printed (id BIGINT) WITH ('connector' = 'print');
INSERT INTO printed SELECT id FROM numbers;
"""


class Run(program.Case):
    def test_arrays_among_lines_have_room_in_any_place(self):
        lines = ['{"id": 0}'] * 5000
        for at in (0, 1, 1000, 1001, 2047, 4999):
            lines[at] = ' [{"id": 1}, {"id": 1}, {"id": 1}]'
        (self.folder / "in.json").write_text("\n".join(lines))
        done = self.weir("run", self.write("a.sql", "CREATE TABLE t (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');\n"
                                           "CREATE TABLE n (rows_ BIGINT, ids BIGINT) WITH ('connector' = 'print');\n"
                                           "INSERT INTO n SELECT COUNT(*), SUM(id) FROM t;\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("+U[5012, 18]", done.stdout)

    def test_rows_go_to_stdout_and_the_exit_code_is_0(self):
        done = self.weir("run", self.write("a.sql", NUMBERS))
        self.assertEqual((done.returncode, done.stdout.splitlines()), (0, [f"+I[{i}, {2 * i}]" for i in range(1, 6)]), done.stderr)

    def test_variables_of_the_environment_stand_in_option_values(self):
        source = self.write("in.txt", "first\nsecond\n")
        script = self.write("a.sql", """
            CREATE TABLE lines (line STRING) WITH ('connector' = 'filesystem', 'path' = '${HERE}', 'format' = 'raw');
            CREATE TABLE printed (line STRING) WITH ('connector' = 'print');
            INSERT INTO printed SELECT UPPER(line) FROM lines;""")
        done = self.weir("run", script, HERE=source)
        self.assertEqual((done.returncode, done.stdout), (0, "+I[FIRST]\n+I[SECOND]\n"), done.stderr)

    def test_an_error_names_line_and_column_suggests_and_exits_with_1(self):
        done = self.weir("run", self.write("a.sql", NUMBERS.replace("FROM numbers", "FROM nmubers")))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("5:", done.stderr)
        self.assertIn("nmubers", done.stderr)
        self.assertIn("'numbers'", done.stderr.replace("`", "'").replace('"', "'"))

    def test_a_script_that_does_not_exist_is_named(self):
        done = self.weir("run", "absent.sql")
        self.assertEqual(done.returncode, 1)
        self.assertIn("absent.sql", done.stderr)

    def test_a_key_that_does_nothing_yet_is_told_and_accepted(self):
        for args in [["-e", "SET 'sql-client.verbose' = 'true'"], ["-D", "sql-client.verbose=true", "-e", "SET"]]:
            with self.subTest(args):
                done = self.weir("run", *args)
                self.assertEqual((done.returncode, done.stderr), (0, "weir: 'sql-client.verbose' has no effect yet\n"))

    def test_a_reader_that_goes_away_ends_the_job_without_an_error(self):
        for script in [ENDLESS, ENDLESS.split("CREATE TABLE printed")[0] + "SELECT id FROM numbers;"]:
            with self.subTest(script):
                job = self.start("run", self.write("a.sql", script))
                job.stdout.readline()
                job.stdout.close()
                said = job.stderr.read()
                self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 1)
                self.assertIn("stopped: ", said)
                self.assertIn("nobody reads standard output any more", said)
                self.assertNotIn("error", said)
                job.stdout = None  # closed here, so that nobody reads it again

    def test_wrong_usage_exits_with_2(self):
        for args in [["frobnicate"], ["run"], ["run", "--frobnicate"]]:
            with self.subTest(args):
                self.assertEqual(self.weir(*args).returncode, 2)

    def test_huge_texts_of_one_batch_are_charged_to_the_budget(self):
        done = self.weir("run", "-D", "taskmanager.memory.process.size=50m", "-e", """
            CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '2000');
            CREATE TABLE o (x STRING) WITH ('connector' = 'blackhole');
            INSERT INTO o SELECT REPEAT(CAST(a AS STRING), 100000) FROM t;""")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"operator 'Calc' holds \d+ MiB .*taskmanager.memory.process.size.* 50 MiB")

    def test_long_texts_stay_within_the_memory_limit(self):
        texts = """
            CREATE TABLE g (id BIGINT, k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '20000',
              'rows-per-second' = '1000000');
            CREATE TABLE o (k INT, t STRING) WITH ('connector' = 'blackhole');
            INSERT INTO o SELECT k, MAX(%s) FROM (SELECT k, id, REPEAT('x', 1000000) AS t FROM g) GROUP BY k;"""
        for text in "t || CAST(id AS STRING)", "UPPER(CONCAT(t, 'x'))", "TO_BASE64(t || CAST(k AS STRING))":
            for workers in "1", "3":
                script = self.write("texts.sql", texts % text)
                limits = ["-D", "taskmanager.memory.process.size=200m", "-D", f"parallelism.default={workers}"]
                job = self.start("run", *limits, script)
                job.stderr.read()
                _, status, usage = os.wait4(job.pid, 0)
                job.returncode = os.waitstatus_to_exitcode(status)
                self.assertEqual(job.returncode, 1, text)
                self.assertLess(usage.ru_maxrss, 260 << 10, f"{text} with {workers} workers, KiB")

    def test_a_pipe_given_as_a_file_is_refused_at_once(self):
        os.mkfifo(self.folder / "pipe")
        done = self.weir("run", "-e", """
            CREATE TABLE t (x STRING) WITH ('connector' = 'filesystem', 'path' = 'pipe', 'format' = 'raw');
            SELECT * FROM t;""")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("'pipe': it is a pipe, not a file", done.stderr)

    def test_a_job_whose_sink_cannot_open_fails_and_the_next_one_runs(self):
        self.write("file", "")
        done = self.weir("run", "-e", """
            CREATE TABLE bad (x INT) WITH ('connector' = 'filesystem', 'path' = 'file', 'format' = 'csv');
            CREATE TABLE good (x INT) WITH ('connector' = 'print');
            INSERT INTO bad VALUES 1;
            INSERT INTO good VALUES 2;""")
        self.assertEqual((done.returncode, done.stdout), (1, "+I[2]\n"), done.stderr)
        self.assertIn("'file' exists and is not a folder", done.stderr)

    def test_types_that_nest_too_deep_are_refused_whoever_makes_them(self):
        deep = lambda start, end: start * 60 + "1" + end * 60
        for sql in [f"SELECT {deep('ROW(', ')')}", f"SELECT {deep('ARRAY[', ']')}", f"SELECT {deep('MAP[1, ', ']')}",
                    f"SELECT CAST(NULL AS INT{' ARRAY' * 60})", f"SELECT CAST(NULL AS {'ROW<a ' * 60}INT{'>' * 60})",
                    f"CREATE TABLE t (a INT{' MULTISET' * 60}) WITH ('connector' = 'print')"]:
            with self.subTest(sql[:20]):
                done = self.weir("run", "-e", sql)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("types nest at most 32 deep", done.stderr)

    def test_signals_stop_an_endless_job_and_show_in_the_exit_code(self):
        script = self.write("a.sql", ENDLESS)
        for number, code in [(signal.SIGTERM, 143), (signal.SIGINT, 130)]:
            with self.subTest(number):
                job = self.start("run", script)
                self.assertTrue(job.stdout.readline().startswith("+I["))
                job.send_signal(number)
                self.assertEqual(job.wait(program.TIMEOUT_SECONDS), code)

    def test_one_signal_ends_a_job_whose_output_nobody_reads(self):
        fast = ENDLESS.replace("'100'", "'10000000'")
        for name, script in [("print", fast), ("select", fast.split("CREATE TABLE printed")[0] + "SELECT id FROM numbers;")]:
            with self.subTest(name):
                job = self.start("run", self.write("a.sql", script))
                self.wait_until_full(job.stdout)
                job.send_signal(signal.SIGINT)
                self.assertEqual(job.wait(10), 130)  # about 1 s; the rest is for busy machines
                self.assertIn("nobody reads standard output", job.stderr.read())

    def wait_until_full(self, pipe):
        """Until the bytes in the pipe are as many as before for a while, and more than nothing."""
        before, deadline = -1, time.monotonic() + program.TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            count = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"1234"))[0]
            if count > 30000 and count == before:
                return
            before = count
            select.select([], [], [], 0.1)
        self.fail("the pipe does not fill up")


if __name__ == "__main__":
    unittest.main()
