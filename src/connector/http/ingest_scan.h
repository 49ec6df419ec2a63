/* ingest_scan.h - reads the records of segments one after the other, in large pieces. */
#pragma once
#include "connector/http/ingest_segment.h"

struct ingest_scan {
    char *buffer; /* 64 readable bytes follow what is in it */
    size_t capacity;
    uint64_t position; /* of buffer[0] */
    size_t filled;
};

/* Zero-initialise before the first use. */
void ingest_scan_deinit(struct ingest_scan *c);

/* The record of `s` at `position`; none reaches past `limit`, a position at or before the segment's
 * end. keep: slices given before must stay valid; INGEST_MORE says that this cannot be. Otherwise
 * they are valid until the next call, and INGEST_MORE is not given. INGEST_BLANK also when less
 * than a record's header is left. */
MUST_USE struct err *ingest_scan_next(struct ingest_scan *c, const struct ingest_segment *s,
    uint64_t position, uint64_t limit, bool keep, struct ingest_record *out,
    enum ingest_parse *parse);
