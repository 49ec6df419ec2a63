#include "connector/ingest.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/thread.h"
#include "connector/http/ingest_collector.h"
#include "connector/http/ingest_reservation.h"
#include "http/http.h"

enum {
    TABLES_MAX = 1000,
    STOP_TIMEOUT_MS = 2000,
    BODIES_SHARE = 2, /* bodies have at most half of the memory: the rest is for state */
    BODY_SHARE = 3    /* of that; a body that grows is there twice for a moment */
};

struct listener {
    const char *address; /* as asked for */
    struct http_server *server;
    struct listener *next;
};

struct ingest {
    struct env *env;
    struct mem_budget bodies; /* of all tables: clients must not take what state needs */
    struct arena *arena;
    struct mutex mutex; /* all below */
    struct listener *listeners;
    struct ingest_collector *collectors[TABLES_MAX];
    uint32_t count;
    bool ready, keeps, refuses;
};

static void say(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "weir: %s\n", message);
}

struct ingest *ingest_new(struct env *env, struct mem_budget *budget)
{
    struct ingest *in = mem_alloc(sizeof *in);
    in->env = env;
    in->bodies = (struct mem_budget){.parent = budget,
        .limit_bytes = budget ? budget->limit_bytes / BODIES_SHARE : 0,
        .name = "bodies of POSTs"};
    in->arena = arena_new(1024);
    mutex_init(&in->mutex);
    return in;
}

/* ---- tables; under the mutex ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_table(const struct ingest_options *a, const struct ingest_options *b)
{
    return same_text(a->table, b->table) && same_text(a->format, b->format) &&
           same_text(a->listen, b->listen) && same_text(a->path, b->path) &&
           same_text(a->directory, b->directory) && same_text(a->token, b->token) &&
           a->validate == b->validate && a->log_bytes_max == b->log_bytes_max &&
           a->body_bytes_max == b->body_bytes_max;
}

/* *out is NULL when the table is new. */
static struct err *find(struct ingest *in, const struct connector_params *p,
    const struct ingest_options *o, struct ingest_collector **out)
{
    *out = NULL;
    for (uint32_t i = 0; i < in->count; i++) {
        const struct ingest_options *known = ingest_collector_settings(in->collectors[i]);
        if (same_table(known, o)) {
            *out = in->collectors[i];
            return NULL;
        }
        if (same_text(known->table, o->table) && same_text(known->directory, o->directory))
            return err_hint(err_at(ERR(ERR_INVALID_OPTION,
                                       "table '%s' was read before with other options", o->table),
                                option_pos(p->options, "connector")),
                "The jobs that read a table share its listener, its format and its log.");
        if (same_text(known->directory, o->directory))
            return err_hint(
                err_at(ERR(ERR_INVALID_OPTION, "tables '%s' and '%s' have one 'log.dir', '%s'",
                           known->table, o->table, o->directory),
                    option_pos(p->options, "log.dir")),
                "Each table needs a log of its own.");
        if (same_text(known->listen, o->listen) && same_text(known->path, o->path))
            return err_hint(
                err_at(ERR(ERR_INVALID_OPTION, "tables '%s' and '%s' have one 'path', '%s'",
                           known->table, o->table, o->path),
                    option_pos(p->options, "path")),
                "POSTs to a path go to one table; several jobs may read it.");
    }
    return NULL;
}

static struct err *find_listener(struct ingest *in, const struct connector_params *p,
    const struct ingest_options *o, struct http_server **out)
{
    for (struct listener *l = in->listeners; l; l = l->next) {
        *out = l->server;
        if (same_text(l->address, o->listen) ||
            same_text(http_server_address(l->server), o->listen))
            return NULL;
    }
    struct http_server_params params = {.env = in->env,
        .address = o->listen,
        .any_port = !o->listen_given,
        .refuses = in->refuses || !in->ready,
        .budget = &in->bodies};
    struct err *e = http_server_start(&params, out);
    if (e)
        return err_hint(err_at(e, option_pos(p->options, "listen")),
            "'listen' names an address of this machine and a port that is free; "
            "without it a free port is taken");
    struct listener *l = ARENA_NEW(in->arena, struct listener);
    *l = (struct listener){slice_to_cstr(in->arena, slice_of(o->listen)), *out, in->listeners};
    in->listeners = l;
    if (!same_text(http_server_address(*out), o->listen) && !o->listen_given) {
        fprintf(
            stderr, "weir: %s is in use; listening at %s\n", o->listen, http_server_address(*out));
    }
    return NULL;
}

