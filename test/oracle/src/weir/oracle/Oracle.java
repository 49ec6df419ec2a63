package weir.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import org.apache.flink.table.api.ExplainDetail;

/**
 * Runs .slt files on Flink and compares or blesses what comes out. The parts, in reading order: Slt (the file), Oracle
 * (block by block), Session (tables and jobs), Run (one Flink job, step by step), TestFactory (the connector), Content and
 * Rows (results), Cluster (Flink itself).
 */
public final class Oracle {
    private static final String USAGE = "usage: ./dev oracle [--bless | --explain] [-v] FILE|FOLDER...";
    /** Queries planned ahead of the one whose result is compared; two cores have no use for more. */
    private static final int QUERIES_AHEAD = 6;

    private enum Mode { TEST, BLESS, EXPLAIN }

    /** A replacement of lines [from, to) of the file. */
    private record Edit(int from, int to, List<String> lines) {}

    private record PendingQuery(Slt.Block block, Session.Query query) {}

    private static final class Stop extends RuntimeException {}

    private final Slt file;
    private final Session session;
    private final Mode mode;
    private final List<String> problems = new ArrayList<>();
    private final List<Edit> edits = new ArrayList<>();
    private final ArrayDeque<PendingQuery> pending = new ArrayDeque<>();

    private Oracle(Slt file, Session session, Mode mode) {
        this.file = file;
        this.session = session;
        this.mode = mode;
    }

    public static void main(String[] args) throws Exception {
        List<String> arguments = new ArrayList<>(Arrays.asList(args));
        boolean verbose = arguments.remove("-v");
        Mode mode = arguments.remove("--bless") ? Mode.BLESS : arguments.remove("--explain") ? Mode.EXPLAIN : Mode.TEST;
        if (arguments.isEmpty() || arguments.get(0).startsWith("-")) {
            System.err.println(USAGE);
            System.exit(2);
        }
        int passed = 0;
        int failed = 0;
        int skipped = 0;
        try (Cluster cluster = new Cluster()) {
            for (Path path : files(arguments)) {
                long start = System.nanoTime();
                String outcome = runFile(path, cluster, mode);
                if (mode == Mode.EXPLAIN) continue;
                double seconds = (System.nanoTime() - start) / 1e9;
                String timing = verbose ? String.format(" (%.2f s)", seconds) : "";
                if (outcome.startsWith("ok")) passed++;
                else if (outcome.startsWith("skip")) skipped++;
                else failed++;
                int headEnd = outcome.indexOf('\n') < 0 ? outcome.length() : outcome.indexOf('\n');
                System.out.println(outcome.substring(0, headEnd).replaceFirst("(ok|not ok|skip)", "$1 " + path.toString().replace("$", "\\$"))
                        + timing + outcome.substring(headEnd));
            }
        }
        if (mode != Mode.EXPLAIN) {
            System.out.println(passed + " passed, " + failed + " failed" + (skipped > 0 ? ", " + skipped + " skipped" : ""));
        }
        System.out.flush();
        Runtime.getRuntime().halt(failed > 0 ? 1 : 0);
    }

    private static List<Path> files(List<String> arguments) throws IOException {
        List<Path> all = new ArrayList<>();
        for (String argument : arguments) {
            Path path = Path.of(argument);
            if (!Files.isDirectory(path)) {
                all.add(path);
                continue;
            }
            try (Stream<Path> found = Files.walk(path)) {
                all.addAll(found.filter(p -> p.toString().endsWith(".slt")).sorted(Comparator.naturalOrder()).toList());
            }
        }
        return all;
    }

