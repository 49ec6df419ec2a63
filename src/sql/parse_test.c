#include "sql/parse.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "sql/print.h"
#include "test.h"

/* --- helpers --- */

/* Prints an expression with parentheses around every operation. */
static void show(struct buf *out, const struct ast_expr *e)
{
    if (e->kind == AST_EXPR_BINARY) {
        buf_add_char(out, '(');
        show(out, e->binary.left);
        buf_add_char(out, ' ');
        struct text_pos at = e->binary.op_pos;
        buf_printf(out, "%u", at.size_bytes); /* the operator's length stands for it */
        buf_add_char(out, ' ');
        show(out, e->binary.right);
        buf_add_char(out, ')');
    } else if (e->kind == AST_EXPR_UNARY) {
        buf_add_cstr(out, "[");
        show(out, e->unary.operand);
        buf_add_cstr(out, "]");
    } else {
        print_expr(out, e);
    }
}

static bool groups_as(const char *text, const char *expected)
{
    struct arena *arena = arena_new(4096);
    struct ast_expr *e;
    struct buf out;
    buf_init(&out, 4096);
    struct err *err = parse_expr(slice_of(text), arena, &e);
    if (!err) show(&out, e);
    bool ok = !err && strcmp(buf_cstr(&out), expected) == 0;
    if (!ok) printf("# %s gave %s\n", text, err ? err_message(err) : buf_cstr(&out));
    err_free(err);
    buf_free(&out);
    arena_free(arena);
    return ok;
}

static bool prints_as(const char *text, const char *expected)
{
    struct arena *arena = arena_new(4096);
    struct ast_expr *e;
    struct buf out;
    buf_init(&out, 4096);
    struct err *err = parse_expr(slice_of(text), arena, &e);
    if (!err) print_expr(&out, e);
    bool ok = !err && strcmp(buf_cstr(&out), expected) == 0;
    if (!ok) printf("# %s gave %s\n", text, err ? err_message(err) : buf_cstr(&out));
    err_free(err);
    buf_free(&out);
    arena_free(arena);
    return ok;
}

/* The first error of the script has this place, this in its message, and this in its hint. */
static bool fails_at(
    const char *text, uint32_t line, uint32_t column, const char *message, const char *hint)
{
    struct arena *arena = arena_new(4096);
    struct ast_statement_list list;
    struct err *e = parse_script(slice_of(text), arena, &list);
    bool ok = e && err_pos(e).line == line && err_pos(e).column == column &&
              strstr(err_message(e), message) != NULL;
    if (hint) ok = ok && err_hint_text(e) && strstr(err_hint_text(e), hint);
    if (!ok)
        printf("# %s: %u:%u %s (%s)\n", text, e ? err_pos(e).line : 0, e ? err_pos(e).column : 0,
            e ? err_message(e) : "accepted", e && err_hint_text(e) ? err_hint_text(e) : "");
    err_free(e);
    arena_free(arena);
    return ok;
}

/* --- expressions --- */

static void precedence_is_calcites(void)
{
    CHECK(groups_as("a + b * c - d", "((a 1 (b 1 c)) 1 d)"));
    CHECK(groups_as("a + b || c", "(a 1 (b 2 c))"));
    CHECK(groups_as("NOT a = b AND c OR d", "(([(a 1 b)] 3 c) 2 d)"));
    CHECK(groups_as("a = b IS NULL", "[(a 1 b)]"));
    CHECK(groups_as("-a * b", "([a] 1 b)"));
    CHECK(groups_as("a IS DISTINCT FROM b + c", "(a 16 (b 1 c))"));
    CHECK(groups_as("a = b = c", "((a 1 b) 1 c)"));
    CHECK(groups_as("a <> NOT b", "(a 2 [b])"));
}