static struct err *open_table(struct ingest *in, const struct connector_params *p,
    const struct ingest_options *o, struct ingest_collector **out)
{
    struct http_server *server;
    if (in->count == TABLES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a process reads at most %d http tables", TABLES_MAX);
    TRY(find_listener(in, p, o, &server));
    TRY(ingest_collector_open(p, o, say, NULL, out));
    struct err *e = ingest_collector_listen(*out, server);
    if (e) {
        ingest_collector_close(*out);
        return err_at(e, option_pos(p->options, "path"));
    }
    if (in->ready && !in->keeps) ingest_log_ready(ingest_collector_log(*out));
    in->collectors[in->count++] = *out;
    return NULL;
}

struct err *ingest_collector_find(
    struct ingest *in, const struct connector_params *p, struct ingest_collector **out)
{
    struct ingest_options options;
    struct arena *a = arena_new(1024);
    mutex_lock(&in->mutex);
    struct err *e = ingest_collector_read_options(p, a, &options);
    size_t most = in->bodies.limit_bytes / BODY_SHARE;
    if (!e && most > 0 && options.body_bytes_max > most) options.body_bytes_max = most;
    if (!e) e = find(in, p, &options, out);
    if (!e && !*out) e = open_table(in, p, &options, out);
    mutex_unlock(&in->mutex);
    if (e && options.table) e = err_wrap(e, "table '%s'", options.table);
    arena_free(a);
    return e;
}

void ingest_collector_forget(struct ingest *in, const struct connector_params *p)
{
    struct ingest_options options;
    struct ingest_log *log = NULL;
    struct arena *a = arena_new(1024);
    struct err *e = ingest_collector_read_options(p, a, &options);
    mutex_lock(&in->mutex);
    for (uint32_t i = 0; !e && i < in->count; i++)
        if (same_text(ingest_collector_settings(in->collectors[i])->directory, options.directory))
            log = ingest_collector_log(in->collectors[i]);
    if (log) ingest_log_forget(log, p->job_name);
    mutex_unlock(&in->mutex);
    struct ingest_reservations closed = {.env = in->env, .directory = options.directory};
    if (!e && !log) ingest_reservation_forget(&closed, p->job_name);
    err_free(e);
    arena_free(a);
}

/* ---- the process ---- */

void ingest_ready(struct ingest *in)
{
    mutex_lock(&in->mutex);
    in->ready = true;
    for (struct listener *l = in->listeners; l; l = l->next)
        http_server_refuse(l->server, in->refuses);
    for (uint32_t i = 0; i < in->count && !in->keeps; i++)
        ingest_log_ready(ingest_collector_log(in->collectors[i]));
    mutex_unlock(&in->mutex);
}

void ingest_keep(struct ingest *in)
{
    mutex_lock(&in->mutex);
    in->keeps = true;
    mutex_unlock(&in->mutex);
}

void ingest_refuse(struct ingest *in)
{
    mutex_lock(&in->mutex);
    in->refuses = true;
    for (struct listener *l = in->listeners; l; l = l->next) http_server_refuse(l->server, true);
    for (uint32_t i = 0; i < in->count; i++)
        ingest_log_refuse(ingest_collector_log(in->collectors[i]));
    mutex_unlock(&in->mutex);
}

void ingest_free(struct ingest *in)
{
    if (!in) return;
    ingest_refuse(in);
    for (uint32_t i = 0; i < in->count; i++) ingest_collector_deafen(in->collectors[i]);
    for (uint32_t i = 0; i < in->count; i++) ingest_collector_close(in->collectors[i]);
    for (struct listener *l = in->listeners; l; l = l->next)
        http_server_stop(l->server, STOP_TIMEOUT_MS);
    mutex_deinit(&in->mutex);
    arena_free(in->arena);
    mem_free(in);
}

void ingest_tables(
    const struct ingest *in, struct arena *a, struct ingest_table **tables, uint32_t *count)
{
    struct mutex *mutex = (struct mutex *)(uintptr_t)&in->mutex; /* not part of its value */
    mutex_lock(mutex);
    *count = in->count;
    *tables = ARENA_ARRAY(a, struct ingest_table, in->count + 1);
    for (uint32_t i = 0; i < in->count; i++)
        ingest_collector_figures(in->collectors[i], a, &(*tables)[i]);
    mutex_unlock(mutex);
}

/* Inside single quotes of a shell. */
static void quote(struct buf *out, const char *text)
{
    buf_add_char(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_add_cstr(out, "'\\''");
        else
            buf_add_char(out, *text);
    }
    buf_add_char(out, '\'');
}

/* Quoted only where a shell would take it for something else: a path may have '&' or '$'. */
static void add_word(struct buf *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:._-";
    if (text[strspn(text, plain)])
        quote(out, text);
    else
        buf_add_cstr(out, text);
}

uint32_t ingest_print_tables(const struct ingest *in, uint32_t first, struct buf *out)
{
    struct arena *a = arena_new(1 << 14);
    struct ingest_table *tables;
    uint32_t count;
    ingest_tables(in, a, &tables, &count);
    for (uint32_t i = first; i < count; i++) {
        const struct ingest_table *t = &tables[i];
        buf_printf(
            out, "table '%s' takes POSTs at %s, log in %s\n", t->table, t->url, t->log_directory);
        buf_printf(out, "  curl -H 'Content-Type: %s'%s --data-binary ", t->content_type,
            t->needs_token ? " -H 'Authorization: Bearer TOKEN'" : "");
        quote(out, t->sample);
        buf_add_char(out, ' ');
        add_word(out, t->url);
        buf_add_char(out, '\n');
    }
    arena_free(a);
    return count;
}
