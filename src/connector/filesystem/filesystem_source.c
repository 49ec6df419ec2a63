#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utf8.h"
#include "connector/bad_log.h"
#include "connector/filesystem/file_list.h"
#include "connector/filesystem/filesystem.h"
#include "connector/filesystem/line_reader.h"
#include "connector/filesystem/partition.h"
#include "type/value.h"
#include "vec/row_codec.h"

/* 32 MiB: enough to make a seek and a partial line cheap, small enough to share out one file. */
#define CHUNK_BYTES (UINT64_C(32) << 20)

enum { ARENA_BLOCK_BYTES = 64 << 10, SHOWN_BYTES = 200, PARTS_MAX = 1 << 22 };

/* A part of a file. Which subtask reads it is a pure function of path and number. */
struct part {
    char *path;
    uint32_t chunk; /* begins at chunk * CHUNK_BYTES */
    bool last;      /* reaches to the end of the file */
    bool done;
    bool started;    /* offset is where a record begins */
    uint64_t offset; /* position */
    uint64_t line;   /* of the next record; 0: unknown */
};

struct file_source {
    struct source base;
    struct connector_params params; /* pointers are the caller's, valid while the source lives */
    struct arena *arena;            /* paths, options */
    struct slice path;
    struct slice regex;
    struct slice default_name;
    const struct format_def *format;
    struct options format_options;
    const struct schema *format_schema; /* the wanted columns that are in the records */
    uint32_t *format_columns;           /* their places in the output */
    struct decoder *decoder;
    bool skips_bad;      /* 'ignore-parse-errors', or they have a table to go to */
    uint64_t first_line; /* of the records being decoded */
    struct part *parts;
    size_t part_count, part_capacity, next_part;
    struct map *known; /* of all parts */
    bool listed;       /* at least once */
    bool restored;
    int64_t monitor_ms; /* 0: bounded */
    uint64_t scan_ns;   /* when to list again */
    struct line_reader reader;
    struct part *open; /* being read */
    char *origin;
    struct slice *records;
    struct bad_records *bad;
};

static uint32_t owner_of(const struct file_source *s, const char *path, uint32_t chunk)
{
    uint64_t hash = hash_bytes(path, strlen(path), 0) + chunk;
    return (uint32_t)(hash % s->params.parallelism);
}

/* ---- the parts */

/* What the set of known parts holds: "chunk:path". */
static struct slice part_key(struct arena *a, const char *path, uint32_t chunk)
{
    return slice_of(str_fmt(a, "%u:%s", chunk, path));
}

static struct err *add_part(
    struct file_source *s, const char *path, uint32_t chunk, struct part **out)
{
    if (s->part_count == s->part_capacity) {
        size_t open = s->open ? (size_t)(s->open - s->parts) : 0;
        s->part_capacity = s->part_capacity ? 2 * s->part_capacity : 64;
        s->parts = mem_realloc(s->parts, s->part_capacity * sizeof *s->parts);
        if (s->open) s->open = &s->parts[open];
    }
    char *copy = slice_to_cstr(s->arena, slice_of(path));
    if (!map_put(s->known, part_key(s->arena, path, chunk), copy))
        FAIL(ERR_LIMIT_EXCEEDED, "table '%s' has more than %d files or parts of them",
            s->params.table_name, PARTS_MAX);
    *out = &s->parts[s->part_count++];
    **out = (struct part){.path = copy, .chunk = chunk, .offset = chunk * CHUNK_BYTES};
    return NULL;
}

static uint32_t chunks_of(const struct file_source *s, const struct file_entry *f)
{
    if (s->format->framing != FORMAT_LINES || byte_reader_is_compressed(f->path)) return 1;
    uint64_t count = f->size_bytes / CHUNK_BYTES + (f->size_bytes % CHUNK_BYTES != 0);
    return count ? (uint32_t)count : 1;
}

/* What the set of known parts holds for a whole file: how many parts it had when first seen. */
static struct slice file_key(struct arena *a, const char *path)
{
    return slice_of(str_fmt(a, "file:%s", path));
}

static struct err *know_file(struct file_source *s, struct slice key, uint32_t chunks)
{
    if (map_put(s->known, key, (void *)(uintptr_t)chunks)) return NULL;
    FAIL(ERR_LIMIT_EXCEEDED, "table '%s' has more than %d files or parts of them",
        s->params.table_name, PARTS_MAX);
}

