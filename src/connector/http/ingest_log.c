#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "connector/http/ingest_log_private.h"
#include "connector/http/ingest_recovery.h"

#define SEGMENT_BYTES (UINT64_C(64) << 20)
/* Only whole segments are trimmed, so the last one stays. With a quarter of the log for it and at
 * most that for a body, a log that has been read always has room for the next body. */
#define SEGMENTS_MIN 4

void ingest_log__say(const struct ingest_log *l, const char *text)
{
    if (l->params.say) l->params.say(l->params.context, text);
}

/* ---- writing ---- */

enum ingest_queued ingest_log_append(struct ingest_log *l, struct ingest_append *a)
{
    ASSERT(a->body.n > 0 && a->body.n <= l->params.body_bytes_max);
    uint64_t bytes = ingest_segment_record_bytes(a->body.n);
    mutex_lock(&l->mutex);
    uint64_t first = l->segment_count ? l->segments[0].first : l->end;
    l->is_full = l->queued - first + bytes > l->params.bytes_max;
    enum ingest_queued result = l->refuses   ? INGEST_LOG_REFUSES
                                : l->is_full ? INGEST_LOG_FULL
                                             : INGEST_QUEUED;
    if (result == INGEST_QUEUED) {
        bool idle = !l->first;
        a->next = NULL;
        *l->last = a;
        l->last = &a->next;
        l->queued += bytes;
        if (idle) condition_broadcast(&l->changed);
    }
    mutex_unlock(&l->mutex);
    return result;
}

void ingest_log_refuse(struct ingest_log *l)
{
    mutex_lock(&l->mutex);
    l->refuses = true;
    mutex_unlock(&l->mutex);
}

/* ---- reading ---- */

uint64_t ingest_log_id(struct ingest_log *l)
{
    mutex_lock(&l->mutex);
    uint64_t id = l->id;
    mutex_unlock(&l->mutex);
    return id;
}

void ingest_log_range(struct ingest_log *l, uint64_t *first, uint64_t *end)
{
    mutex_lock(&l->mutex);
    *first = l->segment_count ? l->segments[0].first : l->end;
    *end = l->end;
    mutex_unlock(&l->mutex);
}

uint64_t ingest_log_taken(struct ingest_log *l)
{
    mutex_lock(&l->mutex);
    uint64_t position = l->queued;
    mutex_unlock(&l->mutex);
    return position;
}

/* The last segment that begins at or before the position. Its file stays open: the reader's mark is
 * at or before it. */
static struct ingest_segment find_segment(struct ingest_log *l, uint64_t position, uint64_t *limit)
{
    struct ingest_segment found = {0};
    mutex_lock(&l->mutex);
    *limit = l->end;
    for (uint32_t i = 0; i < l->segment_count && l->segments[i].first <= position; i++) {
        found = l->segments[i];
        *limit = i + 1 < l->segment_count ? l->segments[i + 1].first : l->end;
    }
    mutex_unlock(&l->mutex);
    return found;
}

struct err *ingest_log_read(struct ingest_log *l, struct ingest_scan *scan, uint64_t position,
    bool keep, struct ingest_record *out, enum ingest_parse *parse)
{
    uint64_t limit;
    const struct ingest_segment s = find_segment(l, position, &limit);
    *parse = INGEST_BLANK;
    if (position >= limit) return NULL;
    TRY(ingest_scan_next(scan, &s, position, limit, keep, out, parse));
    if (*parse == INGEST_BLANK || *parse == INGEST_BAD)
        FAIL(ERR_CORRUPT, "'%s', byte %llu: an acknowledged record is damaged", s.path,
            (unsigned long long)ingest_segment_offset(&s, position));
    return NULL;
}

void ingest_log_stats(struct ingest_log *l, struct ingest_log_stats *out)
{
    *out = (struct ingest_log_stats){0};
    mutex_lock(&l->mutex);
    for (uint32_t i = 0; i < l->segment_count; i++)
        out->disk_bytes += INGEST_HEADER_BYTES + l->segments[i].capacity_bytes;
    out->is_full = l->is_full;
    out->is_unwritten = l->is_unwritten;
    if (l->segment_count) out->held_bytes = l->end - l->segments[0].first;
    for (const struct ingest_cursor *c = l->cursors; c; c = c->next)
        if (c->seen < l->end && l->end - c->seen > out->unread_bytes)
            out->unread_bytes = l->end - c->seen;
    mutex_unlock(&l->mutex);
}