    /** The outcome's first word is ok, skip or not ok; problems follow on lines of their own. */
    private static String runFile(Path path, Cluster cluster, Mode mode) throws IOException {
        Slt file;
        try {
            file = new Slt(path);
        } catch (Slt.FormatError e) {
            return "not ok: " + e.getMessage();
        } catch (IOException e) {
            return "not ok: cannot be read: " + e;
        }
        for (Slt.Block b : file.blocks) {
            if (b.verb.equals("clock") && applies(b)) return "skip: line " + (b.line + 1) + ": Flink's processing time cannot be moved";
        }
        Session session = new Session(file, cluster.newTableEnvironment(), cluster.flink());
        Oracle oracle = new Oracle(file, session, mode);
        try {
            oracle.runBlocks();
        } finally {
            session.close();
        }
        if (mode == Mode.BLESS) oracle.rewrite();
        if (oracle.problems.isEmpty()) return "ok";
        return (mode == Mode.BLESS ? "ok: rewritten" : "not ok") + "\n" + String.join("\n", oracle.problems);
    }

    private static boolean applies(Slt.Block block) {
        for (String condition : block.conditions) {
            boolean holds = List.of("engine=flink", "batch=1", "workers=1").contains(condition.split("\\s+")[1]);
            if (condition.startsWith("onlyif") != holds) return false;
        }
        return true;
    }

    private void runBlocks() {
        try {
            for (Slt.Block block : file.blocks) {
                if (!applies(block)) continue;
                if (mode == Mode.EXPLAIN) explainBlock(block);
                else runBlock(block);
            }
            finishQueries(0);
        } catch (Stop stop) {
            while (!pending.isEmpty()) pending.poll().query.run().close();
        }
    }

    private void runBlock(Slt.Block block) {
        if (!block.verb.equals("query")) finishQueries(0);
        try {
            switch (block.verb) {
                case "statement" -> statement(block);
                case "query" -> query(block);
                case "job" -> job(block);
                case "script" -> session.startScript(file.path.resolveSibling(block.arguments.strip()));
                case "expect" -> expect(block);
                case "explain" -> explain(block);
                default -> feed(block);
            }
        } catch (Stop e) {
            throw e;
        } catch (Exception | Error e) {
            report(block, "  " + Messages.of(e));
            throw new Stop();
        }
    }

    private void feed(Slt.Block block) throws Exception {
        String[] words = block.arguments.isEmpty() ? new String[0] : block.arguments.split("\\s+");
        int split = words.length > 2 && words[1].equals("split") ? Integer.parseInt(words[2]) : 0;
        switch (block.verb) {
            case "input" -> session.input(words[0], split, block.body.lines().toList());
            case "watermark" -> {
                int at = words.length > 2 && words[1].equals("split") ? 3 : 1;
                session.watermark(words[0], split, String.join(" ", List.of(words).subList(at, words.length)));
            }
            case "idle" -> session.idle(words[0], split);
            case "checkpoint" -> session.barrier();
            case "restart" -> {} // A restart changes nothing, that is the point of it.
            case "end" -> session.end(words.length == 0 ? null : words[0]);
            default -> throw new IllegalStateException(block.verb);
        }
    }

    // ---- statements and jobs

    private void statement(Slt.Block block) {
        boolean errorExpected = block.arguments.startsWith("error");
        try {
            if (errorExpected) refused(block.body);
            else for (String sql : Slt.Sql.split(block.body)) session.statement(sql);
        } catch (Exception | Error e) {
            errorHappened(block, e, errorExpected ? block.errorText() : null, "statement error");
            return;
        }
        if (errorExpected) {
            report(block, "  an error was expected" + suffix(block.errorText()));
            editHeader(block, "statement ok");
        }
    }

    /** Runs a statement that should be refused. If it is not, its job is stopped again. */
    private void refused(String sql) {
        String first = Slt.Sql.withoutComments(sql).toUpperCase();
        if (first.matches("(?s)(INSERT|EXECUTE|BEGIN|SELECT|WITH|VALUES|\\().*")) {
            int before = session.jobs.size();
            session.startJob(sql, "result");
            session.jobs.remove(before).close();
        } else {
            for (String s : Slt.Sql.split(sql)) session.statement(s);
        }
    }

    private void job(Slt.Block block) {
        try {
            session.startJob(block.body, block.arguments.isBlank() ? "result" : block.arguments.strip());
        } catch (RuntimeException | Error e) {
            errorHappened(block, e, null, "statement error");
        }
    }

