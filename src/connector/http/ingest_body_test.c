/* Records in bodies: where they begin and end, whatever a body holds. */
#include "connector/http/ingest_body.h"

#include "base/arena.h"
#include "test.h"

enum { MAX = 64 };

static const struct format_def *format(const char *name)
{
    return format_find(slice_of(name));
}

/* The records of the body joined with '|', taken `step` at a time and, like after a restart, from
 * nothing but the position. */
static const char *split_by(struct arena *a, uint32_t kind, const char *text, uint32_t step)
{
    struct buf out;
    struct slice records[MAX];
    buf_init(&out, 4096);
    struct ingest_body b = {.format = format("json"), .kind = kind, .bytes = slice_of(text)};
    uint32_t total = ingest_body_count(&b), n, all = 0;
    size_t at = 0;
    do {
        b.at = at;
        b.record = all;
        n = ingest_body_next(&b, records, step);
        for (uint32_t i = 0; i < n; i++) {
            if (all + i) buf_add_char(&out, '|');
            buf_add_slice(&out, records[i]);
        }
        all += n;
        at = b.at;
        CHECK(b.record == all);
    } while (n > 0 && all < MAX);
    CHECK(all == total);
    const char *joined = slice_to_cstr(a, buf_slice(&out));
    buf_free(&out);
    return joined;
}

static bool splits(uint32_t kind, const char *text, const char *expected)
{
    struct arena *a = arena_new(4096);
    bool same = true;
    for (uint32_t step = 1; step <= 5; step += 2) {
        const char *got = split_by(a, kind, text, step);
        if (strcmp(got, expected) != 0) {
            printf("# '%s' gave '%s'\n", text, got);
            same = false;
        }
    }
    arena_free(a);
    return same;
}

static void lines_are_records_and_blank_ones_none(void)
{
    CHECK(splits(INGEST_BODY_LINES, "", ""));
    CHECK(splits(INGEST_BODY_LINES, "a", "a"));
    CHECK(splits(INGEST_BODY_LINES, "a\n", "a"));
    CHECK(splits(INGEST_BODY_LINES, "\n\na\n \r\nb b\n\n", "a|b b"));
    CHECK(splits(INGEST_BODY_LINES, "[1,\n2]", "[1,|2]"));
}

static void json_values_are_records(void)
{
    CHECK(splits(INGEST_BODY_JSON, " \n", ""));
    CHECK(splits(INGEST_BODY_JSON, "{\"a\": {\"b\": [1, 2]}}", "{\"a\": {\"b\": [1, 2]}}"));
    CHECK(splits(INGEST_BODY_JSON, "{\n \"a\": 1\n}\n{\"a\": 2} {\"a\":3}\n",
        "{\n \"a\": 1\n}|{\"a\": 2}|{\"a\":3}"));
    CHECK(splits(INGEST_BODY_JSON, "{\"}\": \"\\\"{\"}{}", "{\"}\": \"\\\"{\"}|{}"));
    CHECK(splits(INGEST_BODY_JSON, "1 \"a b\" null", "1|\"a b\"|null"));
}

static void value_without_an_end_is_one_record_with_the_rest(void)
{
    CHECK(splits(INGEST_BODY_JSON, "{\"a\": 1}\n{\"b\n{\"c\": 2}", "{\"a\": 1}|{\"b\n{\"c\": 2}"));
    CHECK(splits(INGEST_BODY_JSON, "} {}", "} {}"));
    CHECK(splits(INGEST_BODY_JSON, "\"\\", "\"\\"));
}

static void elements_of_an_array_are_records(void)
{
    CHECK(splits(INGEST_BODY_JSON, "[]", ""));
    CHECK(splits(INGEST_BODY_JSON, " [ \n] ", ""));
    CHECK(splits(INGEST_BODY_JSON, "[{\"a\":[1,{}]}]", "{\"a\":[1,{}]}"));
    CHECK(splits(INGEST_BODY_JSON, " [ {\"a\":1} ,\n{\"b\":\"],\"},3 , \"x\"\n]\n",
        "{\"a\":1}|{\"b\":\"],\"}|3|\"x\""));
}

static void byte_order_mark_is_not_a_record(void)
{
    CHECK(splits(INGEST_BODY_JSON, "\xef\xbb\xbf", ""));
    CHECK(splits(INGEST_BODY_JSON, "\xef\xbb\xbf{\"a\":1}\n{\"a\":2}", "{\"a\":1}|{\"a\":2}"));
    CHECK(splits(INGEST_BODY_JSON, "\xef\xbb\xbf [{\"a\":1}, 2]", "{\"a\":1}|2"));
    CHECK(splits(INGEST_BODY_JSON, "1 \xef\xbb\xbf", "1|\xef\xbb\xbf")); /* only the first */
}

