/* bad_log.h - bad records of a source on their way to its 'errors.table': the connector adds them
 * while it polls, the source operator takes them out after each poll. One thread. */
#pragma once
#include "base/mem.h"
#include "format/format.h"

enum { BAD_LOG_PAYLOAD_BYTES_MAX = 64 << 10 };

struct bad_entry {
    struct slice position; /* "FILE:LINE", or the offset in a log and the record's number */
    struct slice field;    /* p NULL: the record as a whole is bad */
    struct slice reason;
    struct slice payload;
};

struct bad_log;

struct bad_log *bad_log_new(struct mem_budget *budget); /* charged with what is kept */
void bad_log_free(struct bad_log *log);                 /* NULL is allowed */
/* Copies everything; of a payload only the first BAD_LOG_PAYLOAD_BYTES_MAX, and the reason says so.
 * A source stops reading when there is something here: what is kept is one batch's records. */
void bad_log_add(struct bad_log *log, const struct bad_entry *entry);
size_t bad_log_count(const struct bad_log *log);
const struct bad_entry *bad_log_get(const struct bad_log *log, size_t index);
void bad_log_clear(struct bad_log *log);

/* format->decode, and then each(context, ..) for every bad record in order, however many there are:
 * when they are too many for `bad`, the records are decoded again in small runs. bad->count and
 * *skipped are those of all records. */
struct bad_decode {
    const struct format_def *format;
    struct decoder *decoder;
    const struct slice *records;
    uint32_t count;
    struct bad_records *bad;
    void (*each)(void *context, const struct bad_record *bad);
    void *context;
};
MUST_USE struct err *bad_log_decode(
    const struct bad_decode *d, struct batch *out, uint64_t *skipped);
