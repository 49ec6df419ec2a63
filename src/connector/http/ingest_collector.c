#include "connector/http/ingest_collector.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "connector/http/ingest_sample.h"
#include "http/http.h"

enum {
    CHUNK_RECORDS = 1024, /* decoded at a time when bodies are validated */
    ANSWER_BYTES_MAX = 64 << 10,
    TYPE_BYTES_MAX = 100 /* of a Content-Type, in an answer */
};

struct ingest_collector {
    struct arena *arena;
    struct env *env;
    struct ingest_options options;
    const char *url;
    const char *sample;
    struct ingest_log *log;
    struct http_server *server; /* NULL before listen and after deafen */
    const struct format_def *format;
    uint32_t event_time;     /* column; UINT32_MAX: none */
    struct decoder *decoder; /* of all columns, for 'validate' and for ends of records */

    struct mutex validating; /* what follows, and the use of the decoder for more than ends */
    struct batch *batch;
    struct bad_records *bad;
    struct slice *chunk;

    struct mutex mutex; /* what follows; held for a moment, so that no answer waits for a body */
    uint64_t requests, records, bytes, refused;
};

/* A request that waits for its commit. */
struct pending {
    struct ingest_append append;
    struct ingest_collector *collector;
    struct http_request *request;
};

/* ---- answers ---- */

static void count(struct ingest_collector *c, const struct ingest_append *accepted)
{
    mutex_lock(&c->mutex);
    if (accepted) {
        c->requests++;
        c->records += accepted->count;
        c->bytes += accepted->body.n;
    } else {
        c->refused++;
    }
    mutex_unlock(&c->mutex);
}

/* Which of the stored records are bad is known only where bodies are decoded before. */
static void accept_body(struct ingest_collector *c, struct http_request *r, uint32_t records)
{
    char text[64];
    int n = snprintf(text, sizeof text, "{\"stored\":%u,\"validated\":%s}\n", records,
        c->options.validate ? "true" : "false");
    http_reply(r, 200, "application/json", (struct slice){text, (size_t)n}, NULL);
}

static void refuse(struct ingest_collector *c, struct http_request *r, int status, const char *why)
{
    count(c, NULL);
    http_reply_error(r, status, why);
}

static void refuse_type(struct ingest_collector *c, struct http_request *r, struct slice type)
{
    char why[300];
    if (type.n > TYPE_BYTES_MAX || !utf8_is_ascii(type)) type = SLICE("...");
    snprintf(why, sizeof why, "a body of '%.*s' is not taken: post '%s'", (int)type.n, type.p,
        ingest_body_type(c->format));
    refuse(c, r, 415, why);
}

static void answer_stored(struct ingest_append *a, enum ingest_result result)
{
    struct pending *p = (struct pending *)(void *)a;
    struct ingest_collector *c = p->collector;
    switch (result) {
    case INGEST_STORED:
        count(c, a);
        accept_body(c, p->request, a->count);
        break;
    case INGEST_DISK_FULL:
        refuse(c, p->request, 507, "the disk is full: nothing of this body was kept");
        break;
    case INGEST_UNWRITTEN:
        refuse(c, p->request, 503, "the log cannot be written: nothing of this body was kept");
        break;
    }
    mem_free(p);
}

/* ---- validation ---- */

static uint32_t line_of(struct slice body, const char *at)
{
    uint32_t line = 1;
    for (const char *p = body.p; (p = memchr(p, '\n', (size_t)(at - p))); p++) line++;
    return line;
}

static void describe(struct ingest_collector *c, struct slice body, const struct slice *records,
    uint32_t first, struct buf *out)
{
    const struct bad_records *bad = c->bad;
    uint32_t shown = bad->count < BAD_RECORDS_MAX ? bad->count : BAD_RECORDS_MAX;
    const struct schema *schema = c->batch->schema;
    for (uint32_t i = 0; i < shown; i++) {
        const struct bad_record *b = &bad->records[i];
        struct slice field = b->column < schema->count ? schema->fields[b->column].name : SLICE("");
        /* A character of the text may become six; what would be cut is left out whole. */
        bool fits = out->n + 6 * (field.n + sizeof b->reason) + 100 <= ANSWER_BYTES_MAX;
        if (!fits && i > 0) return;
        uint32_t line = line_of(body, records[b->record].p);
        buf_printf(out, "%s{\"line\":%u,\"record\":%u,", i ? "," : "", line, first + b->record + 1);
        if (field.n > 0 && fits) {
            buf_add_cstr(out, "\"field\":");
            json_write_string(out, field);
            buf_add_char(out, ',');
        }
        buf_add_cstr(out, "\"reason\":");
        json_write_string(out, slice_of(b->reason));
        buf_add_char(out, '}');
    }
}