static void printing_adds_only_the_parentheses_it_needs(void)
{
    CHECK(prints_as("(a + b) * (c)", "(a + b) * c"));
    CHECK(prints_as("a BETWEEN b OR c AND d AND e", "a BETWEEN (b OR c) AND d AND e"));
    CHECK(prints_as("a LIKE b LIKE c", "a LIKE (b LIKE c)"));
    CHECK(prints_as("- -a", "-(-a)"));
    CHECK(prints_as("(a).b", "(a).b"));
    CHECK(prints_as("`map`[1] + MAP['x', 1]['x']", "`map`[1] + (MAP['x', 1])['x']"));
    CHECK(
        prints_as("count(*) filter (where `select` > 1)", "COUNT(*) FILTER (WHERE `select` > 1)"));
    CHECK(prints_as("trim(a)", "TRIM(BOTH ' ' FROM a)"));
    CHECK(prints_as("'it''s' ' two'", "'it''s two'"));
    CHECK(prints_as("U&'\\0041!' || U&'#D83D#DE00' UESCAPE '#'", "'A!' || '\xf0\x9f\x98\x80'"));
    CHECK(prints_as("INTERVAL -'1' DAYS TO SECOND(3)", "INTERVAL -'1' DAY TO SECOND(3)"));
}

static void position_spans_the_whole_expression(void)
{
    struct arena *arena = arena_new(4096);
    struct slice text = SLICE("x + f(a,\n b) IS NULL");
    struct ast_expr *e;
    struct err *err = parse_expr(text, arena, &e);
    CHECK(err == NULL);
    CHECK(slice_eq(ast_source(text, e->pos), text));
    struct ast_expr *call = e->unary.operand->binary.right;
    CHECK(slice_eq(ast_source(text, call->pos), SLICE("f(a,\n b)")));
    CHECK(call->call.args.items[1]->pos.line == 2 && call->call.args.items[1]->pos.column == 2);
    arena_free(arena);
}

/* --- errors --- */

static void misspelt_keywords_get_a_suggestion(void)
{
    CHECK(fails_at("SELEC a FROM t", 1, 1, "expected a statement, found 'SELEC'", "'SELECT'"));
    CHECK(fails_at("SELECT a FORM t", 1, 10, "found 'FORM'", "'FROM'"));
    CHECK(fails_at("SELECT a FROM t WEHRE b", 1, 17, "found 'WEHRE'", "'WHERE'"));
    CHECK(fails_at("CREATE TABEL t (a INT)", 1, 8, "found 'TABEL'", "'TABLE'"));
    CHECK(fails_at("CREATE TABLE t (a INT) WIHT ('a'='b')", 1, 24, "'WIHT'", "'WITH'"));
    CHECK(fails_at("SHOW TABELS", 1, 6, "'TABELS'", "'TABLES'"));
    CHECK(fails_at("SELECT FLOOR(a TO DAYS)", 1, 19, "'DAYS'", "'DAY'"));
    CHECK(fails_at("SELECT CASE WHEN a THAN b END", 1, 20, "'THAN'", "'THEN'"));
    CHECK(fails_at("INSERT INOT t SELECT 1", 1, 8, "'INOT'", "'INTO'"));
}

static void errors_say_what_was_expected(void)
{
    CHECK(fails_at("SELECT f(a b)", 1, 12, "')' or ',' after the argument", NULL));
    CHECK(fails_at("SELECT a\nFROM t\nWHERE", 3, 6, "an expression, found the end", NULL));
    CHECK(fails_at("SELECT value FROM t", 1, 8, "reserved word 'value'", "`value`"));
    CHECK(fails_at("SELECT a AS 'b'", 1, 13, "an alias", "backticks"));
    CHECK(fails_at("SELECT a != b", 1, 10, "no meaning", "'<>'"));
    CHECK(fails_at("SELECT 1 LIMIT 1, 2", 1, 17, "not supported", "OFFSET"));
    CHECK(fails_at("CREATE TABLE t (a INT) WITH (a = 'b')", 1, 30, "'key' in quotes", NULL));
    CHECK(fails_at(
        "SELECT * FROM t AS x /*+ OPTIONS('a'='b') */", 1, 22, "found a hint", "before its alias"));
    CHECK(fails_at("CREATE CONNECTION c", 1, 8, "CREATE CONNECTION is not supported", NULL));
    CHECK(fails_at("CREATE AGENT a", 1, 8, "after CREATE, found 'AGENT'", NULL));
    CHECK(fails_at("SELECT 'é', 1 1", 1, 15, "found 1", NULL));
}