    /** An error came: fine if its text was expected. Where none was, the rest of the file makes no sense. */
    private void errorHappened(Slt.Block block, Throwable error, String expectedText, String blessedVerb) {
        String messages = Messages.of(error);
        if (expectedText != null && messages.contains(Messages.oneLine(expectedText))) return;
        report(block, expectedText == null ? "  " + messages : "  expected an error with: " + expectedText + "\n  got: " + messages);
        editHeader(block, blessedVerb + " " + shortText(error));
        if (expectedText == null && !block.verb.equals("query")) throw new Stop();
    }

    private static String shortText(Throwable error) {
        String root = Messages.root(error);
        return root.length() <= 100 ? root : root.substring(0, 100).strip();
    }

    private static String suffix(String text) {
        return text == null || text.isEmpty() ? "" : " with: " + text;
    }

    // ---- queries: planned ahead, compared in order

    private void query(Slt.Block block) {
        finishQueries(QUERIES_AHEAD - 1);
        try {
            pending.add(new PendingQuery(block, session.startQuery(Slt.Sql.split(block.body).get(0))));
        } catch (RuntimeException | Error e) {
            finishQueries(0);
            queryFailed(block, e);
        }
    }

    private void finishQueries(int left) {
        while (pending.size() > left) {
            PendingQuery p = pending.poll();
            p.query.run().awaitEnd();
            Throwable failure = p.query.run().failure();
            if (failure != null) queryFailed(p.block, failure);
            else querySucceeded(p.block, p.query);
            p.query.run().close();
        }
    }

    private void queryFailed(Slt.Block block, Throwable failure) {
        errorHappened(block, failure, block.has("error") ? block.errorText() : null, "query error");
        if (!block.has("error") && block.expectedFrom >= 0) edits.add(new Edit(block.expectedFrom - 1, block.expectedTo, List.of()));
    }

    private void querySucceeded(Slt.Block block, Session.Query query) {
        if (block.has("error")) {
            report(block, "  an error was expected" + suffix(block.errorText()) + "; got\n" + indent(query.result().materialised(), "  "));
            editHeader(block, "query");
            editExpected(block, query.result().materialised());
            return;
        }
        List<String> expected = new ArrayList<>(block.expected);
        List<String> actual = query.result().materialised();
        String types = null;
        if (block.has("types")) {
            types = expected.isEmpty() ? "" : expected.remove(0);
            if (!types.equals(query.types())) report(block, "  expected types " + types + "\n  actual types   " + query.types());
        }
        boolean same = compare(block, expected, actual, query.result().rows(), block.has("ordered"));
        if (!same || (types != null && !types.equals(query.types()))) {
            List<String> lines = new ArrayList<>(same ? expected : actual);
            if (types != null) lines.add(0, query.types());
            editExpected(block, lines);
        }
    }

    // ---- expectations

    private void expect(Slt.Block block) {
        session.barrier();
        String[] words = block.arguments.split("\\s+");
        if (block.arguments.startsWith("job error")) {
            expectJobError(block);
            return;
        }
        if (session.failure() != null) {
            report(block, "  the job has failed: " + Messages.of(session.failure()));
            editHeader(block, "expect job error " + shortText(session.failure()));
            if (block.expectedFrom >= 0) edits.add(new Edit(block.expectedFrom - 1, block.expectedTo, List.of()));
            return;
        }
        Content content = session.received(words[0]);
        boolean changelog = block.has("changelog");
        List<String> actual = changelog ? content.changelog() : content.materialised();
        if (!compare(block, block.expected, actual, content.rows(), changelog)) editExpected(block, actual);
    }

    private void expectJobError(Slt.Block block) {
        for (Run job : session.jobs) job.awaitFailure();
        Throwable failure = session.failure();
        if (failure == null) report(block, "  the job has not failed");
        else errorHappened(block, failure, block.errorText(), "expect job error");
    }

