/* format.h - contract of formats: many records to columns, rows to bytes. A record that cannot be
 * decoded is never an err: it is listed, and the connector's policy decides. */
#pragma once
#include "base/option.h"
#include "vec/batch.h"

struct time_zone;

/* How records are told apart in a stream of bytes (files). Kafka-like connectors have their own. */
enum format_framing {
    FORMAT_LINES,    /* '\n', a '\r' before it is dropped by the format if it wants to */
    FORMAT_LINES_CSV /* as LINES, but a newline inside quotes belongs to the record */
};

/* One record that could not be decoded. */
struct bad_record {
    uint32_t record; /* index in the decode call */
    uint32_t column; /* of the output schema; UINT32_MAX when the record as a whole is bad */
    uint32_t offset; /* byte in the record where it went wrong */
    char reason[160];
};
enum { BAD_RECORDS_MAX = 64 }; /* listed in detail; more are counted */
struct bad_records {
    uint32_t count; /* all of them; the first BAD_RECORDS_MAX are described */
    struct bad_record records[BAD_RECORDS_MAX];
};

/* Notes one; the reason is cut at its size. */
void format_bad_record(struct bad_records *bad, uint32_t record, uint32_t column, size_t offset,
    const char *fmt, ...) PRINTF(5, 6);

struct format_params {
    const struct options *options;
    const struct schema *schema; /* the columns to decode or encode: projection is pushed down */
    const struct schema *table_schema; /* all columns of a record in order, for formats that go by
                                          position; NULL: the same as schema */
    const struct time_zone *zone;
};

struct decoder {
    const struct format_def *def; /* the implementation's struct starts with this */
    /* Counted by decode: members of a record that a later one of the same name has replaced. */
    uint64_t duplicate_keys;
    /* Set by the owner: records that 'ignore-parse-errors' leaves out are described as bad, too,
     * instead of being counted as skipped. */
    bool describes_all;
};
struct encoder {
    const struct format_def *def;
};

struct format_def {
    const char *name;
    const char *doc;
    enum format_framing framing;
    bool reads_arrays;                /* a record that is an array is a row for each element */
    row_kinds kinds;                  /* what decode can produce; ROW_KINDS_INSERT_ONLY for most */
    const struct option_def *options; /* names without the format's prefix: "ignore-parse-errors" */
    MUST_USE struct err *(*validate)(const struct format_params *p); /* may be NULL */
    MUST_USE struct err *(*decoder_new)(const struct format_params *p, struct decoder **out);
    /* Appends one row per good record to `out` (columns = schema; room is the caller's business:
     * count ≤ out->capacity - out->rows). The bytes of `records` live as long as `out`'s contents:
     * strings may be borrowed from them; 64 readable bytes follow each record's buffer (SIMD).
     * skipped: with ignore-parse-errors, records left out (counted, not described). */
    MUST_USE struct err *(*decode)(struct decoder *d, const struct slice *records, uint32_t count,
        struct batch *out, struct bad_records *bad, uint64_t *skipped);
    /* For FORMAT_LINES_CSV: bytes of the record at the start of `bytes`, that is the offset of its
     * '\n'; SIZE_MAX when its end is not there yet. NULL: the next '\n'. */
    size_t (*record_end)(const struct decoder *d, struct slice bytes);
    void (*decoder_free)(struct decoder *d);
    MUST_USE struct err *(*encoder_new)(const struct format_params *p, struct encoder **out);
    /* Appends rows first .. first + count - 1 as records without framing; ends[i] = out->n after
     * row i. */
    MUST_USE struct err *(*encode)(struct encoder *e, const struct batch *b, uint32_t first,
        uint32_t count, struct buf *out, size_t *ends);
    void (*encoder_free)(struct encoder *e);
};

/* A record that is several rows: it may need all the room of a batch, so it is decoded alone. */
static inline bool format_is_array(const struct format_def *f, struct slice record)
{
    if (!f->reads_arrays) return false;
    size_t i = record.n >= 3 && memcmp(record.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < record.n && memchr(" \t\r\n", record.p[i], 4)) i++;
    return i < record.n && record.p[i] == '[';
}

const struct format_def *format_find(struct slice name);
const struct format_def *const *format_all(size_t *count);
