#include "connector/print/print.h"

#include "base/arena.h"
#include "connector/fixture_test.h"
#include "test.h"

/* Columns, one row as JSON fields, and what Flink's print connector shows of it. */
static void rows_look_as_in_flink(void)
{
    static const char *const table[][3] = {
        {"`a` STRING, `b` BIGINT, `c` BOOLEAN", "{\"a\":\"a b\",\"b\":1,\"c\":true}",
            "+I[a b, 1, true]"},
        {"`a` STRING", "{}", "+I[null]"},
        {"`a` DOUBLE, `b` FLOAT", "{\"a\":1e10,\"b\":0.1}", "+I[1.0E10, 0.1]"},
        {"`a` DECIMAL(10, 2), `b` DECIMAL(12, 10)", "{\"a\":1.5,\"b\":0.0000001}",
            "+I[1.50, 1.000E-7]"},
        {"`a` DATE, `b` TIME(0), `c` TIME(3)",
            "{\"a\":\"2020-01-02\",\"b\":\"12:34:00\",\"c\":\"12:34:56.5\"}",
            "+I[2020-01-02, 12:34, 12:34:56.500]"},
        {"`a` TIMESTAMP(3), `b` TIMESTAMP(9)",
            "{\"a\":\"2020-01-02 00:00:00\",\"b\":\"2020-01-02 03:04:05.000001\"}",
            "+I[2020-01-02T00:00, 2020-01-02T03:04:05.000001]"},
        {"`a` TIMESTAMP_LTZ(3), `b` TIMESTAMP_LTZ(3)",
            "{\"a\":\"2020-01-02 00:00:00Z\",\"b\":\"2020-01-02 03:04:05.1Z\"}",
            "+I[2020-01-02T00:00:00Z, 2020-01-02T03:04:05.100Z]"},
        {"`a` ARRAY<INT>, `b` MAP<STRING, INT>, `c` ROW<`x` INT, `y` STRING>",
            "{\"a\":[1,null],\"b\":{\"k\":2},\"c\":{\"x\":1}}",
            "+I[[1, null], {k=2}, +I[1, null]]"},
        {"`a` BYTES", "{\"a\":\"AQL/\"}", "+I[[1, 2, -1]]"},
    };
    struct options none = {NULL, 0};
    static struct bad_records bad;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture f;
        fixture_init(&f, env_system(), table[i][0], (const char *[]){NULL});
        struct batch *b = batch_new(f.params.schema, 1);
        struct decoder *d;
        struct format_params p = {.options = &none, .schema = f.params.schema};
        const struct format_def *json = format_find(SLICE("json"));
        uint64_t skipped = 0;
        char padded[512] = "";
        snprintf(padded, sizeof padded, "%s", table[i][1]);
        struct slice record = slice_of(padded);
        CHECK(fixture_good(json->decoder_new(&p, &d)));
        CHECK(fixture_good(json->decode(d, &record, 1, b, &bad, &skipped)) && b->rows == 1);
        json->decoder_free(d);
        struct buf out;
        buf_init(&out, 4096);
        print_row(b, 0, &out);
        if (strcmp(buf_cstr(&out), table[i][2]) != 0) printf("# got %s\n", buf_cstr(&out));
        CHECK(strcmp(buf_cstr(&out), table[i][2]) == 0);
        buf_free(&out);
        batch_free(b);
        fixture_free(&f);
    }
}

int main(void)
{
    TEST_RUN(rows_look_as_in_flink);
    return TEST_END();
}
