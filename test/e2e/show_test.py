"""What SHOW, DESCRIBE, SET, EXPLAIN and DROP print and leave behind."""
import unittest

import program

DDL = """CREATE TABLE clicks (page STRING NOT NULL COMMENT 'what', n AS CHAR_LENGTH(page), `my id` DECIMAL(10, 2),
  ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (page) NOT ENFORCED)
  COMMENT 'clicks of a day' WITH ('connector' = 'datagen');
CREATE TEMPORARY VIEW v AS SELECT page, COUNT(*) AS c FROM clicks GROUP BY page;
"""
SHOWN = """CREATE TABLE `default_catalog`.`default_database`.`clicks` (
  `page` STRING NOT NULL COMMENT 'what',
  `n` AS CHAR_LENGTH(page),
  `my id` DECIMAL(10, 2),
  `ts` TIMESTAMP(3),
  WATERMARK FOR `ts` AS ts - INTERVAL '5' SECOND,
  CONSTRAINT `PK_page` PRIMARY KEY (`page`) NOT ENFORCED
)
COMMENT 'clicks of a day'
WITH (
  'connector' = 'datagen'
)
"""


class Show(program.Case):
    def output(self, sql):
        done = self.weir("run", self.write("a.sql", sql))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def cells(self, sql):
        lines = self.output(sql).splitlines()
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][1:]

    def test_tables_and_views_are_listed(self):
        self.assertEqual(self.cells(DDL + "SHOW TABLES;"), [["clicks"], ["v"]])
        self.assertEqual(self.cells(DDL + "SHOW VIEWS;"), [["v"]])
        self.assertEqual(self.output("SHOW TABLES;"), "Empty set\n")

    def test_show_create_table_prints_a_statement_that_makes_the_same_table(self):
        self.assertEqual(self.output(DDL + "SHOW CREATE TABLE clicks;"), SHOWN)
        self.assertEqual(self.output(SHOWN + "; SHOW CREATE TABLE clicks;"), SHOWN)

    def test_describe_shows_types_keys_computed_columns_and_watermarks(self):
        rows = self.cells(DDL + "DESCRIBE clicks;")
        self.assertEqual(rows[0], ["page", "STRING", "FALSE", "PRI(page)", "<NULL>", "<NULL>", "what"])
        self.assertEqual(rows[1][4], "AS CHAR_LENGTH(page)")
        self.assertEqual(rows[3][1], "TIMESTAMP(3) *ROWTIME*")
        self.assertEqual(rows[3][5], "ts - INTERVAL '5' SECOND")
        self.assertEqual([row[:2] for row in self.cells(DDL + "DESCRIBE v;")], [["page", "STRING"], ["c", "BIGINT"]])

    def test_set_lists_and_reset_forgets(self):
        key = "table.local-time-zone"
        self.assertEqual(self.cells(f"SET '{key}' = 'UTC'; SET;"), [[key, "UTC"]])
        self.assertEqual(self.output(f"SET '{key}' = 'UTC'; RESET '{key}'; SET;"), "Empty set\n")

    def test_what_was_dropped_is_gone(self):
        self.assertEqual(self.output(DDL + "DROP TEMPORARY VIEW v; DROP TABLE clicks; DROP TABLE IF EXISTS clicks; SHOW TABLES;"),
                         "Empty set\n")
        done = self.weir("run", "-e", "DROP TABLE clicks")
        self.assertEqual(done.returncode, 1)
        self.assertIn("clicks", done.stderr)

    def test_explain_shows_one_plan_for_a_statement_set(self):
        tables = """CREATE TABLE a (x INT) WITH ('connector' = 'datagen');
            CREATE TABLE b (x INT) WITH ('connector' = 'blackhole');"""
        inserts = "INSERT INTO b SELECT x FROM a; INSERT INTO b SELECT x + 1 FROM a; END;"
        done = self.weir("explain", "-e", f"{tables} BEGIN STATEMENT SET; {inserts}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.count("== Optimized Execution Plan =="), 1)
        self.assertEqual(done.stdout, self.weir("run", "-e", f"{tables} EXPLAIN STATEMENT SET BEGIN {inserts}").stdout)
        self.assertIn("BEGIN STATEMENT SET", self.weir("explain", "-e", f"{tables} BEGIN STATEMENT SET;").stderr)

    def test_explain_has_flinks_sections(self):
        text = self.output(DDL + "EXPLAIN CHANGELOG_MODE SELECT page, COUNT(*) FROM clicks GROUP BY page;")
        heads = [line for line in text.splitlines() if line.startswith("==")]
        self.assertEqual(heads, ["== Abstract Syntax Tree ==", "== Optimized Physical Plan ==", "== Optimized Execution Plan =="])
        self.assertIn("changelogMode=[I,UB,UA]", text)
        script = self.write("b.sql", DDL + "SELECT page, COUNT(*) FROM clicks GROUP BY page;")
        self.assertEqual(self.weir("explain", "--changelog-mode", script).stdout, text)

    def test_batch_mode_is_refused(self):
        done = self.weir("run", "-e", "SET 'execution.runtime-mode' = 'batch'; SELECT 1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("batch", done.stderr)


if __name__ == "__main__":
    unittest.main()
