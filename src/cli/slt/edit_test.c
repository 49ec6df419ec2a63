#include "cli/slt/edit.h"

#include "base/arena.h"
#include "test.h"

/* Applies the edits that `change` makes to the file and compares with the text wanted. */
static bool gives(const char *text, void (*change)(struct slt_edits *e, const struct slt_file *f),
    const char *want)
{
    struct arena *a = arena_new(1024);
    struct slt_file f;
    struct err *e = slt_read(a, "t.slt", slice_of(text), &f);
    CHECK(!e);
    struct slt_edits edits = {.arena = a};
    change(&edits, &f);
    struct slice got = slt_edit_apply(&edits, &f);
    bool same = slice_eq(got, slice_of(want));
    if (!same) printf("# got:\n%.*s\n", (int)got.n, got.p);
    arena_free(a);
    return same;
}

static void nothing(struct slt_edits *e, const struct slt_file *f)
{
    (void)e, (void)f;
}

static void without_edits_every_byte_stays(void)
{
    const char *text = "# c  \n\n\nquery \nSELECT 1\r\n----\n[1]\n\n\n# end, no newline";
    CHECK(gives(text, nothing, text));
}

static void two_rows(struct slt_edits *e, const struct slt_file *f)
{
    struct slice lines[] = {SLICE("[7]"), SLICE("[8]")};
    slt_edit_expected(e, &f->blocks[0], lines, 2);
}

static void expected_lines_are_replaced(void)
{
    CHECK(gives("expect t\n----\n[1]\n[2]\n[3]\n\n# stays\n", two_rows,
        "expect t\n----\n[7]\n[8]\n\n# stays\n"));
    CHECK(gives("expect t\n----\n\nend\n", two_rows, "expect t\n----\n[7]\n[8]\n\nend\n"));
    CHECK(gives("expect t\n----", two_rows, "expect t\n----\n[7]\n[8]\n"));
}

static void a_missing_rule_is_added(void)
{
    CHECK(gives("query\nSELECT 1\n\nend\n", two_rows, "query\nSELECT 1\n----\n[7]\n[8]\n\nend\n"));
    CHECK(gives("query\nSELECT 1", two_rows, "query\nSELECT 1\n----\n[7]\n[8]\n"));
}

static void new_lines_end_as_the_first_one(void)
{
    CHECK(gives("expect t\r\n----\r\n[1]\r\n", two_rows, "expect t\r\n----\r\n[7]\r\n[8]\r\n"));
}

static void turned(struct slt_edits *e, const struct slt_file *f)
{
    slt_edit_drop_expected(e, &f->blocks[1]);
    slt_edit_header(e, &f->blocks[1], SLICE("query error no such thing"));
    slt_edit_header(e, &f->blocks[0], SLICE("statement error again"));
}

static void blocks_are_turned_round(void)
{
    CHECK(gives("statement ok\nA\n\n# why\nquery types\nSELECT 1\n----\n: INT\n[1]\n\nend\n",
        turned, "statement error again\nA\n\n# why\nquery error no such thing\nSELECT 1\n\nend\n"));
}

int main(void)
{
    TEST_RUN(without_edits_every_byte_stays);
    TEST_RUN(expected_lines_are_replaced);
    TEST_RUN(a_missing_rule_is_added);
    TEST_RUN(new_lines_end_as_the_first_one);
    TEST_RUN(blocks_are_turned_round);
    return TEST_END();
}