/* The file's parts that are this subtask's and that it does not know yet. A monitored file keeps
 * the parts it had when first seen: of what it grows by later, some may have been read with its
 * last part, some would be left out. */
static struct err *add_file(struct file_source *s, const struct file_entry *f, struct arena *a)
{
    struct slice key = file_key(a, f->path);
    uint32_t chunks = (uint32_t)(uintptr_t)map_get(s->known, key);
    if (chunks == 0) {
        chunks = chunks_of(s, f);
        if (s->monitor_ms > 0) TRY(know_file(s, key, chunks));
    }
    for (uint32_t k = 0; k < chunks; k++) {
        struct part *part;
        if (owner_of(s, f->path, k) != s->params.subtask) continue;
        if (map_get(s->known, part_key(a, f->path, k))) continue;
        TRY(add_part(s, f->path, k, &part));
        part->last = k + 1 == chunks;
    }
    return NULL;
}

static struct err *list_files(struct file_source *s)
{
    struct file_list files;
    struct arena *a = arena_new(ARENA_BLOCK_BYTES);
    struct err *e = file_list(s->params.env, s->path, s->regex, s->monitor_ms > 0, a, &files);
    for (size_t i = 0; !e && i < files.count; i++) e = add_file(s, &files.entries[i], a);
    arena_free(a);
    s->listed = true;
    return e ? err_wrap(e, "table '%s'", s->params.table_name) : NULL;
}

/* ---- opening */

static void choose_columns(struct file_source *s)
{
    const struct connector_params *p = &s->params;
    struct type_field *fields = ARENA_ARRAY(s->arena, struct type_field, p->schema->count + 1);
    s->format_columns = ARENA_ARRAY(s->arena, uint32_t, p->schema->count + 1);
    uint32_t count = 0;
    const struct schema *record = connector_record_schema(p, s->arena);
    for (uint32_t i = 0; i < p->schema->count; i++) {
        if (schema_find(record, p->schema->fields[i].name) < 0) continue;
        s->format_columns[count] = i;
        fields[count++] = p->schema->fields[i];
    }
    s->format_schema = schema_new(s->arena, fields, count);
}

static struct err *open_format(struct file_source *s)
{
    struct slice text;
    bool ignore = false;
    TRY(connector_format(&s->params, s->arena, &s->format, &s->format_options));
    if (option_find(&s->format_options, "ignore-parse-errors", &text))
        TRY(option_parse_bool(text, &ignore));
    s->skips_bad = ignore || s->params.bad_log;
    choose_columns(s);
    struct format_params fp = {.options = &s->format_options,
        .schema = s->format_schema,
        .table_schema = connector_record_schema(&s->params, s->arena),
        .zone = s->params.zone};
    TRY(s->format->decoder_new(&fp, &s->decoder));
    s->decoder->describes_all = s->params.bad_log != NULL;
    return NULL;
}

struct err *filesystem_source_open(const struct connector_params *p, struct source **out)
{
    struct file_source *s = mem_alloc(sizeof *s);
    const struct option_def *table = filesystem_options;
    s->params = *p;
    s->arena = arena_new(ARENA_BLOCK_BYTES);
    s->path = slice_copy(s->arena, option_string(p->options, table, "path"));
    s->regex = option_string(p->options, table, "source.path.regex-pattern");
    if (s->regex.p) s->regex = slice_copy(s->arena, s->regex);
    s->default_name =
        slice_copy(s->arena, option_string(p->options, table, "partition.default-name"));
    s->monitor_ms = option_duration_ms(p->options, table, "source.monitor-interval");
    s->records = mem_alloc(BATCH_ROWS_MAX * sizeof *s->records);
    s->bad = mem_alloc(sizeof *s->bad);
    s->base.split_count = 1;
    s->known = map_new(2 * PARTS_MAX);
    struct err *e = open_format(s);
    if (e) {
        filesystem_source_close(&s->base);
        return e;
    }
    *out = &s->base;
    return NULL;
}

void filesystem_source_close(struct source *base)
{
    struct file_source *s = (struct file_source *)base;
    if (s->open) line_reader_close(&s->reader);
    if (s->decoder) s->format->decoder_free(s->decoder);
    mem_free(s->parts);
    map_free(s->known);
    mem_free(s->records);
    mem_free(s->bad);
    mem_free(s->origin);
    arena_free(s->arena);
    mem_free(s);
}

