"""The reference that `weir reference` prints is true: its examples give what they say."""
import re
import unittest

import program

CHUNK = 100  # a script starts at most 256 queries
# Their results are of the moment; they only have to be understood.
OF_THE_MOMENT = re.compile(r"^(RAND|UUID|CURRENT_|LOCALTIME|PROCTIME|NOW)\w*(\(\))?$")
OVER = re.compile(r"^(\w+)(\(\*\))? over (.*)$")


def typed(value, values):
    """NULL needs a type: that of its neighbours."""
    if value != "NULL":
        return value
    return "CAST(NULL AS %s)" % ("STRING" if "'" in values else "INT")


def query(expression):
    """The query that shows what an example says; that of an aggregate names the rows it gets."""
    over = OVER.match(expression)
    if not over:
        return f"SELECT {expression}"
    name, star, values = over.groups()
    rows = ", ".join(f"({typed(v, values)})" for v in values.split(", "))
    return f"SELECT {name}({'*' if star else 'x'}) FROM (VALUES {rows}) AS t(x)"


class Reference(program.Case):
    def reference(self, *words):
        done = self.weir("reference", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def results(self, queries):
        """The last row of each query, as text."""
        script = self.write("a.sql", "".join(f"{q};\n" for q in queries))
        done = self.weir("run", "-D", "table.local-time-zone=UTC", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        tables = done.stdout.split("Received a total of")[:-1]
        return [t.rstrip("+-\n").rsplit("\n", 1)[1].split("|", 2)[2].rsplit("|", 1)[0].strip() for t in tables]

    def test_every_example_gives_its_result(self):
        examples = re.findall(r"^```sql\n(.*) → (.*)\n```$", self.reference("functions"), re.M)
        examples = [(e, r) for e, r in examples if not OF_THE_MOMENT.match(e) and e != "CURRENT_WATERMARK(ts)"]
        self.assertGreater(len(examples), 150)
        for start in range(0, len(examples), CHUNK):
            part = examples[start:start + CHUNK]
            for (expression, expected), got in zip(part, self.results([query(e) for e, _ in part]), strict=True):
                with self.subTest(expression):
                    if expected.endswith("..."):  # a long digest
                        expected, got = expected[:-3], got[:len(expected) - 3]
                    self.assertEqual(got, "<NULL>" if expected == "NULL" else expected)

    def test_every_function_has_a_description_and_an_example_with_its_result(self):
        for entry in self.reference("functions").split("\n### ")[1:]:
            with self.subTest(entry.split("\n")[0]):
                self.assertRegex(entry, r"^`[^\n]+`\n\n(?:[^\n]+\n+)*?```sql\n[^\n]+ → [^\n]+\n```\n")

    def test_every_option_and_key_has_a_type_and_a_meaning(self):
        rows = self.reference().split("\n- `")[1:]
        self.assertGreater(len(rows), 150)
        for row in rows:
            with self.subTest(row):
                self.assertRegex(row, r"^[^`\n]+` \([^\n]+\)\n  [^\n]{9,}")

    def test_it_fits_a_terminal(self):
        for word in ["http", "late.table", "metrics", "rest"]:
            self.assertEqual([line for line in self.reference(word).split("\n") if len(line) > 100], [])

    def test_the_beginning_of_a_key_gives_all_that_begin_so(self):
        for word in ["execution.checkpointing", "execution.checkpointing.*"]:
            self.assertIn("- `execution.checkpointing.interval` (", self.reference(word))
        self.assertNotIn("parallelism", self.reference("execution.checkpointing"))

    def test_the_statements_shown_are_a_script_without_errors(self):
        examples = re.findall(r"(?s)^```sql\n(.*?)\n```$", self.reference("statements"), re.M)
        done = self.weir("check", self.write("a.sql", ";\n".join(examples) + ";\n"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_name_gives_its_entry_wherever_it_is(self):
        for word in ["split_index", "SUBSTR", "COUNT", "filesystem", "csv", "parallelism.default", "CREATE TABLE"]:
            with self.subTest(word):
                self.assertIn(word.upper(), self.reference(word).upper())
        self.assertEqual(self.reference("functions", "upper"), self.reference("UPPER"))
        self.assertEqual(self.reference("create", "view"), self.reference("CREATE VIEW"))

    def test_an_unknown_name_gets_a_suggestion_and_exit_code_1(self):
        for args, nearest in [(["SPLIT_INDX"], "SPLIT_INDEX"), (["config", "paralelism.default"], "parallelism.default"),
                              (["functons"], "functions")]:
            done = self.weir("reference", *args)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"did you mean '{nearest}'?", done.stderr)


if __name__ == "__main__":
    unittest.main()
