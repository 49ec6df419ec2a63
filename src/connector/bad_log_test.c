#include "connector/bad_log.h"

#include "base/arena.h"
#include "base/mem.h"
#include "test.h"

enum { PADDING = 64, RECORDS = 500 };

static struct arena *arena;

static struct slice padded(const char *text)
{
    size_t n = strlen(text);
    char *copy = ARENA_ARRAY(arena, char, n + PADDING);
    memcpy(copy, text, n);
    return (struct slice){copy, n};
}

struct seen {
    uint32_t count;
    uint32_t records[RECORDS];
};

static void see(void *context, const struct bad_record *b)
{
    struct seen *s = context;
    s->records[s->count++] = b->record;
}

/* Two of three records are bad; good ones come in objects with a duplicate, and in arrays. */
static void all_bad_records_are_described(void)
{
    static struct bad_records bad;
    static struct seen seen;
    const struct type *t;
    struct options none = {NULL, 0};
    struct slice records[RECORDS];
    CHECK(type_parse(arena, SLICE("ROW<`a` INT>"), &t) == NULL);
    struct format_params p = {
        .options = &none, .schema = schema_new(arena, t->fields, t->field_count)};
    const struct format_def *json = format_find(SLICE("json"));
    for (uint32_t i = 0; i < RECORDS; i++)
        records[i] = padded(i % 3        ? "{\"a\":\"x\"}"
                            : i % 2 == 0 ? str_fmt(arena, "{\"a\":1,\"a\":%u}", i)
                                         : str_fmt(arena, "[{\"a\":%u},{\"a\":%u}]", i, i));
    struct bad_decode d = {.format = json,
        .records = records,
        .count = RECORDS,
        .bad = &bad,
        .each = see,
        .context = &seen};
    struct batch *b = batch_new(p.schema, 1000);
    uint64_t skipped = 0;
    CHECK(json->decoder_new(&p, &d.decoder) == NULL);
    CHECK(bad_log_decode(&d, b, &skipped) == NULL);
    CHECK(b->rows == 84 + 2 * 83 && b->capacity == 1000 && skipped == 0);
    CHECK(bad.count == 333 && seen.count == 333);
    for (uint32_t i = 0; i < seen.count; i++) CHECK(seen.records[i] == i / 2 * 3 + 1 + i % 2);
    CHECK(d.decoder->duplicate_keys == 84); /* once, though decoded twice */
    const int32_t *values = b->columns[0]->data;
    CHECK(values[0] == 0 && values[1] == 3 && values[2] == 3 && values[3] == 6);
    json->decoder_free(d.decoder);
    batch_free(b);
}

static void records_left_out_by_option_are_described_on_demand(void)
{
    static struct bad_records bad;
    static const struct option pairs[] = {{{"ignore-parse-errors", 19}, {"true", 4}, {0}}};
    static const char *const formats[] = {"json", "csv"};
    const struct type *t;
    CHECK(type_parse(arena, SLICE("ROW<`a` INT, `b` INT>"), &t) == NULL);
    struct options ignore = {pairs, 1};
    struct format_params p = {
        .options = &ignore, .schema = schema_new(arena, t->fields, t->field_count)};
    for (int f = 0; f < 2; f++)
        for (int describes = 0; describes < 2; describes++) {
            const struct format_def *format = format_find(slice_of(formats[f]));
            struct slice record = padded(f == 0 ? "{\"a\":" : "1,\"x");
            struct decoder *d;
            struct batch *b = batch_new(p.schema, 4);
            uint64_t skipped = 0;
            bad.count = 0;
            CHECK(format->decoder_new(&p, &d) == NULL);
            d->describes_all = describes;
            CHECK(format->decode(d, &record, 1, b, &bad, &skipped) == NULL);
            CHECK(b->rows == 0 && skipped == (describes ? 0 : 1));
            CHECK(bad.count == (describes ? 1 : 0));
            format->decoder_free(d);
            batch_free(b);
        }
}

static void a_long_payload_is_cut_and_says_so(void)
{
    struct mem_budget budget = {.name = "test"};
    struct bad_log *log = bad_log_new(&budget);
    char *text = ARENA_ARRAY(arena, char, BAD_LOG_PAYLOAD_BYTES_MAX + 1);
    memset(text, 'x', BAD_LOG_PAYLOAD_BYTES_MAX + 1);
    struct bad_entry e = {SLICE("f:1"), {NULL, 0}, SLICE("bad"), {text, BAD_LOG_PAYLOAD_BYTES_MAX}};
    bad_log_add(log, &e);
    e.payload.n++;
    e.field = SLICE("a");
    bad_log_add(log, &e);
    CHECK(bad_log_count(log) == 2);
    const struct bad_entry *whole = bad_log_get(log, 0), *cut = bad_log_get(log, 1);
    CHECK(!whole->field.p && whole->payload.n == BAD_LOG_PAYLOAD_BYTES_MAX);
    CHECK(slice_eq(whole->reason, SLICE("bad")) && slice_eq(whole->position, SLICE("f:1")));
    CHECK(slice_eq(cut->field, SLICE("a")) && cut->payload.n == BAD_LOG_PAYLOAD_BYTES_MAX);
    CHECK(slice_eq(cut->reason, SLICE("bad; of the record the first 65536 bytes are kept")));
    CHECK(budget.used_bytes > 0);
    bad_log_clear(log);
    CHECK(bad_log_count(log) == 0);
    bad_log_free(log);
    CHECK(budget.used_bytes == 0);
}

int main(void)
{
    arena = arena_new(4096);
    TEST_RUN(all_bad_records_are_described);
    TEST_RUN(records_left_out_by_option_are_described_on_demand);
    TEST_RUN(a_long_payload_is_cut_and_says_so);
    arena_free(arena);
    return TEST_END();
}