/* ---- life cycle ---- */

static uint64_t choose_segment_bytes(const struct ingest_log_params *p)
{
    uint64_t most = p->bytes_max / SEGMENTS_MIN;
    uint64_t bytes = most < SEGMENT_BYTES ? most : SEGMENT_BYTES;
    if (p->segment_bytes) bytes = p->segment_bytes;
    uint64_t least = ingest_segment_record_bytes(p->body_bytes_max);
    return bytes > least ? bytes : least; /* any body fits into an empty one */
}

static struct err *lock(struct ingest_log *l)
{
    char who[ENV_PROCESS_CHARS], holder[ENV_HOLDER_CHARS];
    env_process_name(who);
    const char *folder = l->params.directory;
    TRY(env_make_durable(l->params.env, folder));
    TRY(env_lock_folder(l->params.env, folder, who, &l->lock, holder));
    if (l->lock) return env_lock_identity(l->params.env, folder, &l->lock_identity);
    return err_hint(ERR(ERR_IO, "the ingest log in '%s' is in use by %s", folder, holder),
        "A log belongs to one process at a time; 'log.dir' = '...' takes another folder.");
}

static void say_damaged(const struct ingest_log *l, const struct ingest_reservation *r)
{
    struct arena *a = arena_new(1024);
    ingest_log__say(l, str_fmt(a, "%s: '%s' is damaged: it names no job", l->params.owner,
                           ingest_reservation_path(&l->reservations, a, r->hash)));
    arena_free(a);
}

static struct err *recover(struct ingest_log *l)
{
    struct ingest_recovery r = {.env = l->params.env,
        .directory = l->params.directory,
        .capacity_bytes = l->segment_bytes,
        .say = l->params.say,
        .context = l->params.context};
    struct err *e = ingest_recovery_run(&r);
    l->segments = r.segments;
    l->segment_count = r.count;
    l->slot = r.slot;
    l->begin = r.slot.begin;
    l->end = l->queued = r.end;
    if (e) return e;
    /* What the last process had noted and did not come to: a job must not go on from there. */
    ingest_log__finish_trim(l);
    l->reservations =
        (struct ingest_reservations){.env = l->params.env, .directory = l->params.directory};
    TRY(ingest_reservations_load(&l->reservations));
    for (const struct ingest_reservation *n = l->reservations.first; n; n = n->next)
        if (!n->job) say_damaged(l, n);
    l->id = r.count ? r.segments[0].id : 0;
    return NULL;
}

struct err *ingest_log_open(const struct ingest_log_params *params, struct ingest_log **out)
{
    struct ingest_log *l = mem_alloc(sizeof *l);
    l->params = *params;
    l->params.directory = mem_strdup(params->directory);
    l->params.owner = mem_strdup(params->owner);
    l->segment_bytes = choose_segment_bytes(params);
    l->last = &l->first;
    mutex_init(&l->mutex);
    condition_init(&l->changed);
    struct err *e = lock(l);
    if (!e) e = recover(l);
    if (!e) e = thread_start(&l->thread, "weir-log", ingest_log__run, l);
    l->has_thread = !e;
    if (e) {
        ingest_log_close(l);
        return e;
    }
    *out = l;
    return NULL;
}

void ingest_log_close(struct ingest_log *l)
{
    if (!l) return;
    mutex_lock(&l->mutex);
    l->closing = true;
    condition_broadcast(&l->changed);
    mutex_unlock(&l->mutex);
    if (l->has_thread) thread_join(&l->thread);
    for (uint32_t i = 0; i < l->segment_count; i++) ingest_segment_close(&l->segments[i]);
    ingest_log__free_marks(l);
    if (l->lock) l->params.env->def->close(l->lock);
    mem_free(l->segments);
    mem_free(l->buffer);
    condition_deinit(&l->changed);
    mutex_deinit(&l->mutex);
    mem_free((void *)(uintptr_t)l->params.directory);
    mem_free((void *)(uintptr_t)l->params.owner);
    mem_free(l);
}