/* ---- reading */

static struct err *open_part(struct file_source *s, struct part *p)
{
    bool aligned = p->started || p->chunk == 0;
    uint64_t stop = p->last ? UINT64_MAX : (p->chunk + 1) * CHUNK_BYTES;
    struct err *e = line_reader_open(
        &s->reader, s->params.env, p->path, p->offset, stop, aligned, s->format, s->decoder);
    if (e) return err_wrap(e, "table '%s': file '%s'", s->params.table_name, p->path);
    if (s->params.bad_log) line_reader_keep_heads(&s->reader, BAD_LOG_PAYLOAD_BYTES_MAX + 1);
    if (p->started) s->reader.line = p->line ? p->line : 1;
    p->started = true;
    s->open = p;
    mem_free(s->origin);
    struct arena *a = arena_new(1024);
    s->origin = mem_strdup(p->chunk == 0 ? str_fmt(a, "file '%s' line", p->path)
                                         : str_fmt(a, "file '%s' after byte %llu line", p->path,
                                               (unsigned long long)(p->chunk * CHUNK_BYTES)));
    arena_free(a);
    return NULL;
}

static void finish_part(struct file_source *s)
{
    line_reader_close(&s->reader);
    s->open->done = true;
    s->open = NULL;
}

/* Offending bytes for a message, those around `offset` of a long record: what cannot be printed is
 * \xNN, cut after SHOWN_BYTES. */
static void escape(struct slice bytes, size_t offset, struct buf *out)
{
    size_t i = bytes.n > SHOWN_BYTES && offset > SHOWN_BYTES / 2 ? offset - SHOWN_BYTES / 2 : 0;
    if (i > bytes.n) i = 0;
    while (i > 0 && i < bytes.n && ((unsigned char)bytes.p[i] & 0xc0) == 0x80) i++;
    if (i > 0) buf_add_cstr(out, "...");
    while (i < bytes.n && out->n < SHOWN_BYTES) {
        unsigned char c = (unsigned char)bytes.p[i];
        size_t step = utf8_step(bytes.p[i]);
        bool whole = step <= bytes.n - i && utf8_valid((struct slice){bytes.p + i, step});
        if (c < 0x20 || c == 0x7f || c == '\\' || !whole) {
            buf_printf(out, "\\x%02x", c);
            step = 1;
        } else {
            buf_add(out, bytes.p + i, step);
        }
        i += step;
    }
    if (i < bytes.n) buf_add_cstr(out, "...");
}

static struct err *fail_bad(struct file_source *s, uint64_t first_line)
{
    const struct bad_record *b = &s->bad->records[0];
    struct slice record = s->records[b->record];
    struct buf text;
    buf_init(&text, 4096);
    escape(record, b->offset, &text);
    struct slice column = {NULL, 0};
    if (b->column < s->format_schema->count) column = s->format_schema->fields[b->column].name;
    struct err *e = ERR(ERR_BAD_RECORD, "%s %llu, byte %u%s%.*s%s: %s; the record is: %s",
        s->origin, (unsigned long long)(first_line + b->record), b->offset + 1,
        column.p ? ", column '" : "", (int)column.n, column.p ? column.p : "", column.p ? "'" : "",
        b->reason, buf_cstr(&text));
    buf_free(&text);
    e = err_wrap(e, "table '%s'", s->params.table_name);
    return err_hint(e, "'%s.ignore-parse-errors' = 'true' leaves bad records out and counts them.",
        s->format->name);
}

/* ---- bad records that have a table to go to */

static void add_bad(struct file_source *s, uint64_t line, struct bad_entry *e)
{
    struct arena *a = arena_new(1024);
    const struct part *p = s->open;
    e->position = slice_of(p->chunk == 0 ? str_fmt(a, "%s:%llu", p->path, (unsigned long long)line)
                                         : str_fmt(a, "%s after byte %llu:%llu", p->path,
                                               (unsigned long long)(p->chunk * CHUNK_BYTES),
                                               (unsigned long long)line));
    bad_log_add(s->params.bad_log, e);
    arena_free(a);
}

