package weir.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A stream logic test file, split into blocks. The format is described in docs/test-format.md. */
final class Slt {
    /** Lines are 0-based indexes into the file; expected lines are [expectedFrom, expectedTo), or -1 if the block has none. */
    static final class Block {
        final List<String> conditions = new ArrayList<>();
        int line;
        String verb;
        String arguments;
        String body = "";
        List<String> expected = List.of();
        int expectedFrom = -1;
        int expectedTo = -1;

        boolean has(String word) {
            return List.of(arguments.split("\\s+")).contains(word);
        }

        /** `TEXT` of `statement error TEXT` and its relatives. */
        String errorText() {
            int at = arguments.indexOf("error");
            return at < 0 ? null : arguments.substring(at + "error".length()).strip();
        }
    }

    static final class FormatError extends RuntimeException {
        FormatError(int line, String message) {
            super("line " + (line + 1) + ": " + message);
        }
    }

    final Path path;
    final List<String> lines;
    final List<Block> blocks = new ArrayList<>();

    private static final List<String> SQL_VERBS = List.of("statement", "query", "explain", "job");
    private static final List<String> SECTION_VERBS = List.of("query", "explain", "expect");
    private static final List<String> ONE_LINE_VERBS =
            List.of("script", "watermark", "idle", "clock", "checkpoint", "restart", "end");

    Slt(Path path) throws IOException {
        this.path = path;
        lines = new ArrayList<>(Files.readAllLines(path));
        List<String> conditions = new ArrayList<>();
        for (int i = 0; i < lines.size(); ) {
            String line = lines.get(i);
            if (line.isBlank() || line.startsWith("#")) {
                i++;
            } else if (line.startsWith("onlyif ") || line.startsWith("skipif ")) {
                conditions.add(line.strip());
                i++;
            } else {
                i = readBlock(i, conditions);
                conditions.clear();
            }
        }
    }

    private int readBlock(int at, List<String> conditions) {
        Block block = new Block();
        String[] words = lines.get(at).strip().split("\\s+", 2);
        block.line = at;
        block.verb = words[0];
        block.arguments = words.length > 1 ? words[1] : "";
        block.conditions.addAll(conditions);
        blocks.add(block);

        boolean sql = SQL_VERBS.contains(block.verb);
        if (!sql && !SECTION_VERBS.contains(block.verb) && !ONE_LINE_VERBS.contains(block.verb) && !block.verb.equals("input")) {
            throw new FormatError(at, "unknown verb '" + block.verb + "'");
        }
        int i = at + 1;
        StringBuilder body = new StringBuilder();
        boolean sections = SECTION_VERBS.contains(block.verb);
        Sql.State state = Sql.State.CODE;
        while (i < lines.size()) {
            String line = lines.get(i);
            if (state == Sql.State.CODE && (line.isBlank() || (sections && line.equals("----")))) break;
            if (sql) state = Sql.after(state, line);
            body.append(line).append('\n');
            i++;
        }
        block.body = body.toString();
        if (ONE_LINE_VERBS.contains(block.verb) && !block.body.isEmpty()) {
            throw new FormatError(at, "'" + block.verb + "' takes nothing below it; is a blank line missing?");
        }
        if (sections && i < lines.size() && lines.get(i).equals("----")) {
            block.expectedFrom = ++i;
            while (i < lines.size() && !lines.get(i).isBlank()) i++;
            block.expectedTo = i;
            block.expected = List.copyOf(lines.subList(block.expectedFrom, i));
        }
        return i;
    }

    /** Just enough of SQL's lexical rules to find ends of strings, comments and statements. */
    static final class Sql {
        enum State { CODE, STRING, IDENTIFIER, COMMENT }

        /** The state after a line that starts in the given state. */
        static State after(State state, String line) {
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                char next = i + 1 < line.length() ? line.charAt(i + 1) : 0;
                switch (state) {
                    case CODE -> {
                        if (c == '-' && next == '-') return state;
                        if (c == '\'') state = State.STRING;
                        else if (c == '`') state = State.IDENTIFIER;
                        else if (c == '/' && next == '*') {
                            state = State.COMMENT;
                            i++;
                        }
                    }
                    case STRING -> {
                        if (c == '\'') state = State.CODE;
                    }
                    case IDENTIFIER -> {
                        if (c == '`') state = State.CODE;
                    }
                    case COMMENT -> {
                        if (c == '*' && next == '/') {
                            state = State.CODE;
                            i++;
                        }
                    }
                }
            }
            return state;
        }

        /** The statements of a text, without their semicolons and without empty ones. */
        static List<String> split(String text) {
            List<String> statements = new ArrayList<>();
            int start = 0;
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == ';' && isCode(text, start, i)) {
                    statements.add(text.substring(start, i));
                    start = i + 1;
                }
            }
            statements.add(text.substring(start));
            statements.removeIf(s -> withoutComments(s).isBlank());
            statements.replaceAll(String::strip);
            return statements;
        }

        private static boolean isCode(String text, int from, int to) {
            State state = State.CODE;
            int lineStart = from;
            for (int end = text.indexOf('\n', from); end >= 0 && end < to; end = text.indexOf('\n', lineStart)) {
                state = after(state, text.substring(lineStart, end));
                lineStart = end + 1;
            }
            String line = text.substring(lineStart, to);
            return after(state, line) == State.CODE && !endsInLineComment(state, line);
        }

        private static boolean endsInLineComment(State state, String line) {
            for (int dash = line.indexOf("--"); dash >= 0; dash = line.indexOf("--", dash + 1)) {
                if (after(state, line.substring(0, dash)) == State.CODE) return true;
            }
            return false;
        }

        /** Leading comments removed: what is left begins with the statement's first keyword. */
        static String withoutComments(String sql) {
            String rest = sql.strip();
            while (true) {
                if (rest.startsWith("--")) {
                    int end = rest.indexOf('\n');
                    rest = end < 0 ? "" : rest.substring(end + 1).strip();
                } else if (rest.startsWith("/*") && rest.contains("*/")) {
                    rest = rest.substring(rest.indexOf("*/") + 2).strip();
                } else {
                    return rest;
                }
            }
        }
    }
}
