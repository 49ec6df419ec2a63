/* Who has read how far, and for whom a log is kept. */
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "connector/http/ingest_log_private.h"

uint64_t ingest_log__needed_from(const struct ingest_log *l)
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
    if (told) ingest_log__say(l, told);
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

void ingest_log_forget(struct ingest_log *l, const char *job)
{
    mutex_lock(&l->mutex);
    ingest_reservation_forget(&l->reservations, job);
    tell_moved(l);
    mutex_unlock(&l->mutex);
}

void ingest_log__free_marks(struct ingest_log *l)
{
    while (l->cursors) {
        struct ingest_cursor *c = l->cursors;
        l->cursors = c->next;
        free_cursor(c);
    }
    ingest_reservations_free(&l->reservations);
}