static void keep_bad(void *context, const struct bad_record *b)
{
    struct file_source *s = context;
    char reason[sizeof b->reason + 32];
    snprintf(reason, sizeof reason, "byte %u: %s", b->offset + 1, b->reason);
    struct bad_entry e = {.reason = slice_of(reason), .payload = s->records[b->record]};
    if (b->column < s->format_schema->count) e.field = s->format_schema->fields[b->column].name;
    add_bad(s, s->first_line + b->record, &e);
}

/* The record just passed over. */
static void keep_oversized(struct file_source *s)
{
    struct bad_entry e = {.reason = SLICE("the record is longer than 8 MiB"),
        .payload = {s->reader.head, s->reader.head_bytes}};
    add_bad(s, s->reader.line - 1, &e);
}

/* Columns of PARTITIONED BY: the same value in every row. */
static struct err *fill_partitions(struct file_source *s, struct batch *out)
{
    const struct connector_params *p = &s->params;
    for (uint32_t k = 0; k < p->partition_key_count; k++) {
        const struct type_field *f = &p->table_schema->fields[p->partition_keys[k]];
        int at = schema_find(p->schema, f->name);
        if (at < 0) continue;
        struct value v = value_null();
        struct slice text;
        if (!partition_find(out->arena, slice_of(s->open->path), f->name, &text))
            FAIL(ERR_INVALID_VALUE, "file '%s' is in no folder '%.*s=...'", s->open->path,
                (int)f->name.n, f->name.p);
        if (!slice_eq(text, s->default_name)) {
            struct err *e = value_parse(out->arena, f->type, text, p->zone, &v);
            if (e) return err_wrap(e, "partition of file '%s'", s->open->path);
        }
        for (uint32_t row = 0; row < out->rows; row++)
            column_set_value(out->columns[at], row, &v, out->arena);
    }
    return NULL;
}

static struct err *decode(struct file_source *s, uint32_t count, uint64_t line, struct batch *out)
{
    struct batch view = *out; /* the columns of the records */
    struct column **columns =
        arena_alloc(out->arena, (s->format_schema->count + 1) * sizeof *columns);
    for (uint32_t i = 0; i < s->format_schema->count; i++)
        columns[i] = out->columns[s->format_columns[i]];
    view.columns = columns;
    view.schema = s->format_schema;
    uint64_t skipped = 0;
    s->bad->count = 0;
    if (s->params.bad_log) {
        const struct bad_decode d = {s->format, s->decoder, s->records, count, s->bad, keep_bad, s};
        s->first_line = line;
        TRY(bad_log_decode(&d, &view, &skipped));
    } else {
        TRY(s->format->decode(s->decoder, s->records, count, &view, s->bad, &skipped));
        if (s->bad->count) return fail_bad(s, line);
    }
    skipped += s->bad->count;
    uint64_t records = view.rows - out->rows + skipped; /* an empty line is none */
    out->rows = view.rows;
    out->origin = s->origin;
    out->first_position = line;
    atomic_fetch_add_explicit(&s->base.counters.records, records, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->base.counters.bad_records, skipped, memory_order_relaxed);
    atomic_store_explicit(
        &s->base.counters.duplicate_keys, s->decoder->duplicate_keys, memory_order_relaxed);
    return fill_partitions(s, out);
}

static struct err *read_some(struct file_source *s, struct batch *out)
{
    uint32_t count;
    bool ended;
    uint64_t line = s->reader.line, offset = s->reader.offset;
    uint64_t oversized = s->reader.oversized;
    struct err *e =
        line_reader_next(&s->reader, s->records, out->capacity, s->skips_bad, &count, &ended);
    if (e) return err_wrap(e, "table '%s': file '%s'", s->params.table_name, s->open->path);
    s->open->offset = s->reader.offset;
    s->open->line = s->reader.line;
    atomic_fetch_add_explicit(
        &s->base.counters.bytes, s->reader.offset - offset, memory_order_relaxed);
    uint64_t skipped = s->reader.oversized - oversized;
    atomic_fetch_add_explicit(&s->base.counters.records, skipped, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->base.counters.bad_records, skipped, memory_order_relaxed);
    if (skipped && s->params.bad_log) keep_oversized(s);
    if (count > 0) return decode(s, count, line, out);
    if (ended) finish_part(s);
    return NULL;
}

static struct part *next_part(struct file_source *s)
{
    for (; s->next_part < s->part_count; s->next_part++)
        if (!s->parts[s->next_part].done) return &s->parts[s->next_part];
    return NULL;
}

