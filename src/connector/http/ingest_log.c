#include "connector/http/ingest_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/thread.h"
#include "connector/http/ingest_recovery.h"
#include "connector/http/ingest_reservation.h"

#define SEGMENT_BYTES (UINT64_C(64) << 20)
/* Only whole segments are trimmed, so the last one stays. With a quarter of the log for it and at
 * most that for a body, a log that has been read always has room for the next body. */
#define SEGMENTS_MIN 4
/* What one commit writes at most, unless a single body is larger: as long to write as to sync. */
#define GROUP_BYTES ((size_t)1 << 20)

enum { MARK_INTERVAL_MS = 100 }; /* how late a mark that moved by itself is written down */

struct ingest_cursor {
    char *name;
    uint64_t hold;
    uint64_t seen;
    bool left; /* by its reader */
    void (*wake)(void *context);
    void *context;
    struct ingest_cursor *next;
};

/* What fails again and again is said once, until it succeeds. */
struct trouble {
    bool said;
    enum err_code code;
};

struct ingest_log {
    struct ingest_log_params params; /* texts are the log's own */
    struct env_file *lock;
    struct thread thread;
    bool has_thread;
    struct mutex mutex;
    struct condition changed; /* something for the thread to do */

    /* Under the mutex. Segments are removed and added by the thread alone. */
    struct ingest_segment *segments;
    uint32_t segment_count;
    uint64_t begin;  /* nobody needs what is before */
    uint64_t end;    /* synced */
    uint64_t queued; /* end, and the records that wait */
    struct ingest_append *first, **last;
    struct ingest_cursor *cursors;
    bool ready, moved, closing, refuses, is_full;
    struct ingest_reservations reservations;

    uint64_t id; /* 0: nothing was ever written; changed by the thread alone */

    /* The thread's own. */
    uint64_t segment_bytes;  /* for records */
    struct ingest_slot slot; /* as written last */
    bool slot_is_synced;     /* else the other page alone is on disk for certain */
    char *buffer;
    size_t buffer_bytes;
    bool torn; /* a write failed: behind the end there may be records that were refused */
    struct trouble commits, slots, trims;
};

static void say(const struct ingest_log *l, const char *text)
{
    if (l->params.say) l->params.say(l->params.context, text);
}

static void say_error(const struct ingest_log *l, struct err *e)
{
    char text[ERR_MESSAGE_MAX];
    err_format(e, text, sizeof text);
    err_free(e);
    say(l, text);
}

/* e == NULL: it has succeeded. */
static void tell(const struct ingest_log *l, struct trouble *t, struct err *e)
{
    bool said = e && t->said && t->code == err_code(e);
    *t = (struct trouble){.said = e != NULL, .code = e ? err_code(e) : t->code};
    if (said)
        err_free(e);
    else if (e)
        say_error(l, err_wrap(e, "%s", l->params.owner));
}

static struct ingest_segment *last_segment(const struct ingest_log *l)
{
    return l->segment_count ? &l->segments[l->segment_count - 1] : NULL;
}

/* ---- marks ---- */

/* Under the mutex: nobody needs what is before it. */
static uint64_t needed_from(const struct ingest_log *l)
{
    uint64_t from = UINT64_MAX;
    if (!l->ready || !l->cursors || ingest_reservation_absent(&l->reservations)) return l->begin;
    for (const struct ingest_cursor *c = l->cursors; c; c = c->next)
        if (c->hold < from) from = c->hold;
    return from > l->begin ? from : l->begin;
}

struct ingest_cursor *ingest_log_enter(
    struct ingest_log *l, const char *name, void (*wake)(void *context), void *context)
{
    mutex_lock(&l->mutex);
    struct ingest_cursor *c = l->cursors;
    while (c && (!c->left || strcmp(c->name, name) != 0)) c = c->next;
    if (!c) {
        c = mem_alloc(sizeof *c);
        *c = (struct ingest_cursor){.name = mem_strdup(name), .hold = l->begin, .next = l->cursors};
        l->cursors = c;
    }
    c->seen = c->hold;
    c->left = false;
    c->wake = wake;
    c->context = context;
    mutex_unlock(&l->mutex);
    return c;
}

