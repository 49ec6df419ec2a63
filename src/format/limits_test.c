/* Every limit on records: one below it is read, one above is a bad record. */
#include "base/arena.h"
#include "base/mem.h"
#include "format/format.h"
#include "test.h"

enum { PADDING = 64 };

static struct arena *arena;
static struct bad_records bad;
static uint64_t duplicate_keys; /* of the last record */

/* Rows that came out of one record; the reason of a bad one is in `bad`. */
static uint32_t rows_of(const char *format, const char *columns, struct slice record)
{
    const struct type *t;
    struct options none = {NULL, 0};
    struct decoder *d;
    uint64_t skipped = 0;
    CHECK(type_parse(arena, slice_of(columns), &t) == NULL);
    struct format_params p = {
        .options = &none, .schema = schema_new(arena, t->fields, t->field_count)};
    const struct format_def *f = format_find(slice_of(format));
    struct batch *b = batch_new(p.schema, 4);
    bad.count = 0;
    CHECK(f->decoder_new(&p, &d) == NULL);
    CHECK(f->decode(d, &record, 1, b, &bad, &skipped) == NULL);
    duplicate_keys = d->duplicate_keys;
    f->decoder_free(d);
    uint32_t rows = b->rows;
    batch_free(b);
    return rows;
}

static bool is_bad(const char *reason)
{
    bool good = bad.count == 1 && strstr(bad.records[0].reason, reason);
    if (!good) printf("# got: %s\n", bad.count ? bad.records[0].reason : "no bad record");
    return good;
}

/* before + count times `middle` + after, padded */
static struct slice repeat(const char *before, const char *middle, size_t count, const char *after)
{
    struct buf b;
    buf_init(&b, 64 << 20);
    buf_add_cstr(&b, before);
    for (size_t i = 0; i < count; i++) buf_add_cstr(&b, middle);
    buf_add_cstr(&b, after);
    size_t n = b.n;
    for (int i = 0; i < PADDING; i++) buf_add_char(&b, '\0');
    struct slice s = slice_copy(arena, buf_slice(&b));
    buf_free(&b);
    return (struct slice){s.p, n};
}

static struct slice nested(size_t depth)
{
    char *close = ARENA_ARRAY(arena, char, depth + 2);
    memset(close, ']', depth);
    close[depth] = '}';
    return repeat("{\"x\":", "[", depth, close);
}

static void json_nests_64_levels(void)
{
    CHECK(rows_of("json", "ROW<`a` INT>", nested(63)) == 1);
    CHECK(rows_of("json", "ROW<`a` INT>", nested(64)) == 0 && is_bad("deeper than 64"));
    CHECK(rows_of("json", "ROW<`x` STRING>", nested(63)) == 1);
    CHECK(rows_of("json", "ROW<`x` STRING>", nested(500000)) == 0 && is_bad("deeper than 64"));
}

static uint64_t duplicates_of(const char *record)
{
    CHECK(rows_of("json", "ROW<`a` INT, `r` ROW<`b` INT>>", repeat(record, "", 0, "")) == 1);
    return duplicate_keys;
}

static void json_counts_members_that_come_again(void)
{
    CHECK(duplicates_of("{\"a\":1,\"r\":{\"b\":2}}") == 0);
    CHECK(duplicates_of("{\"a\":1,\"a\":2,\"a\":3}") == 2);
    CHECK(duplicates_of("{\"r\":{\"b\":2,\"b\":3},\"a\":1}") == 1);
    CHECK(duplicates_of("{\"z\":1,\"z\":2}") == 0); /* nobody reads it */
}

static void json_names_have_64_kib(void)
{
    CHECK(rows_of("json", "ROW<`a` INT>", repeat("{\"", "k", 64 << 10, "\":1}")) == 1);
    CHECK(rows_of("json", "ROW<`a` INT>", repeat("{\"", "k", (64 << 10) + 1, "\":1}")) == 0);
    CHECK(is_bad("longer than 64 KiB"));
    CHECK(
        rows_of("json", "ROW<`a` INT>", repeat("{\"b\":{\"", "k", (64 << 10) + 1, "\":1}}")) == 0);
    CHECK(is_bad("longer than 64 KiB"));
}

static void json_objects_have_10000_members(void)
{
    CHECK(rows_of("json", "ROW<`a` INT>", repeat("{\"a\":1", ",\"b\":1", 9999, "}")) == 1);
    CHECK(rows_of("json", "ROW<`a` INT>", repeat("{\"a\":1", ",\"b\":1", 10000, "}")) == 0);
    CHECK(is_bad("more than 10000 members"));
    CHECK(rows_of("json", "ROW<`a` INT>", repeat("{\"c\":{\"a\":1", ",\"b\":1", 10000, "}}")) == 0);
    CHECK(is_bad("more than 10000 members"));
    CHECK(rows_of("json", "ROW<`m` MAP<STRING, INT>>",
              repeat("{\"m\":{\"a\":1", ",\"b\":1", 9999, "}}")) == 1);
}