/* The first of the records without an event time is noted as bad. */
static struct err *check_times(struct ingest_collector *c, const struct slice *records, uint32_t n)
{
    if (c->bad->count || !ingest_lacks_time(c->batch, 0, c->event_time)) return NULL;
    for (uint32_t i = 0; i < n && c->bad->count == 0; i++) {
        uint64_t skipped = 0;
        batch_clear(c->batch);
        TRY(c->format->decode(c->decoder, records + i, 1, c->batch, c->bad, &skipped));
        if (!ingest_lacks_time(c->batch, 0, c->event_time)) continue;
        ingest_bad_time(c->bad, c->event_time);
        c->bad->records[0].record = i;
    }
    return NULL;
}

/* Records up to the next array, or one array: as the source decodes them. */
static uint32_t piece_of(const struct format_def *f, const struct slice *records, uint32_t n)
{
    uint32_t k = 0;
    while (k < n && !format_is_array(f, records[k])) k++;
    return k > 0 ? k : 1;
}

/* Appends what is wrong with the body, up to the first piece of it that has something wrong. */
static struct err *decode_all(struct ingest_collector *c, struct ingest_body *body, struct buf *out)
{
    uint32_t n, first = 0;
    c->bad->count = 0;
    while (c->bad->count == 0 && (n = ingest_body_next(body, c->chunk, CHUNK_RECORDS)) > 0) {
        for (uint32_t at = 0, more; at < n && c->bad->count == 0; at += more) {
            const struct slice *records = c->chunk + at;
            uint64_t skipped = 0;
            more = piece_of(c->format, records, n - at);
            batch_clear(c->batch);
            TRY(c->format->decode(c->decoder, records, more, c->batch, c->bad, &skipped));
            TRY(check_times(c, records, more));
            if (c->bad->count) describe(c, body->bytes, records, first + at, out);
        }
        first += n;
    }
    body->at = 0;
    body->record = 0;
    return NULL;
}

/* True: the body is good. Otherwise the request has been answered. */
static bool validate(struct ingest_collector *c, struct http_request *r, struct ingest_body *body)
{
    struct buf list, answer;
    buf_init(&list, ANSWER_BYTES_MAX);
    buf_init(&answer, 2 * ANSWER_BYTES_MAX);
    mutex_lock(&c->validating);
    struct err *e = decode_all(c, body, &list);
    mutex_unlock(&c->validating);
    bool good = !e && list.n == 0;
    if (e) {
        refuse(c, r, 503, err_message(e));
        err_free(e);
    } else if (!good) {
        count(c, NULL);
        buf_printf(&answer, "{\"errors\":[%s]}\n", buf_cstr(&list));
        http_reply(r, 400, "application/json", buf_slice(&answer), NULL);
    }
    buf_free(&list);
    buf_free(&answer);
    return good;
}

/* ---- requests; on threads of the server ---- */

static void handle(struct http_request *r, void *context)
{
    struct ingest_collector *c = context;
    struct slice type = http_header(r, "Content-Type");
    if (!ingest_body_type_fits(c->format, type)) {
        refuse_type(c, r, type);
        return;
    }
    struct ingest_body body = {.format = c->format,
        .decoder = c->decoder,
        .kind = ingest_body_kind(c->format, type),
        .bytes = http_body(r)};
    uint32_t records = ingest_body_count(&body);
    if (records > 0 && c->options.validate && !validate(c, r, &body)) return;
    if (records == 0) { /* nothing to keep */
        count(c, &(struct ingest_append){.count = 0});
        accept_body(c, r, 0);
        return;
    }
    struct pending *p = mem_alloc(sizeof *p);
    *p = (struct pending){.append = {.body = body.bytes,
                              .kind = body.kind,
                              .count = records,
                              .arrived_ms = env_now_ms(c->env),
                              .done = answer_stored},
        .collector = c,
        .request = r};
    enum ingest_queued queued = ingest_log_append(c->log, &p->append);
    if (queued == INGEST_QUEUED) return;
    mem_free(p);
    if (queued == INGEST_LOG_FULL)
        refuse(c, r, 429, "the log is full: its jobs have not read it yet");
    else
        refuse(c, r, 503, "the jobs that read this are stopping");
}

struct err *ingest_collector_listen(struct ingest_collector *c, struct http_server *server)
{
    struct http_route route = {.method = "POST",
        .path = c->options.path,
        .doc = str_fmt(c->arena, "events of table '%s' as %s", c->options.table, c->format->name),
        .body_bytes_max = c->options.body_bytes_max,
        .token = c->options.token,
        .handle = handle,
        .context = c};
    TRY(http_server_add(server, &route));
    c->server = server;
    c->url = str_fmt(c->arena, "http://%s%s", http_server_address(server), c->options.path);
    return NULL;
}

void ingest_collector_deafen(struct ingest_collector *c)
{
    if (c->server) http_server_remove(c->server, c);
    c->server = NULL;
}

/* ---- life cycle ---- */

static const char *copy_text(struct arena *a, const char *text)
{
    return text ? slice_to_cstr(a, slice_of(text)) : NULL;
}

static struct ingest_options copy_settings(struct arena *a, const struct ingest_options *o)
{
    struct ingest_options copy = *o;
    copy.table = copy_text(a, o->table);
    copy.format = copy_text(a, o->format);
    copy.listen = copy_text(a, o->listen);
    copy.path = copy_text(a, o->path);
    copy.directory = copy_text(a, o->directory);
    copy.token = copy_text(a, o->token);
    return copy;
}

