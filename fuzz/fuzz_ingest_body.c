/* Splits arbitrary bytes into records as each kind of body: whatever the step, and also when each
 * step begins anew from the position of the last one, the records are the same, in order, within
 * the body, apart from each other, and as many as were counted. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "connector/http/ingest_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PADDING = 64, STEP_MAX = 7 };

static uint64_t split(const struct ingest_body *whole, uint32_t count, uint32_t step)
{
    struct slice records[STEP_MAX];
    struct ingest_body b = *whole;
    const char *last = b.bytes.p;
    uint64_t sum = 0;
    uint32_t all = 0, n;
    do {
        struct ingest_body next = *whole; /* nothing but the position is known */
        next.at = b.at;
        next.record = b.record;
        b = next;
        n = ingest_body_next(&b, records, step);
        for (uint32_t i = 0; i < n; i++) {
            ASSERT(records[i].n > 0 && records[i].p >= last);
            last = records[i].p + records[i].n;
            ASSERT(last <= b.bytes.p + b.bytes.n);
            sum = hash_combine(sum, hash_bytes(records[i].p, records[i].n, 0));
        }
        all += n;
        ASSERT(b.at <= b.bytes.n && b.record == all);
    } while (n > 0);
    ASSERT(all == count);
    return sum;
}

static void look(const char *bytes, size_t size, enum ingest_body_kind kind, struct decoder *csv)
{
    struct ingest_body b = {.format = format_find(csv ? SLICE("csv") : SLICE("json")),
        .decoder = csv,
        .kind = kind,
        .bytes = {bytes, size}};
    uint32_t count = ingest_body_count(&b);
    ASSERT(b.at == 0 && b.record == 0 && (size > 0 || count == 0));
    uint64_t sum = split(&b, count, 1);
    ASSERT(split(&b, count, STEP_MAX) == sum && split(&b, count, 3) == sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1024);
    struct type_field field = {SLICE("a"), type_string()};
    const struct schema *schema = schema_new(a, &field, 1);
    struct options none = {0};
    struct format_params p = {.options = &none, .schema = schema, .table_schema = schema};
    struct decoder *csv;
    char *padded = mem_alloc(size + PADDING);
    if (size) memcpy(padded, data, size);
    ASSERT(!format_find(SLICE("csv"))->decoder_new(&p, &csv));
    look(padded, size, INGEST_BODY_JSON, NULL);
    look(padded, size, INGEST_BODY_LINES, NULL);
    look(padded, size, INGEST_BODY_WHOLE, NULL);
    look(padded, size, INGEST_BODY_CSV, csv);
    format_find(SLICE("csv"))->decoder_free(csv);
    mem_free(padded);
    arena_free(a);
    return 0;
}
