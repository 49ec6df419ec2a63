/* ingest_segment.h - one file of an ingest log: its bytes, and what makes them trustworthy. Who
 * writes when is decided by ingest_log.c.
 *
 * A position counts the bytes of records since the log's beginning, over all segments. Segment
 * `first` holds the records from position first on, without gaps, and is called by it. */
#pragma once
#include "base/env.h"

enum {
    INGEST_PAGE_BYTES = 4096,
    INGEST_HEADER_BYTES = 3 * INGEST_PAGE_BYTES, /* before the records */
    INGEST_RECORD_HEADER_BYTES = 32
};
#define INGEST_BODY_BYTES_MAX ((size_t)1 << 30)

struct ingest_segment {
    struct env *env;
    struct env_file *file;
    char *path;
    uint64_t id;             /* of the log: random, the same in all its segments */
    uint64_t first;          /* position of its first record */
    uint64_t capacity_bytes; /* for records, as allocated */
};

/* One body as it was posted. */
struct ingest_record {
    uint64_t position;
    uint64_t next; /* position of the record behind it */
    uint32_t kind; /* enum ingest_body_kind */
    uint32_t count;
    int64_t arrived_ms;
    struct slice body;
};

/* What a slot of the header says. Two take turns, so that one is whole whenever the power fails. */
struct ingest_slot {
    uint64_t sequence;     /* the higher one holds */
    uint64_t acknowledged; /* all before was answered with 2xx; the rest may have been */
    uint64_t begin;        /* all before is no longer needed */
};

/* Bytes of the record with such a body. */
static inline uint64_t ingest_segment_record_bytes(size_t body_bytes)
{
    return INGEST_RECORD_HEADER_BYTES + body_bytes;
}

/* Makes, fills with zeros, syncs and names the file, so that it is there after a power failure.
 * ERR_DISK_FULL leaves nothing behind. */
MUST_USE struct err *ingest_segment_create(struct env *env, const char *directory, uint64_t id,
    const struct ingest_slot *slot, uint64_t first, uint64_t capacity_bytes,
    struct ingest_segment *out);
/* Of an existing file: ERR_CORRUPT names it. */
MUST_USE struct err *ingest_segment_open(
    struct env *env, const char *directory, uint64_t first, struct ingest_segment *out);
void ingest_segment_close(struct ingest_segment *s);

MUST_USE struct err *ingest_segment_write_slot(
    const struct ingest_segment *s, const struct ingest_slot *slot);
/* The one that holds; *damaged: the other cannot be read, which is what an interrupted write of it
 * looks like. ERR_CORRUPT when neither can. */
MUST_USE struct err *ingest_segment_read_slot(
    const struct ingest_segment *s, struct ingest_slot *out, bool *damaged);

/* Encodes at `to`, which has room; r->next is set. */
void ingest_segment_put_record(char *to, uint64_t id, struct ingest_record *r);

enum ingest_parse {
    INGEST_RECORD,
    INGEST_MORE,  /* `need` bytes from its start are needed */
    INGEST_BLANK, /* zeros: nothing was written here */
    INGEST_BAD
};
/* The record at the start of `bytes`, which is at `position`. */
enum ingest_parse ingest_segment_parse(
    struct slice bytes, uint64_t id, uint64_t position, struct ingest_record *out, size_t *need);

static inline uint64_t ingest_segment_offset(const struct ingest_segment *s, uint64_t position)
{
    return INGEST_HEADER_BYTES + (position - s->first);
}