static void tell_moved(struct ingest_log *l)
{
    l->moved = true;
    condition_broadcast(&l->changed);
}

void ingest_log_hold(struct ingest_log *l, struct ingest_cursor *c, uint64_t position)
{
    mutex_lock(&l->mutex);
    if (position > c->hold) {
        c->hold = position;
        if (!l->moved) tell_moved(l);
    }
    mutex_unlock(&l->mutex);
}

void ingest_log_seen(struct ingest_log *l, struct ingest_cursor *c, uint64_t position)
{
    mutex_lock(&l->mutex);
    c->seen = position;
    mutex_unlock(&l->mutex);
}

uint64_t ingest_log_held(struct ingest_log *l, const struct ingest_cursor *c)
{
    mutex_lock(&l->mutex);
    uint64_t position = c->hold;
    mutex_unlock(&l->mutex);
    return position;
}

static void free_cursor(struct ingest_cursor *c)
{
    mem_free(c->name);
    mem_free(c);
}

void ingest_log_leave(struct ingest_log *l, struct ingest_cursor *c, bool keep)
{
    mutex_lock(&l->mutex);
    c->left = true;
    struct ingest_cursor **at = &l->cursors;
    while (*at != c) at = &(*at)->next;
    if (!keep) {
        /* The mark of the last one stays, as the log's. */
        uint64_t hold = c->hold;
        *at = c->next;
        free_cursor(c);
        bool last = !l->cursors && l->ready && !ingest_reservation_absent(&l->reservations);
        if (last && hold > l->begin) l->begin = hold;
        tell_moved(l);
    }
    mutex_unlock(&l->mutex);
}

void ingest_log_ready(struct ingest_log *l)
{
    struct arena *a = arena_new(1024);
    const char *told = NULL;
    mutex_lock(&l->mutex);
    const struct ingest_reservation *r =
        l->cursors ? ingest_reservation_absent(&l->reservations) : NULL;
    if (r)
        told = str_fmt(a,
            "%s: its log is kept for job '%s', which is not here and goes on from checkpoints; "
            "remove '%s' if it will not come back",
            l->params.owner, r->job ? r->job : "(a damaged name)",
            ingest_reservation_path(&l->reservations, a, r->hash));
    l->ready = true;
    tell_moved(l);
    mutex_unlock(&l->mutex);
    if (told) say(l, told);
    arena_free(a);
}

struct err *ingest_log_reserve(struct ingest_log *l, const char *job)
{
    mutex_lock(&l->mutex);
    struct err *e = ingest_reservation_add(&l->reservations, job);
    mutex_unlock(&l->mutex);
    return e;
}

void ingest_log_release(struct ingest_log *l, const char *job)
{
    mutex_lock(&l->mutex);
    ingest_reservation_drop(&l->reservations, job);
    tell_moved(l);
    mutex_unlock(&l->mutex);
}

/* ---- the thread: segments ---- */

_Noreturn static void die(const struct ingest_log *l, struct err *e)
{
    char text[ERR_MESSAGE_MAX];
    err_format(e, text, sizeof text);
    fprintf(stderr,
        "weir: %s: %s. After a failed sync nobody knows what is on disk, and trying again would "
        "prove nothing: the process ends here. What was acknowledged was synced before.\n",
        l->params.owner, text);
    abort();
}

static void sync_or_die(struct ingest_log *l)
{
    struct err *e = l->params.env->def->sync(last_segment(l)->file);
    if (e) die(l, e);
    l->slot_is_synced = true;
}

