#include "connector/http/ingest_scan.h"

#include "base/mem.h"

/* Some 3,000 records of 350 bytes: a batch and a half for each system call, and within L2. */
enum { PIECE_BYTES = 1 << 20, SPARE_BYTES = 64 };

void ingest_scan_deinit(struct ingest_scan *c)
{
    mem_free(c->buffer);
    *c = (struct ingest_scan){0};
}

static struct err *fill(struct ingest_scan *c, const struct ingest_segment *s, uint64_t position,
    uint64_t limit, size_t need)
{
    size_t capacity = need > PIECE_BYTES ? need : PIECE_BYTES;
    /* What one large body needed is given back with the next small one. */
    if (capacity > c->capacity || capacity < c->capacity / 2) {
        mem_free(c->buffer);
        c->capacity = capacity;
        c->buffer = mem_alloc(c->capacity + SPARE_BYTES);
    }
    size_t wanted = limit - position < c->capacity ? (size_t)(limit - position) : c->capacity;
    c->position = position;
    c->filled = 0;
    return s->env->def->read(
        s->file, ingest_segment_offset(s, position), c->buffer, wanted, &c->filled);
}

static struct slice held(const struct ingest_scan *c, uint64_t position)
{
    if (!c->filled || position < c->position || position - c->position > c->filled)
        return (struct slice){0};
    size_t skip = (size_t)(position - c->position);
    return (struct slice){c->buffer + skip, c->filled - skip};
}

struct err *ingest_scan_next(struct ingest_scan *c, const struct ingest_segment *s,
    uint64_t position, uint64_t limit, bool keep, struct ingest_record *out,
    enum ingest_parse *parse)
{
    size_t need;
    *parse = INGEST_BLANK;
    if (limit - position < INGEST_RECORD_HEADER_BYTES) return NULL;
    *parse = ingest_segment_parse(held(c, position), s->id, position, out, &need);
    if (*parse != INGEST_MORE || keep) return NULL;
    /* Twice: the header first, which says how long the record is. */
    for (int i = 0; i < 2 && *parse == INGEST_MORE; i++) {
        if (need > limit - position) break;
        TRY(fill(c, s, position, limit, need));
        *parse = ingest_segment_parse(held(c, position), s->id, position, out, &need);
    }
    if (*parse == INGEST_MORE) *parse = INGEST_BAD;
    return NULL;
}