static void checking_reports_every_error_of_a_script(void)
{
    struct arena *arena = arena_new(4096);
    struct parse_report report;
    parse_check(SLICE("SELECT 1; SELECT FROM t;\nSELECT 'x;y' a b; SELECT @; SELECT 2;\n"
                      "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT; INSERT INTO t VALUES 1; "
                      "END; SELECT 3; SELECT 'open"),
        arena, &report);
    CHECK(report.statements.count == 3);
    CHECK(report.error_count == 5);
    CHECK(report.error_count == 5 && err_pos(report.errors[1]).line == 2);
    CHECK(report.error_count == 5 && err_pos(report.errors[3]).column == 49);
    for (size_t i = 0; i < report.error_count; i++) err_free(report.errors[i]);
    arena_free(arena);
}

/* --- statement by statement --- */

static void scripts_can_be_run_one_statement_at_a_time(void)
{
    struct arena *arena = arena_new(4096);
    struct slice script = SLICE("\xef\xbb\xbf/* a */ SELECT 1 ;; -- b\nEND;\nSET a=b--c; SELECT x");
    static const char *const sources[] = {"SELECT 1", "END", "SET a=b--c", "SELECT x"};
    struct parse_cursor cursor;
    struct ast_statement *s;
    struct err *e = parse_open(&cursor, script);
    for (size_t i = 0; !e && i < 4; i++) {
        e = parse_next(&cursor, arena, &s);
        CHECK(!e && s && slice_eq(ast_source(script, s->pos), slice_of(sources[i])));
        arena_reset(arena); /* nothing of one statement is needed for the next */
    }
    if (!e) e = parse_next(&cursor, arena, &s);
    CHECK(e == NULL && s == NULL);
    err_free(e);
    arena_free(arena);
}

static void unquoted_settings_are_taken_as_they_stand(void)
{
    struct arena *arena = arena_new(4096);
    struct ast_statement_list list;
    struct err *e = parse_script(
        SLICE("SET dir = file:///x//y--z ; set 'a''b' = 'c''d'; RESET x.y;"), arena, &list);
    CHECK(e == NULL && list.count == 3);
    if (!e) {
        CHECK(slice_eq(list.items[0]->option.value.text, SLICE("file:///x//y--z")));
        CHECK(slice_eq(list.items[1]->option.key.text, SLICE("a'b")));
        CHECK(slice_eq(list.items[2]->option.key.text, SLICE("x.y")));
    }
    err_free(e);
    arena_free(arena);
}

/* --- limits --- */

/* `count` times `piece` between a head and a tail is refused with this code. */
static bool repeated_fails(
    const char *head, const char *piece, size_t count, const char *tail, const char *message)
{
    struct arena *arena = arena_new(1 << 16);
    struct parse_report report;
    struct buf text;
    buf_init(&text, 4 * PARSE_SCRIPT_BYTES_MAX);
    buf_add_cstr(&text, head);
    for (size_t i = 0; i < count; i++) buf_add_cstr(&text, piece);
    buf_add_cstr(&text, tail);
    parse_check(buf_slice(&text), arena, &report);
    bool ok = report.error_count == 1 && err_code(report.errors[0]) == ERR_LIMIT_EXCEEDED &&
              strstr(err_message(report.errors[0]), message) != NULL;
    if (!ok)
        printf("# %zu errors: %s\n", report.error_count,
            report.error_count ? err_message(report.errors[0]) : "");
    for (size_t i = 0; i < report.error_count; i++) err_free(report.errors[i]);
    buf_free(&text);
    arena_free(arena);
    return ok;
}