/* Only the thread changes the list, and reads it without the mutex; others read it under it. */
static struct err *add_segment(struct ingest_log *l)
{
    struct ingest_segment made;
    if (l->segment_count == INGEST_SEGMENTS_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "'%s' holds more than %d files", l->params.directory,
            INGEST_SEGMENTS_MAX);
    if (l->segment_count) sync_or_die(l); /* its slot, before the next one counts */
    struct ingest_slot slot = l->slot;
    slot.sequence++;
    uint64_t id = l->id ? l->id : env_random(l->params.env) | 1;
    TRY(ingest_segment_create(
        l->params.env, l->params.directory, id, &slot, l->end, l->segment_bytes, &made));
    mutex_lock(&l->mutex);
    l->id = id;
    l->slot.sequence = slot.sequence;
    l->slot_is_synced = true;
    l->segments = mem_realloc(l->segments, (l->segment_count + 1) * sizeof *l->segments);
    l->segments[l->segment_count++] = made;
    mutex_unlock(&l->mutex);
    return NULL;
}

static struct err *remove_first_segment(struct ingest_log *l)
{
    struct ingest_segment s = l->segments[0];
    TRY(l->params.env->def->remove(l->params.env, s.path));
    mutex_lock(&l->mutex);
    l->segment_count--;
    memmove(l->segments, l->segments + 1, l->segment_count * sizeof *l->segments);
    mutex_unlock(&l->mutex);
    ingest_segment_close(&s);
    /* Each by itself: a power failure must not leave a gap between two. */
    return l->params.env->def->sync_directory(l->params.env, l->params.directory);
}

static bool has_room(const struct ingest_log *l, const struct ingest_segment *s, uint64_t bytes)
{
    return s->capacity_bytes - (l->end - s->first) >= bytes;
}

/* A segment that got less than it should when the log was opened, because the disk was full. */
static struct err *complete_segment(struct ingest_log *l, struct ingest_segment *s)
{
    TRY(l->params.env->def->allocate(s->file, INGEST_HEADER_BYTES + l->segment_bytes));
    mutex_lock(&l->mutex);
    s->capacity_bytes = l->segment_bytes;
    mutex_unlock(&l->mutex);
    return NULL;
}

/* What was answered with a refusal must not come to light again, behind a later record of the same
 * length: zeros take its place. */
static struct err *cut_tail(struct ingest_log *l, struct ingest_segment *s)
{
    uint64_t used = l->end - s->first;
    TRY(l->params.env->def->truncate(s->file, INGEST_HEADER_BYTES + used));
    mutex_lock(&l->mutex);
    s->capacity_bytes = used; /* make_room asks for the rest */
    mutex_unlock(&l->mutex);
    l->torn = false;
    return NULL;
}

/* A segment with room for a record of so many bytes. */
static struct err *make_room(struct ingest_log *l, uint64_t record_bytes)
{
    struct ingest_segment *s = last_segment(l);
    if (s && l->torn) TRY(cut_tail(l, s));
    if (s && has_room(l, s, record_bytes)) return NULL;
    if (s && s->capacity_bytes < l->segment_bytes) TRY(complete_segment(l, s));
    return s && has_room(l, s, record_bytes) ? NULL : add_segment(l);
}

/* Its sync comes with the next commit; until then recovery looks behind the position for itself,
 * and the other page, which is on disk, is left alone. A file system that has no room even for a
 * page it has written before costs only that. */
static struct err *write_slot(struct ingest_log *l)
{
    mutex_lock(&l->mutex);
    struct ingest_slot slot = {.sequence = l->slot.sequence + l->slot_is_synced,
        .acknowledged = l->end,
        .begin = l->begin};
    mutex_unlock(&l->mutex);
    TRY(ingest_segment_write_slot(last_segment(l), &slot));
    l->slot = slot;
    l->slot_is_synced = false;
    env_fault("log.acknowledged");
    return NULL;
}

/* Written when 'log.max-bytes' was larger, the last segment may alone fill all that is allowed now;
 * it can only be trimmed when another one follows. */
static struct err *seal_large(struct ingest_log *l)
{
    return l->end - last_segment(l)->first > l->segment_bytes ? add_segment(l) : NULL;
}

/* Those before `begin`, which is on disk: from now on it is known that they may be missing. */
static struct err *remove_segments(struct ingest_log *l, uint64_t begin)
{
    while (l->segment_count > 1 && l->segments[1].first <= begin) {
        TRY(remove_first_segment(l));
        env_fault("log.trimmed");
    }
    return NULL;
}

