#include "connector/http/http_source.h"

#include "base/arena.h"
#include "base/check.h"
#include "connector/bad_log.h"
#include "connector/harness.h"
#include "connector/http/ingest_collector.h"
#include "vec/row_codec.h"

/* A table's log is one split: what was posted first is read first. Subtask 0 has it; the others say
 * that they are idle.
 *
 * A position is a body in the log and a byte in the body, so a checkpoint may fall within a body.
 */
enum {
    ROUNDS_MAX = 16,       /* batches without a good record in one poll */
    CHECKPOINTS_MAX = 4096 /* whose positions are remembered */
};
static const struct slice split_name = {"log", 3};

struct place {
    uint64_t body;   /* position in the log */
    uint32_t at;     /* byte in the body */
    uint32_t record; /* number of the next record in the body */
};

/* The snapshot of a checkpoint that may still be restored. */
struct remembered {
    uint64_t checkpoint;
    uint64_t body;
};

/* Of which body the records of a batch are, from record number `first` of the batch on. */
struct run {
    uint32_t first;
    struct place place;
};

struct http_source {
    struct source base;
    struct connector_params params; /* pointers are the caller's, valid while the source lives */
    struct arena *arena;
    struct ingest_collector *collector; /* NULL: not subtask 0 */
    struct ingest_log *log;
    struct ingest_cursor *cursor;
    struct ingest_scan scan;
    const struct format_def *format;
    struct options format_options;
    struct decoder *decoder;
    uint32_t event_time; /* column; UINT32_MAX: none */

    struct place place;      /* of the next record */
    struct ingest_body body; /* at that place; bytes.p NULL: not read */
    uint64_t next_body;
    bool said_idle, draining;
    uint64_t drain_end; /* position in the log */
    bool finished;      /* all of it was read, and a complete checkpoint says so */

    struct slice *records;
    struct run *runs;
    uint32_t run_count, run_capacity;
    struct bad_records *bad;

    struct remembered *remembered; /* ascending */
    size_t remembered_count;
};

/* ---- opening ---- */

static struct err *open_format(struct http_source *s)
{
    TRY(connector_format(&s->params, s->arena, &s->format, &s->format_options));
    struct format_params fp = {.options = &s->format_options,
        .schema = s->params.schema,
        .table_schema = connector_record_schema(&s->params, s->arena),
        .zone = s->params.zone};
    TRY(s->format->decoder_new(&fp, &s->decoder));
    s->decoder->describes_all = s->params.bad_log != NULL;
    s->event_time = ingest_event_time(s->params.schema);
    return NULL;
}

static struct err *open_log(struct http_source *s)
{
    const struct connector_params *p = &s->params;
    const struct harness *harness = p->harness;
    if (!harness || !harness->ingest)
        FAIL(ERR_UNSUPPORTED, "table '%s' cannot take POSTs here: only 'weir run' listens",
            p->table_name);
    TRY(ingest_collector_find(harness->ingest, p, &s->collector));
    s->log = ingest_collector_log(s->collector);
    if (p->durable) TRY(ingest_log_reserve(s->log, p->job_name));
    const char *name = str_fmt(s->arena, "%s %s", p->job_name, p->uid);
    s->cursor = ingest_log_enter(s->log, name, p->wake, p->wake_context);
    s->place.body = ingest_log_held(s->log, s->cursor);
    return NULL;
}

struct err *http_source_open(const struct connector_params *p, struct source **out)
{
    struct http_source *s = mem_alloc(sizeof *s);
    s->params = *p;
    s->arena = arena_new(4096);
    s->records = mem_alloc(BATCH_ROWS_MAX * sizeof *s->records);
    s->bad = mem_alloc(sizeof *s->bad);
    struct err *e = open_format(s);
    if (!e && p->subtask == 0) e = open_log(s);
    s->base.split_count = s->log ? 1 : 0;
    if (e) {
        http_source_close(&s->base);
        return e;
    }
    *out = &s->base;
    return NULL;
}

/* A job that has ended with everything it was sent will not come back; of one that was stopped or
 * has failed, be it while it made its last checkpoint, the mark stays, for when it goes on. */
void http_source_close(struct source *base)
{
    struct http_source *s = (struct http_source *)base;
    if (s->cursor) {
        bool keep = s->params.durable && !s->finished;
        if (!keep) ingest_log_hold(s->log, s->cursor, s->place.body);
        ingest_log_leave(s->log, s->cursor, keep);
        if (s->finished) ingest_log_release(s->log, s->params.job_name);
    }
    if (s->decoder) s->format->decoder_free(s->decoder);
    ingest_scan_deinit(&s->scan);
    mem_free(s->remembered);
    mem_free(s->records);
    mem_free(s->runs);
    mem_free(s->bad);
    arena_free(s->arena);
    mem_free(s);
}

