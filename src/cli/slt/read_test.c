#include "cli/slt/read.h"

#include "base/arena.h"
#include "test.h"

static struct slt_file parse(struct arena *a, const char *text)
{
    struct slt_file f = {0};
    struct err *e = slt_read(a, "t.slt", slice_of(text), &f);
    if (e) err_print(e, stdout);
    CHECK(!e);
    err_free(e);
    return f;
}

/* The message, or "" when the text is accepted. */
static const char *refusal(struct arena *a, const char *text, uint32_t line)
{
    struct slt_file f;
    struct err *e = slt_read(a, "t.slt", slice_of(text), &f);
    if (!e) return "";
    CHECK(err_pos(e).line == line);
    char *message = str_fmt(a, "%s", err_message(e));
    err_free(e);
    return message;
}

static bool is(struct slice s, const char *text)
{
    return slice_eq(s, slice_of(text));
}

static void blocks_end_at_blank_lines(void)
{
    struct arena *a = arena_new(1024);
    struct slt_file f = parse(a, "# a comment\n"
                                 "statement ok\n"
                                 "CREATE TABLE t (a INT);\n"
                                 "SET 'x' = 'y'\n"
                                 "\n"
                                 "# another\n"
                                 "input t split 2\n"
                                 "[1]\n"
                                 "-D [2]\n"
                                 "  \n"
                                 "checkpoint");
    CHECK(f.block_count == 3);
    CHECK(f.blocks[0].verb == SLT_STATEMENT && !f.blocks[0].error);
    CHECK(is(f.blocks[0].body, "CREATE TABLE t (a INT);\nSET 'x' = 'y'"));
    CHECK(f.blocks[1].verb == SLT_INPUT && is(f.blocks[1].name, "t") && f.blocks[1].split == 2);
    CHECK(f.blocks[1].line == 6 && f.blocks[1].body_to == 9);
    CHECK(is(f.blocks[1].body, "[1]\n-D [2]"));
    CHECK(f.blocks[2].verb == SLT_CHECKPOINT && f.blocks[2].body.n == 0);
    arena_free(a);
}

static void quotes_and_comments_hide_blank_lines_and_rules(void)
{
    struct arena *a = arena_new(1024);
    struct slt_file f = parse(a, "query\n"
                                 "SELECT 'it''s\n"
                                 "\n"
                                 "----\n"
                                 "', `a\n"
                                 "\n"
                                 "b` /* one\n"
                                 "\n"
                                 "*/ -- '\n"
                                 "----\n"
                                 "[1]\n"
                                 "\n"
                                 "end\n");
    CHECK(f.block_count == 2);
    CHECK(f.blocks[0].body_to == 9);
    CHECK(f.blocks[0].has_expected);
    CHECK(f.blocks[0].expected_from == 10 && f.blocks[0].expected_to == 11);
    CHECK(f.blocks[1].verb == SLT_END && f.blocks[1].name.n == 0);
    arena_free(a);
}

static void words_behind_verbs_are_read(void)
{
    struct arena *a = arena_new(1024);
    struct slt_file f = parse(a, "statement error Column 'x' not found\nSELECT x\n\n"
                                 "query types ordered\nSELECT 1\n----\n: INT\n[1]\n\n"
                                 "query error\nSELECT 1\n\n"
                                 "explain changelog_mode\nSELECT 1\n----\nplan\n\n"
                                 "job counts\nSELECT 1\n\n"
                                 "script ../a b.sql\n\n"
                                 "watermark t split 1 2026-01-01 00:00:00\n\n"
                                 "idle t split 3\n\n"
                                 "clock +10 s\n\n"
                                 "restart workers=3 batch=7\n\n"
                                 "expect t changelog\n----\n+I [1]\n\n"
                                 "expect job error by zero\n");
    const struct slt_block *b = f.blocks;
    CHECK(f.block_count == 12);
    CHECK(b[0].error && is(b[0].error_text, "Column 'x' not found"));
    CHECK(b[1].types && b[1].ordered && !b[1].error);
    CHECK(b[2].error && b[2].error_text.n == 0);
    CHECK(b[3].verb == SLT_EXPLAIN && b[3].changelog);
    CHECK(is(b[4].name, "counts"));
    CHECK(is(b[5].name, "../a b.sql"));
    CHECK(b[6].split == 1 && is(b[6].time, "2026-01-01 00:00:00"));
    CHECK(b[7].verb == SLT_IDLE && b[7].split == 3);
    CHECK(is(b[8].time, "+10 s"));
    CHECK(b[9].workers == 3 && b[9].batch == 7);
    CHECK(is(b[10].name, "t") && b[10].changelog && !b[10].error);
    CHECK(b[11].error && is(b[11].error_text, "by zero"));
    arena_free(a);
}

