/* The thread of an ingest log: writes what waits, syncs, answers, and removes what nobody needs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "connector/http/ingest_log_private.h"
#include "connector/http/ingest_recovery.h"

/* What one commit writes at most, unless a single body is larger: as long to write as to sync. */
#define GROUP_BYTES ((size_t)1 << 20)

enum { MARK_INTERVAL_MS = 100 }; /* how late a mark that moved by itself is written down */

static void say_error(const struct ingest_log *l, struct err *e)
{
    char text[ERR_MESSAGE_MAX];
    err_format(e, text, sizeof text);
    err_free(e);
    ingest_log__say(l, text);
}

/* e == NULL: it has succeeded. */
static void tell(const struct ingest_log *l, struct ingest_trouble *t, struct err *e)
{
    bool said = e && t->said && t->code == err_code(e);
    *t = (struct ingest_trouble){.said = e != NULL, .code = e ? err_code(e) : t->code};
    if (said)
        err_free(e);
    else if (e)
        say_error(l, err_wrap(e, "%s", l->params.owner));
}

static struct ingest_segment *last_segment(const struct ingest_log *l)
{
    return l->segment_count ? &l->segments[l->segment_count - 1] : NULL;
}

/* ---- segments ---- */

/* What is written into a folder that is not there any more is never found again; and in its place
 * may be another process's, with files of the same names. */
static struct err *check_folder(const struct ingest_log *l)
{
    uint64_t lock;
    TRY(env_lock_identity(l->params.env, l->params.directory, &lock));
    if (lock == l->lock_identity) return NULL;
    FAIL(ERR_NOT_FOUND,
        "the folder of its log, '%s', or LOCK in it was removed or renamed while the job ran: "
        "POSTs are refused until it is back",
        l->params.directory);
}

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
    l->is_full = false; /* as far as is known: the next append finds out */
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

/* What is answered with a refusal must not come to light again, behind a later record of the same
 * length or after a loss of power: zeros take its place, and are synced. */
static struct err *cut_tail(struct ingest_log *l, struct ingest_segment *s)
{
    uint64_t used = l->end - s->first;
    TRY(l->params.env->def->truncate(s->file, INGEST_HEADER_BYTES + used));
    mutex_lock(&l->mutex);
    s->capacity_bytes = used; /* make_room asks for the rest */
    mutex_unlock(&l->mutex);
    sync_or_die(l);
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

void ingest_log__finish_trim(struct ingest_log *l)
{
    tell(l, &l->trims, remove_segments(l, l->begin));
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
    uint64_t begin = l->begin = ingest_log__needed_from(l);
    mutex_unlock(&l->mutex);
    struct err *e = l->segment_count ? check_folder(l) : NULL;
    if (!e && l->segment_count) e = trim_to(l, begin);
    mutex_lock(&l->mutex);
    l->moved |= e != NULL;
    mutex_unlock(&l->mutex);
    tell(l, &l->trims, e);
}

/* ---- commits ---- */

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
    l->is_unwritten = false;
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
    TRY(check_folder(l));
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

/* What one large body needed is given back with the next small one. */
static void take_buffer(struct ingest_log *l, size_t n)
{
    size_t bytes = n > 2 * GROUP_BYTES ? n : 2 * GROUP_BYTES;
    if (bytes <= l->buffer_bytes && bytes >= l->buffer_bytes / 2) return;
    mem_free(l->buffer);
    l->buffer = mem_alloc(bytes);
    l->buffer_bytes = bytes;
}

static void commit(struct ingest_log *l, struct ingest_append *list)
{
    take_buffer(l, (size_t)bytes_of(list));
    struct err *e = NULL;
    while (list && !e) e = commit_some(l, &list);
    bool full = e && err_code(e) == ERR_DISK_FULL;
    tell(l, &l->commits, e);
    if (!list) return;
    if (l->torn) err_free(cut_tail(l, last_segment(l))); /* else the next commit does it */
    mutex_lock(&l->mutex);
    l->queued -= bytes_of(list);
    l->is_unwritten = true;
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

void *ingest_log__run(void *log)
{
    struct ingest_log *l = log;
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