void http_source_finished(const struct connector_params *p)
{
    const struct harness *harness = p->harness;
    if (p->durable && p->subtask == 0 && harness && harness->ingest)
        ingest_collector_forget(harness->ingest, p);
}

/* ---- reading ---- */

static void add_run(struct http_source *s, uint32_t first)
{
    if (s->run_count == s->run_capacity) {
        s->run_capacity = s->run_capacity ? 2 * s->run_capacity : 64;
        s->runs = mem_realloc(s->runs, s->run_capacity * sizeof *s->runs);
    }
    s->runs[s->run_count++] = (struct run){first, s->place};
}

/* keep: records of this batch point into what was read before. *found: there is a body, and it may
 * stay. */
static struct err *read_body(struct http_source *s, bool keep, bool *found)
{
    struct ingest_record r;
    enum ingest_parse parse;
    TRY(ingest_log_read(s->log, &s->scan, s->place.body, keep, &r, &parse));
    *found = parse == INGEST_RECORD;
    if (!*found) return NULL;
    if (s->place.at > r.body.n)
        FAIL(ERR_CORRUPT, "a position of table '%s' is behind the end of its body",
            s->params.table_name);
    s->next_body = r.next;
    s->body = (struct ingest_body){.format = s->format,
        .decoder = s->decoder,
        .kind = r.kind,
        .bytes = r.body,
        .at = s->place.at,
        .record = s->place.record};
    return NULL;
}

/* A record that is an array is several rows. It gets a batch of its own: beside others it would
 * depend on their number whether there is room. How many of the records stay; the body goes back to
 * behind them. *ends: so does the batch. */
static uint32_t stop_at_array(
    struct http_source *s, const struct slice *records, uint32_t count, bool first, bool *ends)
{
    uint32_t fit = 0;
    while (fit < count && !format_is_array(s->format, records[fit])) fit++;
    *ends = fit < count;
    if (fit == 0 && first && count > 0) fit = 1;
    if (fit == count) return count;
    s->body.record -= count - fit;
    s->body.at = s->body.record ? (size_t)(records[fit].p - s->body.bytes.p) : 0;
    return fit;
}

/* Up to `max` records from the place on, of as many bodies as are in memory. */
static struct err *take_records(struct http_source *s, uint32_t max, uint32_t *count)
{
    bool found = true;
    *count = 0;
    s->run_count = 0;
    s->body.bytes.p = NULL; /* what it points to may be gone */
    while (*count < max) {
        if (!s->body.bytes.p) TRY(read_body(s, *count > 0, &found));
        if (!found) return NULL;
        add_run(s, *count);
        uint32_t room = max - *count, n = ingest_body_next(&s->body, s->records + *count, room);
        bool ends = false;
        if (s->format->reads_arrays)
            n = stop_at_array(s, s->records + *count, n, *count == 0, &ends);
        *count += n;
        s->place.at = (uint32_t)s->body.at;
        s->place.record = s->body.record;
        if (n == room || ends) return NULL; /* there may be more in it */
        s->place = (struct place){.body = s->next_body};
        s->body.bytes.p = NULL;
    }
    return NULL;
}

static void count_more(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

/* The one place that every bad record comes to. Record `index` of the batch was posted in the body
 * at run->place.body of the log, as record run->place.record + (index - run->first) of it. */
static void handle_bad(void *context, const struct bad_record *bad)
{
    struct http_source *s = context;
    if (!s->params.bad_log) return;
    uint32_t low = 0, high = s->run_count; /* runs[low].first <= bad->record < runs[high].first */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->runs[middle].first <= bad->record)
            low = middle;
        else
            high = middle;
    }
    const struct run *run = &s->runs[low];
    char position[64], reason[sizeof bad->reason + 32];
    snprintf(position, sizeof position, "%llu:%u", (unsigned long long)run->place.body,
        run->place.record + (bad->record - run->first) + 1);
    snprintf(reason, sizeof reason, "byte %u: %s", bad->offset + 1, bad->reason);
    struct bad_entry e = {.position = slice_of(position),
        .reason = slice_of(reason),
        .payload = s->records[bad->record]};
    const struct schema *schema = s->params.schema;
    if (bad->column < schema->count) e.field = schema->fields[bad->column].name;
    bad_log_add(s->params.bad_log, &e);
}