/* Lists at first, and again when it is time. A bounded source that was restored reads what its
 * first run had found. */
static struct err *find_work(struct file_source *s, bool *found, enum source_status *status)
{
    *found = true;
    if (s->open || next_part(s)) return NULL;
    *found = false;
    uint64_t now_ns = env_mono_ns(s->params.env);
    bool due = s->monitor_ms > 0 && now_ns >= s->scan_ns;
    if (due || (!s->listed && !(s->restored && s->monitor_ms == 0))) {
        TRY(list_files(s));
        s->scan_ns = now_ns + (uint64_t)s->monitor_ms * 1000000;
        *found = next_part(s) != NULL;
    }
    *status = s->monitor_ms > 0 ? SOURCE_EMPTY : SOURCE_END;
    s->base.wake_ms = s->scan_ns / 1000000 + 1;
    return NULL;
}

static bool has_bad(const struct file_source *s)
{
    return s->params.bad_log && bad_log_count(s->params.bad_log) > 0;
}

struct err *filesystem_poll(struct source *base, struct batch *out, enum source_status *status)
{
    enum { ROUNDS_MAX = 16 }; /* empty files and skipped records in one call */
    struct file_source *s = (struct file_source *)base;
    for (int i = 0; i < ROUNDS_MAX && out->rows == 0 && !has_bad(s); i++) {
        bool found;
        TRY(find_work(s, &found, status));
        if (!found) return NULL;
        if (!s->open) TRY(open_part(s, next_part(s)));
        TRY(read_some(s, out));
    }
    *status = SOURCE_ROWS;
    if (out->rows > 0) return NULL;
    *status = SOURCE_EMPTY; /* more may be there; come back at once */
    base->wake_ms = env_mono_ns(s->params.env) / 1000000;
    return NULL;
}

/* ---- positions: u8 done, u8 started, u8 last, u64 offset, u64 line */

struct err *filesystem_source_snapshot(struct source *base,
    void (*put)(void *context, struct slice split, struct slice position), void *context)
{
    struct file_source *s = (struct file_source *)base;
    struct buf id, position;
    if (!s->listed && !s->restored) TRY(list_files(s)); /* so that its files are not lost */
    buf_init(&id, 1 << 16);
    buf_init(&position, 64);
    for (size_t i = 0; i < s->part_count; i++) {
        const struct part *p = &s->parts[i];
        buf_clear(&id);
        buf_clear(&position);
        buf_add_u32(&id, p->chunk);
        buf_add_cstr(&id, p->path);
        buf_add_u8(&position, p->done);
        buf_add_u8(&position, p->started);
        buf_add_u8(&position, p->last);
        buf_add_u64(&position, p->offset);
        buf_add_u64(&position, p->line);
        put(context, buf_slice(&id), buf_slice(&position));
    }
    buf_free(&id);
    buf_free(&position);
    return NULL;
}

static struct reader reader_of(struct slice s)
{
    return (struct reader){(const unsigned char *)s.p, (const unsigned char *)s.p + s.n};
}

struct err *filesystem_source_restore(
    struct source *base, struct slice split, struct slice position)
{
    struct file_source *s = (struct file_source *)base;
    struct reader id = reader_of(split), at = reader_of(position);
    uint32_t chunk;
    uint8_t done, started, last;
    uint64_t offset, line;
    s->restored = true;
    TRY(reader_u32(&id, &chunk));
    TRY(reader_u8(&at, &done));
    TRY(reader_u8(&at, &started));
    TRY(reader_u8(&at, &last));
    TRY(reader_u64(&at, &offset));
    TRY(reader_u64(&at, &line));
    struct slice path = {(const char *)id.at, (size_t)(id.end - id.at)};
    if (path.n == 0 || memchr(path.p, '\0', path.n))
        FAIL(ERR_CORRUPT, "a stored file name of table '%s' is damaged", s->params.table_name);
    char *text = slice_to_cstr(s->arena, path);
    if (last && chunk < UINT32_MAX) TRY(know_file(s, file_key(s->arena, text), chunk + 1));
    if (owner_of(s, text, chunk) != s->params.subtask) return NULL;
    struct part *p;
    TRY(add_part(s, text, chunk, &p));
    p->done = done;
    p->started = started;
    p->last = last;
    p->offset = offset;
    p->line = line;
    return NULL;
}