/* Gives up what nobody needs. */
static struct err *trim_to(struct ingest_log *l, uint64_t begin)
{
    if (begin > l->slot.begin || l->end > l->slot.acknowledged) TRY(write_slot(l));
    struct err *e = seal_large(l);
    if (l->segment_count > 1 && l->segments[1].first <= begin) {
        sync_or_die(l);
        struct err *other = remove_segments(l, begin);
        if (e) err_free(other);
        if (!e) e = other;
    }
    return e;
}

/* What fails is tried again after MARK_INTERVAL_MS. */
static void trim(struct ingest_log *l)
{
    mutex_lock(&l->mutex);
    l->moved = false;
    uint64_t begin = l->begin = needed_from(l);
    mutex_unlock(&l->mutex);
    struct err *e = l->segment_count ? trim_to(l, begin) : NULL;
    mutex_lock(&l->mutex);
    l->moved |= e != NULL;
    mutex_unlock(&l->mutex);
    tell(l, &l->trims, e);
}

/* ---- the thread: commits ---- */

static void answer(struct ingest_append *list, enum ingest_result result)
{
    while (list) {
        struct ingest_append *a = list;
        list = a->next;
        a->done(a, result);
    }
}

/* Encodes what fits into the last segment, *list is what is left over. */
static size_t encode(struct ingest_log *l, struct ingest_append **list)
{
    const struct ingest_segment *s = last_segment(l);
    uint64_t position = l->end, limit = s->first + s->capacity_bytes;
    size_t n = 0;
    for (struct ingest_append *a = *list; a; a = a->next) {
        struct ingest_record r = {.position = position,
            .kind = a->kind,
            .count = a->count,
            .arrived_ms = a->arrived_ms,
            .body = a->body};
        size_t more = (size_t)ingest_segment_record_bytes(a->body.n);
        if (limit - position < more) break;
        ingest_segment_put_record(l->buffer + n, s->id, &r);
        n += more;
        position = r.next;
        *list = a->next;
    }
    return n;
}

/* Under the mutex. */
static void wake_readers(struct ingest_log *l)
{
    for (struct ingest_cursor *c = l->cursors; c; c = c->next)
        if (!c->left && c->wake) c->wake(c->context);
}

static void publish(struct ingest_log *l, uint64_t end)
{
    mutex_lock(&l->mutex);
    l->end = end;
    mutex_unlock(&l->mutex);
    tell(l, &l->slots, write_slot(l));
    mutex_lock(&l->mutex);
    wake_readers(l);
    mutex_unlock(&l->mutex);
}

/* One segment's worth of the list; *list is what is left over. */
static struct err *commit_some(struct ingest_log *l, struct ingest_append **list)
{
    struct ingest_append *all = *list;
    TRY(make_room(l, ingest_segment_record_bytes(all->body.n)));
    const struct ingest_segment *s = last_segment(l);
    size_t n = encode(l, list);
    struct err *e =
        l->params.env->def->write(s->file, ingest_segment_offset(s, l->end), l->buffer, n);
    if (e) {
        l->torn = true;
        *list = all;
        return e;
    }
    env_fault("log.appended");
    sync_or_die(l);
    env_fault("log.synced");
    publish(l, l->end + n);
    struct ingest_append **cut = &all;
    while (*cut != *list) cut = &(*cut)->next;
    *cut = NULL;
    answer(all, INGEST_STORED);
    return NULL;
}

static uint64_t bytes_of(const struct ingest_append *list)
{
    uint64_t n = 0;
    for (; list; list = list->next) n += ingest_segment_record_bytes(list->body.n);
    return n;
}

static void commit(struct ingest_log *l, struct ingest_append *list)
{
    size_t n = (size_t)bytes_of(list);
    if (n > l->buffer_bytes) {
        mem_free(l->buffer);
        l->buffer = mem_alloc(n);
        l->buffer_bytes = n;
    }
    struct err *e = NULL;
    while (list && !e) e = commit_some(l, &list);
    bool full = e && err_code(e) == ERR_DISK_FULL;
    tell(l, &l->commits, e);
    if (!list) return;
    if (l->torn) err_free(cut_tail(l, last_segment(l))); /* else the next commit does it */
    mutex_lock(&l->mutex);
    l->queued -= bytes_of(list);
    wake_readers(l); /* one that waits for these records waits no longer */
    mutex_unlock(&l->mutex);
    answer(list, full ? INGEST_DISK_FULL : INGEST_UNWRITTEN);
}

