#include "op/sink/sink.h"

#include "base/arena.h"
#include "op/harness.h"
#include "test.h"

static struct arena *arena;

static void check_text(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

static struct op_harness *open(struct sink_params *p, const char *input, const char *table)
{
    p->table.connector = "collect";
    p->table.name = "t";
    p->table.schema = harness_schema(arena, table);
    return harness_new(&(struct harness_params){.def = &sink_op, .params = p, .inputs = {input}});
}

static const char nulls[] = "[1, \"a\"]\n[null, \"b\"]\n-D [3, null]\n";

static void null_into_not_null_fails_or_is_dropped(void)
{
    struct sink_params p = {.not_null = SINK_NOT_NULL_ERROR};
    struct op_harness *h = open(&p, "a INT, b STRING", "x INT NOT NULL, y STRING");
    harness_feed(h, 0, nulls);
    CHECK(
        strstr(harness_error(h), "Column 'x' is NOT NULL, however, a null value is being written"));
    harness_free(h);
    p.not_null = SINK_NOT_NULL_DROP;
    h = open(&p, "a INT, b STRING", "x INT NOT NULL, y STRING");
    harness_feed(h, 0, nulls);
    check_text(harness_changelog(h), "+I [1, \"a\"]\n-D [3, null]\n");
    harness_free(h);
}

static void an_upsert_sink_gets_no_update_before(void)
{
    struct sink_params p = {.drop_update_before = true};
    struct op_harness *h = open(&p, "a INT", "a INT");
    harness_feed(h, 0, "[1]\n-U [1]\n+U [2]\n-U [2]\n-D [2]\n");
    check_text(harness_changelog(h), "+I [1]\n+U [2]\n-D [2]\n");
    harness_free(h);
}

static void lengths_are_ignored_fitted_or_refused(void)
{
    static const char input[] = "c STRING, v STRING, b BYTES";
    static const char table[] = "c CHAR(3), v VARCHAR(3), b BINARY(2)";
    static const char rows[] =
        "[\"\xc3\xa4\", \"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\", \"0x010203\"]\n"
        "[null, \"ab\", \"0x01\"]\n";
    struct sink_params p = {.length = SINK_LENGTH_IGNORE};
    struct op_harness *h = open(&p, input, table);
    harness_feed(h, 0, rows);
    CHECK(strstr(harness_changelog(h), "0x010203"));
    harness_free(h);
    p.length = SINK_LENGTH_TRIM_PAD;
    h = open(&p, input, table);
    harness_feed(h, 0, rows);
    check_text(harness_changelog(h),
        "+I [\"\xc3\xa4  \", \"\xc3\xa4\xc3\xb6\xc3\xbc\", \"0x0102\"]\n"
        "+I [null, \"ab\", \"0x0100\"]\n");
    harness_free(h);
    p.length = SINK_LENGTH_ERROR;
    h = open(&p, input, table);
    harness_feed(h, 0, rows);
    CHECK(strstr(harness_error(h), "Column 'c' is CHAR/VARCHAR(3)"));
    harness_free(h);
}

int main(void)
{
    arena = arena_new(4096);
    TEST_RUN(null_into_not_null_fails_or_is_dropped);
    TEST_RUN(an_upsert_sink_gets_no_update_before);
    TEST_RUN(lengths_are_ignored_fitted_or_refused);
    arena_free(arena);
    return TEST_END();
}