static void array_that_is_none_to_its_end_is_one_record(void)
{
    static const char *const bad[] = {"[", "[{}", "[{},", "[{},]", "[,{}]", "[{} {}]", "[{}] x",
        "[{}}", "[{]}", "[\"", "[{}][{}]", "[1 2]", "[[]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(splits(INGEST_BODY_JSON, bad[i], bad[i]));
}

static void whole_bodies_and_unknown_kinds_are_one_record(void)
{
    CHECK(splits(INGEST_BODY_WHOLE, "a\n\nb\n", "a\n\nb\n"));
    CHECK(splits(99, "[1]", "[1]"));
}

static void quoted_lines_of_csv_stay_together(void)
{
    static const struct type_field fields[] = {{{"a", 1}, NULL}, {{"b", 1}, NULL}};
    struct arena *a = arena_new(4096);
    struct type_field columns[] = {fields[0], fields[1]};
    columns[0].type = columns[1].type = type_string();
    const struct schema *schema = schema_new(a, columns, 2);
    struct format_params p = {
        .options = &(struct options){0}, .schema = schema, .table_schema = schema};
    struct ingest_body b = {
        .format = format("csv"), .kind = INGEST_BODY_CSV, .bytes = SLICE("1,\"x\ny\"\n\n2,z")};
    struct decoder *d;
    struct slice records[MAX];
    struct err *e = b.format->decoder_new(&p, &d);
    CHECK(!e);
    b.decoder = d;
    CHECK(ingest_body_count(&b) == 2 && ingest_body_next(&b, records, MAX) == 2);
    CHECK(slice_eq(records[0], SLICE("1,\"x\ny\"")) && slice_eq(records[1], SLICE("2,z")));
    b.format->decoder_free(d);
    arena_free(a);
}

static void content_type_says_how_a_body_is_split(void)
{
    const struct format_def *json = format("json");
    CHECK(ingest_body_kind(json, SLICE("application/json")) == INGEST_BODY_JSON);
    CHECK(ingest_body_kind(json, (struct slice){0}) == INGEST_BODY_JSON);
    CHECK(
        ingest_body_kind(json, SLICE("Application/X-NDJSON; charset=utf-8")) == INGEST_BODY_LINES);
    CHECK(ingest_body_kind(format("csv"), SLICE("application/json")) == INGEST_BODY_CSV);
    CHECK(ingest_body_kind(format("raw"), SLICE("text/plain")) == INGEST_BODY_WHOLE);
}

static void a_type_of_something_else_does_not_fit(void)
{
    static const char *const general[] = {"", " ", "text/plain", "Text/Plain; charset=utf-8",
        "application/octet-stream", "application/x-www-form-urlencoded", NULL};
    static const char *const json[] = {"application/json", "APPLICATION/JSON;charset=utf-8",
        "application/x-ndjson", "application/jsonl", "application/json-lines", "text/json",
        "application/cloudevents+json", NULL};
    static const char *const csv[] = {
        "text/csv; header=absent", "application/csv", "text/tab-separated-values", NULL};
    static const char *const other[] = {
        "application/xml", "multipart/form-data; boundary=json", "image/png", "json", NULL};
    const char *const *const types[] = {general, json, csv, other};
    static const bool fits[3][4] = {
        {true, true, false, false}, {true, false, true, false}, {true, true, true, true}};
    static const char *const formats[] = {"json", "csv", "raw"};
    for (int f = 0; f < 3; f++) {
        CHECK(ingest_body_type_fits(format(formats[f]), (struct slice){0}));
        for (int k = 0; k < 4; k++)
            for (int i = 0; types[k][i]; i++)
                CHECK(
                    ingest_body_type_fits(format(formats[f]), slice_of(types[k][i])) == fits[f][k]);
    }
}

int main(void)
{
    TEST_RUN(lines_are_records_and_blank_ones_none);
    TEST_RUN(json_values_are_records);
    TEST_RUN(value_without_an_end_is_one_record_with_the_rest);
    TEST_RUN(elements_of_an_array_are_records);
    TEST_RUN(byte_order_mark_is_not_a_record);
    TEST_RUN(array_that_is_none_to_its_end_is_one_record);
    TEST_RUN(whole_bodies_and_unknown_kinds_are_one_record);
    TEST_RUN(quoted_lines_of_csv_stay_together);
    TEST_RUN(a_type_of_something_else_does_not_fit);
    TEST_RUN(content_type_says_how_a_body_is_split);
    return TEST_END();
}