/* Of a row from `first` on. */
static struct err *lacks_time(
    const struct http_source *s, const struct batch *b, uint32_t first, bool *lacks)
{
    const struct connector_params *p = &s->params;
    *lacks = ingest_lacks_time(b, first, s->event_time);
    if (*lacks || !p->lacks_time || b->rows == first) return NULL;
    return p->lacks_time(p->time_context, b, first, lacks);
}

static struct err *decode_batch(
    struct http_source *s, uint32_t count, struct batch *out, uint64_t *skipped)
{
    s->bad->count = 0;
    if (!s->params.bad_log)
        return s->format->decode(s->decoder, s->records, count, out, s->bad, skipped);
    const struct bad_decode d = {s->format, s->decoder, s->records, count, s->bad, handle_bad, s};
    return bad_log_decode(&d, out, skipped);
}

/* Record by record, without the rows whose event time is missing; s->bad->count is that of all. */
static struct err *decode_timed(
    struct http_source *s, uint32_t count, struct batch *out, uint64_t *skipped)
{
    uint32_t capacity = out->capacity, total = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rows = out->rows;
        out->capacity = capacity - (count - i - 1);
        s->bad->count = 0;
        TRY(s->format->decode(s->decoder, s->records + i, 1, out, s->bad, skipped));
        bool lacks = false;
        if (s->bad->count == 0) TRY(lacks_time(s, out, rows, &lacks));
        if (lacks) {
            out->rows = rows;
            ingest_bad_time(s->bad, s->event_time);
        }
        total += s->bad->count;
        if (s->bad->count == 0) continue;
        s->bad->records[0].record = i;
        handle_bad(s, &s->bad->records[0]);
    }
    out->capacity = capacity;
    s->bad->count = total;
    return NULL;
}

/* A row without event time ends a job that has windows. Here anybody may send one, and it would be
 * read again after each restart: so it is a bad record. */
static struct err *decode(struct http_source *s, uint32_t count, struct batch *out)
{
    uint64_t skipped = 0, bytes = 0, duplicate_keys = s->decoder->duplicate_keys;
    TRY(decode_batch(s, count, out, &skipped));
    bool lacks;
    TRY(lacks_time(s, out, 0, &lacks));
    if (lacks) {
        if (s->params.bad_log) bad_log_clear(s->params.bad_log); /* it was empty before */
        s->decoder->duplicate_keys = duplicate_keys;
        out->rows = 0;
        skipped = 0;
        TRY(decode_timed(s, count, out, &skipped));
    }
    for (uint32_t i = 0; i < count; i++) bytes += s->records[i].n;
    /* A record may be an array: then it is as many rows. */
    count_more(&s->base.counters.records, out->rows + skipped + s->bad->count);
    count_more(&s->base.counters.bytes, bytes);
    count_more(&s->base.counters.bad_records, skipped + s->bad->count);
    atomic_store_explicit(
        &s->base.counters.duplicate_keys, s->decoder->duplicate_keys, memory_order_relaxed);
    return NULL;
}

static enum source_status say_idle(struct http_source *s, struct batch *out)
{
    if (s->draining) return SOURCE_END;
    s->base.wake_ms = 0;
    if (s->said_idle) return SOURCE_EMPTY;
    s->said_idle = true;
    batch_add_mark(out, WATERMARK_IDLE);
    return SOURCE_ROWS;
}

/* What was taken when the drain began may have found the disk full since, and is answered so. */
static bool is_drained(struct http_source *s)
{
    if (!s->draining) return false;
    uint64_t taken = ingest_log_taken(s->log);
    if (taken < s->drain_end) s->drain_end = taken;
    return s->place.body >= s->drain_end;
}

struct err *http_source_poll(struct source *base, struct batch *out, enum source_status *status)
{
    struct http_source *s = (struct http_source *)base;
    if (!s->log) {
        *status = say_idle(s, out);
        return NULL;
    }
    if (!s->params.durable) ingest_log_hold(s->log, s->cursor, s->place.body);
    *status = SOURCE_ROWS;
    for (int i = 0; i < ROUNDS_MAX; i++) {
        uint32_t count;
        TRY(take_records(s, out->capacity, &count));
        ingest_log_seen(s->log, s->cursor, s->place.body);
        if (count == 0) {
            *status = is_drained(s) ? SOURCE_END : SOURCE_EMPTY;
            base->wake_ms = 0;
            return NULL;
        }
        TRY(decode(s, count, out));
        if (out->rows) return NULL;
        batch_clear(out);
        if (s->params.bad_log && bad_log_count(s->params.bad_log) > 0) break;
    }
    *status = SOURCE_EMPTY; /* more may be there; come back at once */
    base->wake_ms = env_mono_ns(s->params.env) / 1000000;
    return NULL;
}