/* Under the mutex: the oldest that wait, GROUP_BYTES or one. */
static struct ingest_append *take_group(struct ingest_log *l)
{
    struct ingest_append *list = l->first, **end = &l->first;
    size_t n = 0;
    while (*end && (n == 0 || n + (*end)->body.n <= GROUP_BYTES)) {
        n += (*end)->body.n + INGEST_RECORD_HEADER_BYTES;
        end = &(*end)->next;
    }
    l->first = *end;
    *end = NULL;
    if (!l->first) l->last = &l->first;
    return list;
}

static void *run(void *context)
{
    struct ingest_log *l = context;
    const struct env_def *env = l->params.env->def;
    uint64_t marked_ns = 0;
    mutex_lock(&l->mutex);
    while (l->first || !l->closing) {
        if (l->first) {
            struct ingest_append *group = take_group(l);
            mutex_unlock(&l->mutex);
            commit(l, group);
            mutex_lock(&l->mutex);
        }
        uint64_t now_ns = env->mono_ns(l->params.env);
        uint64_t due_ns = marked_ns + (uint64_t)MARK_INTERVAL_MS * 1000000;
        if (l->moved && now_ns >= due_ns) {
            mutex_unlock(&l->mutex);
            trim(l);
            mutex_lock(&l->mutex);
            marked_ns = now_ns;
        } else if (!l->first && !l->closing) {
            condition_wait(&l->changed, &l->mutex, l->moved ? due_ns - now_ns : UINT64_MAX);
        }
    }
    mutex_unlock(&l->mutex);
    trim(l);
    return NULL;
}

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

/* "process 4711 on host": what the holder wrote. */
static struct err *fail_locked(struct ingest_log *l, const char *path)
{
    char text[200] = "another process";
    size_t got = 0;
    struct env *env = l->params.env;
    struct env_file *f;
    struct err *e = env->def->open(env, path, ENV_READ, &f);
    if (!e) {
        e = env->def->read(f, 0, text, sizeof text - 1, &got);
        env->def->close(f);
    }
    err_free(e);
    if (got) text[got] = 0;
    return err_hint(
        ERR(ERR_IO, "the ingest log in '%s' is in use by %s", l->params.directory, text),
        "A log belongs to one process at a time; 'log.dir' = '...' takes another folder.");
}

static struct err *lock(struct ingest_log *l)
{
    struct arena *a = arena_new(1024);
    char who[ENV_PROCESS_CHARS];
    env_process_name(who);
    const char *path = str_fmt(a, "%s/LOCK", l->params.directory);
    struct env *env = l->params.env;
    struct err *e = env_make_durable(env, l->params.directory);
    if (!e) e = env->def->lock(env, path, who, &l->lock);
    if (!e && !l->lock) e = fail_locked(l, path);
    arena_free(a);
    return e;
}

static void say_damaged(const struct ingest_log *l, const struct ingest_reservation *r)
{
    struct arena *a = arena_new(1024);
    say(l, str_fmt(a, "%s: '%s' is damaged: it names no job", l->params.owner,
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
    tell(l, &l->trims, remove_segments(l, l->begin));
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
    if (!e) e = thread_start(&l->thread, "weir-log", run, l);
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
    while (l->cursors) {
        struct ingest_cursor *c = l->cursors;
        l->cursors = c->next;
        free_cursor(c);
    }
    ingest_reservations_free(&l->reservations);
    if (l->lock) l->params.env->def->close(l->lock);
    mem_free(l->segments);
    mem_free(l->buffer);
    condition_deinit(&l->changed);
    mutex_deinit(&l->mutex);
    mem_free((void *)(uintptr_t)l->params.directory);
    mem_free((void *)(uintptr_t)l->params.owner);
    mem_free(l);
}