/* The job that opened the table may end before the others that read it. Records that the format
 * would pass over are refused when bodies are validated. */
static const struct options *copy_options(struct arena *a, const struct options *from)
{
    struct option *pairs = ARENA_ARRAY(a, struct option, from->count + 1);
    struct options *to = ARENA_NEW(a, struct options);
    for (uint32_t i = 0; i < from->count; i++) {
        if (slice_eq(from->pairs[i].key, SLICE("ignore-parse-errors"))) continue;
        pairs[to->count].key = slice_copy(a, from->pairs[i].key);
        pairs[to->count++].value = slice_copy(a, from->pairs[i].value);
    }
    to->pairs = pairs;
    return to;
}

static const struct schema *copy_schema(struct arena *a, const struct schema *from)
{
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, from->count + 1);
    for (uint32_t i = 0; i < from->count; i++)
        fields[i] = (struct type_field){
            slice_copy(a, from->fields[i].name), type_copy(a, from->fields[i].type)};
    return schema_new(a, fields, from->count);
}

/* Among all columns, the one that is the event time of the job that opens the table. */
static uint32_t find_event_time(const struct schema *all, const struct schema *wanted)
{
    uint32_t column = ingest_event_time(wanted);
    for (uint32_t i = 0; column != UINT32_MAX && i < all->count; i++)
        if (slice_eq(all->fields[i].name, wanted->fields[column].name)) return i;
    return UINT32_MAX;
}

static struct err *open_format(struct ingest_collector *c, const struct connector_params *p)
{
    struct options options;
    TRY(connector_format(p, c->arena, &c->format, &options));
    const struct schema *schema = copy_schema(c->arena, connector_record_schema(p, c->arena));
    struct format_params fp = {
        .options = copy_options(c->arena, &options), .schema = schema, .table_schema = schema};
    TRY(c->format->decoder_new(&fp, &c->decoder));
    c->batch = batch_new(schema, BATCH_ROWS_DEFAULT);
    c->event_time = find_event_time(schema, p->schema);
    return ingest_sample(c->format, &fp, env_now_ms(c->env), c->arena, &c->sample);
}

struct err *ingest_collector_open(const struct connector_params *p,
    const struct ingest_options *options, void (*say)(void *context, const char *message),
    void *context, struct ingest_collector **out)
{
    struct ingest_collector *c = mem_alloc(sizeof *c);
    c->env = p->env;
    c->arena = arena_new(4096);
    c->options = copy_settings(c->arena, options);
    c->url = "";
    c->sample = "";
    c->bad = mem_alloc(sizeof *c->bad);
    c->chunk = mem_alloc(CHUNK_RECORDS * sizeof *c->chunk);
    mutex_init(&c->validating);
    mutex_init(&c->mutex);
    struct err *e = open_format(c, p);
    if (!e)
        e = ingest_log_open(&(struct ingest_log_params){.env = p->env,
                                .directory = c->options.directory,
                                .owner = str_fmt(c->arena, "table '%s'", c->options.table),
                                .bytes_max = c->options.log_bytes_max,
                                .body_bytes_max = c->options.body_bytes_max,
                                .say = say,
                                .context = context},
            &c->log);
    if (e) {
        ingest_collector_close(c);
        return err_at(e, option_pos(p->options, "log.dir"));
    }
    *out = c;
    return NULL;
}

void ingest_collector_close(struct ingest_collector *c)
{
    ingest_log_close(c->log);
    if (c->decoder) c->format->decoder_free(c->decoder);
    if (c->batch) batch_free(c->batch);
    mem_free(c->bad);
    mem_free(c->chunk);
    mutex_deinit(&c->validating);
    mutex_deinit(&c->mutex);
    arena_free(c->arena);
    mem_free(c);
}

const struct ingest_options *ingest_collector_settings(const struct ingest_collector *c)
{
    return &c->options;
}

struct ingest_log *ingest_collector_log(const struct ingest_collector *c)
{
    return c->log;
}

void ingest_collector_figures(
    const struct ingest_collector *c, struct arena *a, struct ingest_table *out)
{
    struct ingest_log_stats log;
    struct mutex *mutex = (struct mutex *)(uintptr_t)&c->mutex; /* not part of its value */
    ingest_log_stats(c->log, &log);
    *out = (struct ingest_table){.table = copy_text(a, c->options.table),
        .url = copy_text(a, c->url),
        .log_directory = copy_text(a, c->options.directory),
        .sample = copy_text(a, c->sample),
        .content_type = ingest_body_type(c->format),
        .needs_token = c->options.token != NULL,
        .log_bytes = log.held_bytes,
        .log_is_full = log.is_full,
        .log_is_unwritten = log.is_unwritten,
        .log_bytes_max = c->options.log_bytes_max,
        .unread_bytes = log.unread_bytes};
    mutex_lock(mutex);
    out->requests = c->requests;
    out->records = c->records;
    out->bytes = c->bytes;
    out->refused = c->refused;
    mutex_unlock(mutex);
}
