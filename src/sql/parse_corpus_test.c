/* Files of statements: what Flink accepts and refuses, and the scripts people write. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "test.h"

enum { FILE_BYTES_MAX = PARSE_SCRIPT_BYTES_MAX, TEXT_BYTES_MAX = 1 << 16 };

static struct slice read_file(struct arena *arena, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", TEST_FOLDER, name);
    FILE *f = fopen(path, "rb");
    char *text = arena_alloc(arena, FILE_BYTES_MAX);
    size_t n = f ? fread(text, 1, FILE_BYTES_MAX, f) : 0;
    if (f) fclose(f);
    CHECK(n > 0);
    return (struct slice){text, n};
}

/* Printed text parses to a tree that prints the same text. */
static bool round_trips(const struct ast_statement *s)
{
    struct arena *arena = arena_new(4096);
    struct buf once, twice;
    struct ast_statement_list list = {0};
    buf_init(&once, TEXT_BYTES_MAX);
    buf_init(&twice, TEXT_BYTES_MAX);
    print_statement(&once, s);
    struct err *e = parse_script(buf_slice(&once), arena, &list);
    if (!e && list.count == 1) print_statement(&twice, list.items[0]);
    bool ok = !e && list.count == 1 && list.items[0]->kind == s->kind && !once.overflow &&
              slice_eq(buf_slice(&once), buf_slice(&twice));
    if (!ok)
        printf(
            "# printed: %s\n# again: %s\n", buf_cstr(&once), e ? err_message(e) : buf_cstr(&twice));
    err_free(e);
    buf_free(&once);
    buf_free(&twice);
    arena_free(arena);
    return ok;
}

static bool accepts(struct slice line)
{
    struct arena *arena = arena_new(4096);
    struct ast_statement_list list;
    struct err *e = parse_script(line, arena, &list);
    bool ok = !e && list.count == 1 && round_trips(list.items[0]);
    if (!ok) printf("# %.*s: %s\n", (int)line.n, line.p, e ? err_message(e) : "see above");
    err_free(e);
    arena_free(arena);
    return ok;
}

static bool refuses(struct slice line)
{
    struct arena *arena = arena_new(4096);
    struct ast_statement_list list;
    struct err *e = parse_script(line, arena, &list);
    struct text_pos pos = e ? err_pos(e) : (struct text_pos){0};
    bool ok = e && pos.line >= 1 && pos.offset + pos.size_bytes <= line.n;
    if (!ok) printf("# accepted, or without a place: %.*s\n", (int)line.n, line.p);
    err_free(e);
    arena_free(arena);
    return ok;
}

static void check_lines(const char *name, bool (*check)(struct slice line))
{
    struct arena *arena = arena_new(4096);
    struct slice text = read_file(arena, name);
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        struct slice line = {text.p, end ? (size_t)(end - text.p) : text.n};
        text = (struct slice){text.p + line.n + (end != NULL), text.n - line.n - (end != NULL)};
        if (line.n > 0 && !(line.n > 2 && memcmp(line.p, "-- ", 3) == 0)) CHECK(check(line));
    }
    arena_free(arena);
}

static void check_script(const char *name, size_t statements)
{
    struct arena *arena = arena_new(4096);
    struct parse_report report;
    parse_check(read_file(arena, name), arena, &report);
    CHECK(report.error_count == 0);
    CHECK(report.statements.count == statements);
    for (size_t i = 0; i < report.statements.count; i++)
        CHECK(round_trips(report.statements.items[i]));
    for (size_t i = 0; i < report.error_count; i++) {
        err_print(report.errors[i], stdout);
        err_free(report.errors[i]);
    }
    arena_free(arena);
}

static void what_flink_accepts_is_accepted(void)
{
    check_lines("accepted.sql", accepts);
}

static void what_only_weir_accepts_is_known(void)
{
    check_lines("only_weir.sql", accepts);
}

static void what_flink_refuses_is_refused(void)
{
    check_lines("refused.sql", refuses);
}

static void what_only_flink_accepts_is_known(void)
{
    check_lines("only_flink.sql", refuses);
}

static void nexmark_parses_and_round_trips(void)
{
    check_script("nexmark.sql", 36);
}

static void scripts_parse_and_round_trip(void)
{
    check_script("scripts.sql", 30);
}

int main(void)
{
    TEST_RUN(what_flink_accepts_is_accepted);
    TEST_RUN(what_only_weir_accepts_is_known);
    TEST_RUN(what_flink_refuses_is_refused);
    TEST_RUN(what_only_flink_accepts_is_known);
    TEST_RUN(nexmark_parses_and_round_trips);
    TEST_RUN(scripts_parse_and_round_trip);
    return TEST_END();
}