static void limits_are_one_clear_error(void)
{
    CHECK(repeated_fails("SELECT ", "(", 100000, "", "levels of nesting"));
    CHECK(repeated_fails("SELECT ", "NOT ", 300, "a", "levels of nesting"));
    CHECK(repeated_fails("SELECT ", "- ", 300, "a", "levels of nesting"));
    CHECK(repeated_fails("SELECT ", "f(", 300, "a", "levels of nesting"));
    CHECK(repeated_fails("SELECT ", "CASE WHEN ", 300, "a", "levels of nesting"));
    CHECK(repeated_fails("", "SELECT * FROM (", 300, "t", "levels of nesting"));
    CHECK(repeated_fails("SELECT * FROM ", "((", 300, "t", "levels of nesting"));
    CHECK(repeated_fails("SELECT CAST(a AS ", "ARRAY<", 300, "INT", "levels of nesting"));
    CHECK(repeated_fails("SELECT a", " + a", 1100, "", "operators in a row"));
    CHECK(repeated_fails("SELECT a", "[1]", 1100, "", "in a row"));
    CHECK(repeated_fails("SELECT 1", " UNION SELECT 1", 1100, "", "set operations"));
    CHECK(repeated_fails("SELECT a", ", a", 1001, "", "1000 columns"));
    CHECK(repeated_fails("SELECT * FROM t", ", t", 101, "", "100 joins"));
    CHECK(repeated_fails("VALUES 1", ", 1", 6000, "", "words and symbols"));
    CHECK(repeated_fails("SELECT 1", " ", PARSE_SCRIPT_BYTES_MAX, "", "bytes"));
    CHECK(repeated_fails("SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "(", 300, "A", "nesting"));
    CHECK(repeated_fails("SELECT a FROM t GROUP BY ", "CUBE(", 300, "a", "levels of nesting"));
}

/* A megabyte of rows: what a token may cost of the 64 MiB. */
static void a_full_script_of_values_fits(void)
{
    struct arena *arena = arena_new(1 << 20);
    struct buf text;
    struct ast_statement_list list;
    buf_init(&text, PARSE_SCRIPT_BYTES_MAX);
    while (text.n + 10000 < PARSE_SCRIPT_BYTES_MAX) {
        buf_add_cstr(&text, "INSERT INTO t VALUES (1,'a',2.5)");
        for (int i = 0; i < 800; i++) buf_add_cstr(&text, ",\n(1,'a',2.5)");
        buf_add_cstr(&text, ";\n");
    }
    struct err *e = parse_script(buf_slice(&text), arena, &list);
    CHECK(e == NULL && list.count > 90);
    if (e) err_print(e, stdout);
    err_free(e);
    buf_free(&text);
    arena_free(arena);
}

static void what_is_within_the_limits_is_accepted(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct buf text;
    struct ast_statement_list list;
    buf_init(&text, PARSE_SCRIPT_BYTES_MAX);
    buf_add_cstr(&text, "SELECT ");
    for (int i = 0; i < 90; i++) buf_add_cstr(&text, "(");
    buf_add_cstr(&text, "a");
    for (int i = 0; i < 90; i++) buf_add_cstr(&text, ")");
    buf_add_cstr(&text, "; SELECT a");
    for (int i = 0; i < 900; i++) buf_add_cstr(&text, " OR a");
    buf_add_cstr(&text, "; SELECT * FROM t");
    for (int i = 0; i < 100; i++) buf_add_cstr(&text, " JOIN t ON TRUE");
    struct err *e = parse_script(buf_slice(&text), arena, &list);
    CHECK(e == NULL && list.count == 3);
    err_free(e);
    buf_free(&text);
    arena_free(arena);
}

int main(void)
{
    TEST_RUN(precedence_is_calcites);
    TEST_RUN(printing_adds_only_the_parentheses_it_needs);
    TEST_RUN(position_spans_the_whole_expression);
    TEST_RUN(misspelt_keywords_get_a_suggestion);
    TEST_RUN(errors_say_what_was_expected);
    TEST_RUN(checking_reports_every_error_of_a_script);
    TEST_RUN(scripts_can_be_run_one_statement_at_a_time);
    TEST_RUN(unquoted_settings_are_taken_as_they_stand);
    TEST_RUN(limits_are_one_clear_error);
    TEST_RUN(what_is_within_the_limits_is_accepted);
    TEST_RUN(a_full_script_of_values_fits);
    return TEST_END();
}