/* What was taken may still be on its way to the disk; it will be acknowledged, so it is waited for.
 */
void http_source_drain(struct source *base)
{
    struct http_source *s = (struct http_source *)base;
    s->draining = true;
    if (s->log) s->drain_end = ingest_log_taken(s->log);
}

/* ---- positions: u64 log, u64 body, u32 byte, u32 record ---- */

static void remember(struct http_source *s, uint64_t checkpoint)
{
    size_t n = s->remembered_count;
    if (n == CHECKPOINTS_MAX || (n && s->remembered[n - 1].checkpoint >= checkpoint)) return;
    s->remembered = mem_realloc(s->remembered, (n + 1) * sizeof *s->remembered);
    s->remembered[s->remembered_count++] = (struct remembered){checkpoint, s->place.body};
}

struct err *http_source_snapshot(struct source *base,
    void (*put)(void *context, struct slice split, struct slice position), void *context)
{
    struct http_source *s = (struct http_source *)base;
    struct buf position;
    if (!s->log) return NULL;
    buf_init(&position, 64);
    buf_add_u64(&position, ingest_log_id(s->log));
    buf_add_u64(&position, s->place.body);
    buf_add_u32(&position, s->place.at);
    buf_add_u32(&position, s->place.record);
    put(context, split_name, buf_slice(&position));
    buf_free(&position);
    if (s->params.durable && base->checkpoint_id) remember(s, base->checkpoint_id);
    return NULL;
}

static struct err *check_place(const struct http_source *s, uint64_t log, const struct place *at)
{
    uint64_t first, end;
    const struct ingest_options *o = ingest_collector_settings(s->collector);
    ingest_log_range(s->log, &first, &end);
    /* 0: at the checkpoint there was no log yet, so the place is the beginning of any. */
    if (log != 0 && log != ingest_log_id(s->log))
        return err_hint(ERR(ERR_CORRUPT,
                            "table '%s': the log in '%s' is not the one that the "
                            "checkpoint has read",
                            o->table, o->directory),
            "Give the folder of that log in 'log.dir', or start the job without the checkpoint.");
    if (at->body < first)
        return err_hint(
            ERR(ERR_NOT_FOUND,
                "table '%s': the checkpoint goes on at position %llu of "
                "the log in '%s', which begins at %llu: what lies "
                "between was removed after a later checkpoint, or for another job",
                o->table, (unsigned long long)at->body, o->directory, (unsigned long long)first),
            "Resume from the latest checkpoint, or start the job without one.");
    if (at->body > end)
        FAIL(ERR_CORRUPT,
            "table '%s': the checkpoint goes on at position %llu of the log in '%s', "
            "which ends at %llu",
            o->table, (unsigned long long)at->body, o->directory, (unsigned long long)end);
    return NULL;
}

struct err *http_source_restore(struct source *base, struct slice split, struct slice position)
{
    struct http_source *s = (struct http_source *)base;
    struct reader r = {
        (const unsigned char *)position.p, (const unsigned char *)position.p + position.n};
    uint64_t log;
    struct place at;
    if (!s->log) return NULL;
    TRY(reader_u64(&r, &log));
    TRY(reader_u64(&r, &at.body));
    TRY(reader_u32(&r, &at.at));
    TRY(reader_u32(&r, &at.record));
    if (!slice_eq(split, split_name) || r.at != r.end)
        FAIL(ERR_CORRUPT, "a stored position of table '%s' is damaged", s->params.table_name);
    TRY(check_place(s, log, &at));
    s->place = at;
    return NULL;
}

/* The mark moves to the oldest checkpoint that may be restored. One that an earlier process took is
 * not among those remembered: then it stays where it is. */
struct err *http_source_checkpoint_complete(struct source *base, uint64_t id, uint64_t oldest_id)
{
    struct http_source *s = (struct http_source *)base;
    size_t done = 0;
    if (!s->log || !s->params.durable || oldest_id == UINT64_MAX) return NULL;
    for (size_t i = 0; i < s->remembered_count && s->draining; i++)
        s->finished |= s->remembered[i].checkpoint == id && s->remembered[i].body >= s->drain_end;
    while (done < s->remembered_count && s->remembered[done].checkpoint <= oldest_id) done++;
    if (done == 0) return NULL;
    ingest_log_hold(s->log, s->cursor, s->remembered[done - 1].body);
    s->remembered_count -= --done; /* the last one is still the oldest */
    memmove(s->remembered, s->remembered + done, s->remembered_count * sizeof *s->remembered);
    return NULL;
}
