#include "connector/bad_log.h"

#include "base/arena.h"
#include "base/check.h"

enum { BLOCK_BYTES = 64 << 10 };

struct bad_log {
    struct arena *arena; /* texts */
    struct bad_entry *entries;
    size_t count, capacity;
};

struct bad_log *bad_log_new(struct mem_budget *budget)
{
    struct bad_log *log = mem_alloc(sizeof *log);
    log->arena = arena_new(BLOCK_BYTES);
    if (budget) arena_charge(log->arena, budget);
    return log;
}

void bad_log_free(struct bad_log *log)
{
    if (!log) return;
    arena_free(log->arena);
    mem_free(log->entries);
    mem_free(log);
}

void bad_log_add(struct bad_log *log, const struct bad_entry *entry)
{
    struct arena *a = log->arena;
    if (log->count == log->capacity) {
        log->capacity = log->capacity ? 2 * log->capacity : 64;
        log->entries = mem_realloc(log->entries, log->capacity * sizeof *log->entries);
    }
    struct bad_entry *e = &log->entries[log->count++];
    *e = (struct bad_entry){.position = slice_copy(a, entry->position)};
    if (entry->field.p) e->field = slice_copy(a, entry->field);
    struct slice payload = entry->payload;
    bool cut = payload.n > BAD_LOG_PAYLOAD_BYTES_MAX;
    if (cut) payload.n = BAD_LOG_PAYLOAD_BYTES_MAX;
    e->payload = slice_copy(a, payload);
    e->reason = !cut ? slice_copy(a, entry->reason)
                     : slice_of(str_fmt(a, "%.*s; of the record the first %d bytes are kept",
                           (int)entry->reason.n, entry->reason.p, BAD_LOG_PAYLOAD_BYTES_MAX));
}

size_t bad_log_count(const struct bad_log *log)
{
    return log->count;
}

const struct bad_entry *bad_log_get(const struct bad_log *log, size_t index)
{
    ASSERT(index < log->count);
    return &log->entries[index];
}

void bad_log_clear(struct bad_log *log)
{
    log->count = 0;
    arena_reset(log->arena);
}

/* ---- decoding ---- */

static void give(const struct bad_decode *d, uint32_t first)
{
    for (uint32_t i = 0; i < d->bad->count; i++) {
        struct bad_record b = d->bad->records[i];
        b.record += first;
        d->each(d->context, &b);
    }
}

/* A record that gives several rows leaves room for those after it: in small runs it must see the
 * same room. */
static struct err *decode_runs(const struct bad_decode *d, struct batch *out)
{
    uint32_t capacity = out->capacity, total = 0;
    uint64_t skipped = 0;
    for (uint32_t first = 0; first < d->count; first += BAD_RECORDS_MAX) {
        uint32_t left = d->count - first;
        uint32_t n = left < BAD_RECORDS_MAX ? left : BAD_RECORDS_MAX;
        out->capacity = capacity - (left - n);
        d->bad->count = 0;
        TRY(d->format->decode(d->decoder, d->records + first, n, out, d->bad, &skipped));
        ASSERT(d->bad->count <= BAD_RECORDS_MAX);
        give(d, first);
        total += d->bad->count;
    }
    out->capacity = capacity;
    d->bad->count = total;
    return NULL;
}

struct err *bad_log_decode(const struct bad_decode *d, struct batch *out, uint64_t *skipped)
{
    uint32_t rows = out->rows;
    uint64_t duplicate_keys = d->decoder->duplicate_keys;
    d->bad->count = 0;
    TRY(d->format->decode(d->decoder, d->records, d->count, out, d->bad, skipped));
    if (d->bad->count <= BAD_RECORDS_MAX) {
        give(d, 0);
        return NULL;
    }
    out->rows = rows;
    d->decoder->duplicate_keys = duplicate_keys;
    return decode_runs(d, out);
}