    /** Both sides are brought into the same form first, so that `1.5` and `"1.50"` of a DECIMAL(3, 2) are equal. */
    private boolean compare(Slt.Block block, List<String> expected, List<String> actual, Rows rows, boolean ordered) {
        List<String> want = new ArrayList<>();
        for (String line : expected) {
            try {
                var row = rows.parse(line);
                want.add((block.has("changelog") ? row.getRowKind().shortString() + " " : "") + rows.print(row));
            } catch (Exception e) {
                want.add(line + "   # " + Messages.of(e));
            }
        }
        List<String> have = new ArrayList<>(actual);
        if (!ordered) {
            Collections.sort(want);
            Collections.sort(have);
        }
        if (want.equals(have)) return true;
        report(block, ordered ? "  expected\n" + indent(want, "    ") + "\n  actual\n" + indent(have, "    ") : difference(want, have));
        return false;
    }

    private static String difference(List<String> want, List<String> have) {
        List<String> missing = new ArrayList<>(want);
        for (String row : have) missing.remove(row);
        List<String> unexpected = new ArrayList<>(have);
        for (String row : want) unexpected.remove(row);
        List<String> lines = new ArrayList<>();
        for (String row : missing) lines.add("  expected " + row);
        for (String row : unexpected) lines.add("  actual   " + row);
        return String.join("\n", lines);
    }

    private static String indent(List<String> lines, String by) {
        return by + String.join("\n" + by, lines);
    }

    // ---- plans

    /** Plan texts are an engine's own; Flink's are compared only where the file asks for them. */
    private void explain(Slt.Block block) {
        if (!block.conditions.contains("onlyif engine=flink")) return;
        List<String> actual = physicalPlan(session.explain(block.body, details(block)));
        if (actual.equals(block.expected)) return;
        report(block, "  expected\n" + indent(block.expected, "    ") + "\n  actual\n" + indent(actual, "    "));
        editExpected(block, actual);
    }

    private static ExplainDetail[] details(Slt.Block block) {
        return block.has("changelog_mode") ? new ExplainDetail[] {ExplainDetail.CHANGELOG_MODE} : new ExplainDetail[0];
    }

    private static List<String> physicalPlan(String explained) {
        int at = explained.indexOf("== Optimized Physical Plan ==");
        List<String> lines = new ArrayList<>();
        for (String line : explained.substring(at).lines().skip(1).toList()) {
            if (line.isBlank()) break;
            lines.add(line.stripTrailing());
        }
        return lines;
    }

    private void explainBlock(Slt.Block block) {
        if (block.verb.equals("statement") && block.arguments.startsWith("ok")) {
            statement(block);
        } else if (List.of("query", "job", "explain").contains(block.verb)) {
            System.out.println(file.path + ":" + (block.line + 1) + ": " + block.verb);
            try {
                System.out.println(session.explain(block.body, ExplainDetail.CHANGELOG_MODE));
            } catch (RuntimeException e) {
                System.out.println("  " + Messages.of(e));
            }
        }
    }

    // ---- reporting and blessing

    private void report(Slt.Block block, String problem) {
        problems.add("  " + file.path.getFileName() + ":" + (block.line + 1) + ": " + file.lines.get(block.line).strip() + "\n"
                + problem.indent(2).stripTrailing());
    }

    private void editHeader(Slt.Block block, String header) {
        edits.add(new Edit(block.line, block.line + 1, List.of(header)));
    }

    private void editExpected(Slt.Block block, List<String> lines) {
        if (block.expectedFrom >= 0) {
            edits.add(new Edit(block.expectedFrom, block.expectedTo, lines));
            return;
        }
        int end = block.line + 1 + (int) block.body.lines().count();
        List<String> section = new ArrayList<>(lines);
        section.add(0, "----");
        edits.add(new Edit(end, end, section));
    }

    private void rewrite() throws IOException {
        edits.sort(Comparator.comparingInt(Edit::from).reversed());
        for (Edit e : edits) {
            List<String> place = file.lines.subList(e.from, e.to);
            place.clear();
            place.addAll(e.lines);
        }
        if (!edits.isEmpty()) Files.write(file.path, file.lines);
    }
}
