/* Decodes arbitrary bytes with a wide schema, in both policies; what was decoded is written as JSON
 * and must decode to the same rows. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "format/format.h"

enum { PADDING = 64, ROWS = 64 };

static const char columns[] =
    "ROW<`a` INT, `b` STRING, `c` DOUBLE, `d` DECIMAL(12, 3), `e` BOOLEAN, `f` TIMESTAMP(3), "
    "`g` TIMESTAMP_LTZ(9), `h` DATE, `i` TIME(3), `j` BYTES, `k` ARRAY<BIGINT>, "
    "`l` MAP<STRING, STRING>, `m` ROW<`x` TINYINT, `y` ARRAY<ROW<`z` FLOAT>>>, `n` SMALLINT, "
    "`o` MAP<STRING, MAP<STRING, INT>>, `p` MULTISET<STRING>>";

static struct batch *decode(const struct format_def *f, const struct format_params *p,
    struct slice record, uint32_t *bad_count)
{
    static struct bad_records bad;
    struct decoder *d;
    uint64_t skipped = 0;
    bad.count = 0;
    char *padded = mem_alloc(record.n + PADDING);
    memcpy(padded, record.p, record.n);
    struct slice copy = {padded, record.n};
    struct batch *b = batch_new(p->schema, ROWS);
    ASSERT(!f->decoder_new(p, &d));
    ASSERT(!f->decode(d, &copy, 1, b, &bad, &skipped));
    f->decoder_free(d);
    batch_verify(b);
    /* Strings may be borrowed from the record: copy before it goes. */
    struct batch *kept = batch_new(p->schema, ROWS);
    batch_append_range(kept, b, 0, b->rows);
    batch_free(b);
    mem_free(padded);
    ASSERT(bad.count + skipped <= 1 && (kept->rows == 0 || bad.count == 0));
    for (uint32_t i = 0; i < bad.count; i++) ASSERT(bad.records[i].reason[0]);
    *bad_count = bad.count;
    return kept;
}

static void check_round_trip(
    const struct format_def *f, const struct format_params *p, const struct batch *b, uint32_t row)
{
    struct encoder *e;
    struct buf out;
    size_t end;
    uint32_t bad;
    buf_init(&out, 64 << 20);
    ASSERT(!f->encoder_new(p, &e));
    ASSERT(!f->encode(e, b, row, 1, &out, &end) && !out.overflow && end == out.n);
    f->encoder_free(e);
    struct batch *again = decode(f, p, buf_slice(&out), &bad);
    ASSERT(again->rows == 1);
    for (uint32_t i = 0; i < p->schema->count; i++)
        ASSERT(column_rows_equal(b->columns[i], row, again->columns[i], 0));
    batch_free(again);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct option ignore[] = {
        {.key = {"ignore-parse-errors", 19}, .value = {"true", 4}}};
    struct arena *a = arena_new(4096);
    const struct type *row;
    ASSERT(!type_parse(a, slice_of(columns), &row));
    const struct schema *schema = schema_new(a, row->fields, row->field_count);
    const struct format_def *f = format_find(SLICE("json"));
    for (uint32_t policy = 0; policy < 2; policy++) {
        struct options o = {ignore, policy};
        struct format_params p = {.options = &o, .schema = schema};
        uint32_t bad;
        struct batch *b = decode(f, &p, (struct slice){(const char *)data, size}, &bad);
        for (uint32_t i = 0; i < b->rows; i++) check_round_trip(f, &p, b, i);
        batch_free(b);
    }
    arena_free(a);
    return 0;
}