static void conditions_belong_to_the_next_block(void)
{
    struct arena *a = arena_new(1024);
    struct slt_file f = parse(a, "onlyif engine=weir\n"
                                 "# why\n"
                                 "skipif batch=1\n"
                                 "checkpoint\n"
                                 "\n"
                                 "end\n");
    CHECK(f.block_count == 2);
    CHECK(f.blocks[0].condition_count == 2 && f.blocks[1].condition_count == 0);
    CHECK(f.blocks[0].conditions[0].only && is(f.blocks[0].conditions[0].key, "engine"));
    CHECK(!f.blocks[0].conditions[1].only && is(f.blocks[0].conditions[1].value, "1"));
    arena_free(a);
}

static void windows_line_ends_are_no_part_of_lines(void)
{
    struct arena *a = arena_new(1024);
    struct slt_file f = parse(a, "expect t\r\n----\r\n[1]\r\n\r\nend\r\n");
    CHECK(f.block_count == 2);
    CHECK(is(f.blocks[0].name, "t"));
    CHECK(f.blocks[0].has_expected && is(f.lines[f.blocks[0].expected_from], "[1]"));
    arena_free(a);
}

static void mistakes_are_named_with_their_line(void)
{
    struct arena *a = arena_new(1024);
    CHECK(strstr(refusal(a, "\nexpct t\n", 2), "unknown verb 'expct'"));
    CHECK(strstr(refusal(a, "checkpoint\nend\n", 1), "blank line"));
    CHECK(strstr(refusal(a, "statement\nSELECT 1\n", 1), "statement ok"));
    CHECK(strstr(refusal(a, "statement ok\n", 1), "needs SQL"));
    CHECK(strstr(refusal(a, "input\n[1]\n", 1), "name of a table"));
    CHECK(strstr(refusal(a, "input t split x\n[1]\n", 1), "'split' needs"));
    CHECK(strstr(refusal(a, "input t what\n[1]\n", 1), "does not take 'what'"));
    CHECK(strstr(refusal(a, "query order\nSELECT 1\n", 1), "query [ordered]"));
    CHECK(strstr(refusal(a, "restart workers=0\n", 1), "workers=1..128"));
    CHECK(strstr(refusal(a, "expect t\n[1]\n", 1), "----"));
    CHECK(strstr(refusal(a, "expect t rows\n----\n", 1), "expect TABLE"));
    CHECK(strstr(refusal(a, "clock\n", 1), "clock TIME"));
    CHECK(strstr(refusal(a, "onlyif flink\nend\n", 1), "KEY=VALUE"));
    CHECK(strstr(refusal(a, "end\n\nskipif batch=1\n", 3), "no block"));
    CHECK(*refusal(a, "", 0) == '\0');
    arena_free(a);
}

int main(void)
{
    TEST_RUN(blocks_end_at_blank_lines);
    TEST_RUN(quotes_and_comments_hide_blank_lines_and_rules);
    TEST_RUN(words_behind_verbs_are_read);
    TEST_RUN(conditions_belong_to_the_next_block);
    TEST_RUN(windows_line_ends_are_no_part_of_lines);
    TEST_RUN(mistakes_are_named_with_their_line);
    return TEST_END();
}
