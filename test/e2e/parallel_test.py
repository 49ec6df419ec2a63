"""Jobs on several worker threads give what one gives. Also run on the ThreadSanitizer build."""
import unittest

import program

CLICKS = """CREATE TABLE clicks (id BIGINT, page INT, amount INT, ts AS TO_TIMESTAMP_LTZ(1767225600000 + id, 3),
    WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1',
    'fields.id.end' = '60000', 'fields.page.min' = '0', 'fields.page.max' = '99', 'fields.page.seed' = '1',
    'fields.amount.min' = '-50', 'fields.amount.max' = '50', 'fields.amount.seed' = '2');
"""
WINDOWS = CLICKS + """SELECT window_start, page, COUNT(*), SUM(amount), COUNT(DISTINCT amount)
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY page, window_start, window_end;"""
GROUPS = CLICKS + """SELECT n, COUNT(*) FROM (SELECT page, COUNT(*) AS n, MAX(amount) AS m FROM clicks GROUP BY page) GROUP BY n;"""
FILES = CLICKS + """CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'csv');
  SET 'execution.checkpointing.interval' = '50 ms';
  INSERT INTO files SELECT id FROM clicks WHERE amount <> 7;
  INSERT INTO files SELECT -id FROM clicks WHERE amount = 7;"""


class Parallel(program.Case):
    def rows(self, sql, workers):
        done = self.weir("run", "-D", f"parallelism.default={workers}", self.write("a.sql", sql))
        self.assertEqual(done.returncode, 0, done.stderr)
        return [tuple(cell.strip() for cell in line.strip("|").split("|"))
                for line in done.stdout.splitlines() if line.startswith("| ")][1:]

    def folded(self, rows):
        content = {}
        for op, *row in rows:
            content[tuple(row)] = content.get(tuple(row), 0) + (1 if op in ("+I", "+U") else -1)
            if not content[tuple(row)]:
                del content[tuple(row)]
        return content

    def test_windows_are_the_same_with_three_workers(self):
        one, three = self.rows(WINDOWS, 1), self.rows(WINDOWS, 3)
        self.assertGreater(len(one), 500)
        self.assertEqual(sorted(one), sorted(three))

    def test_updates_of_updates_fold_to_the_same_table(self):
        one, three = self.folded(self.rows(GROUPS, 1)), self.folded(self.rows(GROUPS, 3))
        self.assertEqual(one, three)
        self.assertEqual(sum(int(row[1]) for row in one), 100)
        self.assertEqual(set(one.values()), {1})

    def test_files_hold_every_row_once(self):
        done = self.weir("run", "-D", "parallelism.default=3", self.write("a.sql", FILES % self.folder.joinpath("out")))
        self.assertEqual(done.returncode, 0, done.stderr)
        parts = list(self.folder.joinpath("out").iterdir())
        self.assertFalse([part.name for part in parts if part.name.startswith(".")])
        ids = sorted(abs(int(line)) for part in parts for line in part.read_text().split())
        self.assertEqual(ids, list(range(1, 60001)))

    def test_a_failure_on_one_worker_stops_the_others(self):
        sql = CLICKS + "SELECT 1 / (id - 30000) FROM clicks;"
        done = self.weir("run", "-D", "parallelism.default=3", self.write("a.sql", sql))
        self.assertEqual(done.returncode, 1)
        self.assertIn("by zero", done.stderr)


if __name__ == "__main__":
    unittest.main()
