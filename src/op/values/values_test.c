#include "op/values/values.h"

#include "base/arena.h"
#include "op/harness.h"
#include "test.h"

static void rows_come_once_and_from_one_subtask(void)
{
    struct arena *a = arena_new(4096);
    struct value rows[3][1] = {{{.i64 = 1}}, {{.null = true}}, {{.i64 = 3}}};
    const struct value *list[] = {rows[0], rows[1], rows[2]};
    struct values_params p = {harness_schema(a, "a INT"), list, 3};
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &values_op, .params = &p, .output = "a INT", .batch_rows = 2, .subtasks = 2});
    harness_poll(h);
    CHECK(strcmp(harness_changelog(h), "+I [1]\n+I [null]\n+I [3]\n") == 0);
    harness_restart(h, 3);
    harness_poll(h);
    CHECK(strcmp(harness_changelog(h), "+I [1]\n+I [null]\n+I [3]\n") == 0);
    CHECK(!harness_error(h)[0]);
    harness_free(h);
    arena_free(a);
}

int main(void)
{
    TEST_RUN(rows_come_once_and_from_one_subtask);
    return TEST_END();
}