static void json_numbers_have_128_characters(void)
{
    CHECK(rows_of("json", "ROW<`a` DOUBLE>", repeat("{\"a\":", "1", 128, "}")) == 1);
    CHECK(rows_of("json", "ROW<`a` DOUBLE>", repeat("{\"a\":", "1", 129, "}")) == 0);
    CHECK(rows_of("json", "ROW<`b` INT>", repeat("{\"a\":", "1", 129, "}")) == 0);
    CHECK(is_bad("longer than 128"));
    /* No integer is rounded on its way. */
    CHECK(
        rows_of("json", "ROW<`a` BIGINT>", repeat("{\"a\":922337203685477580", "7", 1, "}")) == 1);
    CHECK(
        rows_of("json", "ROW<`a` BIGINT>", repeat("{\"a\":922337203685477580", "8", 1, "}")) == 0);
    CHECK(is_bad("out of range"));
}

static void records_have_8_mib(void)
{
    size_t n = (8 << 20) - 8;
    CHECK(rows_of("json", "ROW<`a` STRING>", repeat("{\"a\":\"", "x", n, "\"}")) == 1);
    CHECK(rows_of("json", "ROW<`a` STRING>", repeat("{\"a\":\"", "x", n + 1, "\"}")) == 0);
    CHECK(is_bad("longer than 8 MiB"));
    CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("", "x", (8 << 20) + 1, "")) == 0);
    CHECK(is_bad("longer than 8 MiB"));
}

static void csv_fields_have_1_mib_and_records_4096_of_them(void)
{
    CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("", "x", 1 << 20, "")) == 1);
    CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("", "x", (1 << 20) + 1, "")) == 0);
    CHECK(is_bad("longer than 1 MiB"));
    CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("\"", "x", (1 << 20) + 1, "\"")) == 0);
    CHECK(is_bad("longer than 1 MiB"));
    CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("", ",", 4096, "")) == 0);
    CHECK(is_bad("more than 4096 fields"));
    CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("\"", "x", 1000, "")) == 0);
    CHECK(is_bad("not closed"));
}

static void utf8_is_strict(void)
{
    static const char *const wrong[] = {
        "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(rows_of("json", "ROW<`a` STRING>", repeat("{\"a\":\"", wrong[i], 1, "\"}")) == 0);
        CHECK(is_bad("invalid UTF-8"));
        CHECK(rows_of("json", "ROW<`b` INT>", repeat("{\"a\":\"", wrong[i], 1, "\"}")) == 0);
        CHECK(rows_of("csv", "ROW<`a` STRING>", repeat("x", wrong[i], 1, "")) == 0);
        CHECK(is_bad("invalid UTF-8"));
    }
    CHECK(rows_of("json", "ROW<`a` STRING>", repeat("{\"a\":\"", "\\u0000", 1, "\"}")) == 1);
}

/* The same names twice, in maps of any size: one entry each. */
static void equal_names_of_a_map_are_one_entry(void)
{
    const struct type *t;
    struct options none = {NULL, 0};
    struct decoder *d;
    uint64_t skipped = 0;
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int count = 10; count <= 1000; count *= 10) {
        buf_clear(&text);
        buf_add_cstr(&text, "{\"m\":{");
        for (int i = 0; i < 2 * count; i++)
            buf_printf(&text, "%s\"key number %d\":%d", i ? "," : "", i % count, i);
        buf_add_cstr(&text, "}}");
        struct slice record = repeat(buf_cstr(&text), "", 0, "");
        CHECK(type_parse(arena, SLICE("ROW<`m` MAP<STRING, INT>>"), &t) == NULL);
        struct format_params p = {
            .options = &none, .schema = schema_new(arena, t->fields, t->field_count)};
        const struct format_def *f = format_find(SLICE("json"));
        struct batch *b = batch_new(p.schema, 4);
        CHECK(f->decoder_new(&p, &d) == NULL);
        CHECK(f->decode(d, &record, 1, b, &bad, &skipped) == NULL && b->rows == 1);
        f->decoder_free(d);
        struct span s = ((struct span *)b->columns[0]->data)[0];
        CHECK(s.count == (uint32_t)count);
        for (uint32_t i = 0; i < s.count; i++)
            CHECK(((int32_t *)b->columns[0]->children[1]->data)[s.first + i] == (int)i + count);
        batch_free(b);
    }
    buf_free(&text);
}

static void raw_values_have_their_width(void)
{
    CHECK(rows_of("raw", "ROW<`a` BIGINT>", SLICE("12345678")) == 1);
    CHECK(rows_of("raw", "ROW<`a` BIGINT>", SLICE("1234567")) == 0 && is_bad("7 bytes"));
    CHECK(rows_of("raw", "ROW<`a` STRING>", SLICE("\xff")) == 1);
}

int main(void)
{
    arena = arena_new(1 << 20);
    TEST_RUN(json_nests_64_levels);
    TEST_RUN(json_names_have_64_kib);
    TEST_RUN(json_counts_members_that_come_again);
    TEST_RUN(json_objects_have_10000_members);
    TEST_RUN(json_numbers_have_128_characters);
    TEST_RUN(records_have_8_mib);
    TEST_RUN(csv_fields_have_1_mib_and_records_4096_of_them);
    TEST_RUN(utf8_is_strict);
    TEST_RUN(equal_names_of_a_map_are_one_entry);
    TEST_RUN(raw_values_have_their_width);
    arena_free(arena);
    return TEST_END();
}
