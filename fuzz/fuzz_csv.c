/* Decodes arbitrary bytes with a wide schema under several dialects (the first byte chooses), finds
 * record ends in them, and checks that rows of text survive being written and read again. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "format/format.h"

enum { PADDING = 64, ROWS = 8 };

static const char wide[] =
    "ROW<`a` INT, `b` STRING, `c` DOUBLE, `d` DECIMAL(12, 3), `e` BOOLEAN, `f` TIMESTAMP(3), "
    "`g` TIMESTAMP_LTZ(9), `h` DATE, `i` TIME(3), `j` BYTES, `k` ARRAY<BIGINT>, "
    "`l` ROW<`x` TINYINT, `y` STRING>, `m` ARRAY<STRING>>";
static const char texts[] = "ROW<`a` STRING, `b` STRING, `c` BYTES>";

#define OPTION(k, v)                                             \
    {                                                            \
        .key = {k, sizeof(k) - 1}, .value = { v, sizeof(v) - 1 } \
    }
static const struct option all_options[] = {OPTION("ignore-parse-errors", "true"),
    OPTION("trim-spaces", "true"), OPTION("allow-comments", "true"),
    OPTION("escape-character", "\\"), OPTION("null-literal", "nil"),
    OPTION("field-delimiter", "\\t"), OPTION("ignore-trailing-unmappable", "true"),
    OPTION("disable-quote-character", "true")};

static const struct schema *schema_of(struct arena *a, const char *text)
{
    const struct type *row;
    ASSERT(!type_parse(a, slice_of(text), &row));
    return schema_new(a, row->fields, row->field_count);
}

static struct batch *decode(
    const struct format_def *f, const struct format_params *p, struct slice record)
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
    size_t end = f->record_end(d, copy);
    ASSERT(end == SIZE_MAX || (end < record.n && padded[end] == '\n'));
    ASSERT(!f->decode(d, &copy, 1, b, &bad, &skipped));
    f->decoder_free(d);
    batch_verify(b);
    struct batch *kept = batch_new(p->schema, ROWS);
    batch_append_range(kept, b, 0, b->rows);
    batch_free(b);
    mem_free(padded);
    ASSERT(bad.count + skipped + kept->rows <= 1);
    return kept;
}

static void check_round_trip(
    const struct format_def *f, const struct format_params *p, const struct batch *b)
{
    struct encoder *e;
    struct buf out;
    size_t end;
    buf_init(&out, 64 << 20);
    ASSERT(!f->encoder_new(p, &e));
    ASSERT(!f->encode(e, b, 0, 1, &out, &end) && !out.overflow && end == out.n);
    f->encoder_free(e);
    struct batch *again = decode(f, p, buf_slice(&out));
    ASSERT(again->rows == 1);
    for (uint32_t i = 0; i < p->schema->count; i++)
        ASSERT(column_rows_equal(b->columns[i], 0, again->columns[i], 0));
    batch_free(again);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    struct arena *a = arena_new(4096);
    struct option chosen[8];
    struct options o = {chosen, 0};
    for (uint32_t i = 0; i < 8; i++)
        if (data[0] >> i & 1) chosen[o.count++] = all_options[i];
    struct slice record = {(const char *)data + 1, size - 1};
    const struct format_def *f = format_find(SLICE("csv"));
    struct format_params p = {.options = &o, .schema = schema_of(a, wide)};
    batch_free(decode(f, &p, record));
    /* With quotes and nothing that changes a text, text is not lost. */
    struct options plain = {NULL, 0};
    struct format_params q = {.options = &plain, .schema = schema_of(a, texts)};
    struct batch *b = decode(f, &q, record);
    if (b->rows) check_round_trip(f, &q, b);
    batch_free(b);
    arena_free(a);
    return 0;
}
