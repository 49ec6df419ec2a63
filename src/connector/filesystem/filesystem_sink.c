#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "connector/filesystem/file_list.h"
#include "connector/filesystem/filesystem_private.h"
#include "connector/filesystem/partition.h"
#include "vec/row_codec.h"

enum {
    FLUSH_BYTES = 1 << 20,
    RETRY_MS = 1000, /* a full disk is looked at again */
    ENCODED_BYTES_MAX = 512 << 20,
    STATE_NAME_BYTES_MAX = 1 << 16
};

/* ---- opening */

static void read_rolling(struct file_sink *s, const struct options *o)
{
    const struct option_def *table = filesystem_options;
    struct slice ignored;
    s->rolls_at_checkpoint = !option_find(o, "sink.rolling-policy.file-size", &ignored) &&
                             !option_find(o, "sink.rolling-policy.rollover-interval", &ignored) &&
                             !option_find(o, "sink.rolling-policy.inactivity-interval", &ignored);
    s->roll_bytes = (uint64_t)option_size_bytes(o, table, "sink.rolling-policy.file-size");
    s->roll_age_ms = option_duration_ms(o, table, "sink.rolling-policy.rollover-interval");
    s->roll_idle_ms = option_duration_ms(o, table, "sink.rolling-policy.inactivity-interval");
}

static struct err *open_format(struct file_sink *s)
{
    const struct connector_params *p = &s->params;
    TRY(connector_format(p, s->arena, &s->format, &s->format_options));
    s->record_schema = connector_record_schema(p, s->arena);
    s->record_columns = ARENA_ARRAY(s->arena, uint32_t, s->record_schema->count + 1);
    for (uint32_t i = 0; i < s->record_schema->count; i++)
        s->record_columns[i] =
            (uint32_t)schema_find(p->table_schema, s->record_schema->fields[i].name);
    struct format_params fp = {.options = &s->format_options,
        .schema = s->record_schema,
        .table_schema = s->record_schema,
        .zone = p->zone};
    return s->format->encoder_new(&fp, &s->encoder);
}

/* Of this table's sink of this job, whatever process runs it; else of nobody. */
static const char *owner_name(struct arena *a, const struct connector_params *p)
{
    if (p->owner == 0) return ".inprogress";
    uint64_t uid = p->uid ? hash_bytes(p->uid, strlen(p->uid), 0) : 0;
    return str_fmt(a, ".%016llx.inprogress", (unsigned long long)hash_combine(p->owner, uid));
}

struct err *filesystem_sink_open(const struct connector_params *p, struct sink **out)
{
    struct file_sink *s = mem_alloc(sizeof *s);
    const struct option_def *table = filesystem_options;
    s->params = *p;
    s->arena = arena_new(4096);
    s->default_name =
        slice_copy(s->arena, option_string(p->options, table, "partition.default-name"));
    if (option_string(p->options, table, "sink.partition-commit.policy.kind").p)
        s->success_name = slice_to_cstr(
            s->arena, option_string(p->options, table, "sink.partition-commit.success-file.name"));
    read_rolling(s, p->options);
    s->run = env_random(p->env);
    s->epoch = 1;
    s->owner = owner_name(s->arena, p);
    buf_init(&s->encoded, ENCODED_BYTES_MAX);
    buf_init(&s->folder, STATE_NAME_BYTES_MAX);
    struct err *e =
        file_list_plain_path(s->arena, option_string(p->options, table, "path"), &s->path);
    if (!e) e = open_format(s);
    if (!e) e = env_make_durable(p->env, s->path);
    if (e) {
        filesystem_sink_close(&s->base);
        return err_wrap(e, "table '%s'", p->table_name);
    }
    *out = &s->base;
    return NULL;
}

void filesystem_sink_close(struct sink *base)
{
    struct file_sink *s = (struct file_sink *)base;
    for (uint32_t i = 0; i < s->bucket_count; i++) {
        part_file_abandon(s->params.env, s->buckets[i].part);
        mem_free(s->buckets[i].folder);
    }
    for (size_t i = 0; i < s->pending_count; i++) {
        struct pending *p = &s->pending[i];
        if (p->checkpoint_id == 0) err_free(s->params.env->def->remove(s->params.env, p->hidden));
        mem_free(p->hidden);
        mem_free(p->final);
    }
    mem_free(s->pending);
    if (s->encoder) s->format->encoder_free(s->encoder);
    buf_free(&s->encoded);
    buf_free(&s->folder);
    arena_free(s->arena);
    mem_free(s);
}

/* ---- parts */

static void add_pending(struct file_sink *s, const char *hidden, const char *final)
{
    if (s->pending_count == s->pending_capacity) {
        s->pending_capacity = s->pending_capacity ? 2 * s->pending_capacity : 16;
        s->pending = mem_realloc(s->pending, s->pending_capacity * sizeof *s->pending);
    }
    s->pending[s->pending_count++] = (struct pending){mem_strdup(hidden), mem_strdup(final), 0};
}

/* The bucket's part is complete; its slot is given to the last bucket. */
static struct err *finish_bucket(struct file_sink *s, uint32_t i)
{
    struct env *env = s->params.env;
    struct bucket *b = &s->buckets[i];
    TRY(part_file_finish(env, b->part));
    add_pending(s, b->part->hidden, b->part->final);
    part_file_free(env, b->part);
    mem_free(b->folder);
    *b = s->buckets[--s->bucket_count];
    return NULL;
}

static char *part_name(struct file_sink *s, struct arena *a)
{
    return str_fmt(a, "part-%016llx-%u-%llu-%llu", (unsigned long long)s->run, s->params.subtask,
        (unsigned long long)s->epoch, (unsigned long long)s->part_number++);
}

static struct err *find_bucket(struct file_sink *s, struct slice folder, struct bucket **out)
{
    for (uint32_t i = 0; i < s->bucket_count; i++) {
        *out = &s->buckets[i];
        if (slice_eq(slice_of((*out)->folder), folder)) return NULL;
    }
    if (s->bucket_count == OPEN_PARTS_MAX) TRY(finish_bucket(s, 0));
    *out = &s->buckets[s->bucket_count++];
    struct arena *a = arena_new(1024);
    const char *path = str_fmt(a, "%s%s%.*s", s->path, folder.n ? "/" : "",
        (int)(folder.n ? folder.n - 1 : 0), folder.p ? folder.p : "");
    (*out)->part = part_file_new(path, part_name(s, a), s->owner, env_now_ms(s->params.env));
    arena_free(a);
    (*out)->folder = mem_alloc(folder.n + 1);
    if (folder.n) memcpy((*out)->folder, folder.p, folder.n);
    return NULL;
}

static bool should_roll(const struct file_sink *s, const struct part_file *f, int64_t now_ms)
{
    if (s->rolls_at_checkpoint) return false;
    return f->size_bytes >= s->roll_bytes || now_ms - f->begun_ms >= s->roll_age_ms ||
           now_ms - f->written_ms >= s->roll_idle_ms;
}

/* ---- writing */

/* A full disk is no failure: what is buffered stays so, and is tried again later. */
static struct err *write_out(struct file_sink *s, struct part_file *f)
{
    struct err *e = part_file_flush(s->params.env, f);
    if (!e || err_code(e) != ERR_DISK_FULL) return e;
    err_free(e);
    s->base.retry_ms = env_mono_ns(s->params.env) / 1000000 + RETRY_MS;
    if (s->base.full_ms == 0) s->base.full_ms = env_now_ms(s->params.env);
    return NULL;
}

static bool is_large(const struct file_sink *s, const struct part_file *f)
{
    return !s->rolls_at_checkpoint && f->size_bytes >= s->roll_bytes;
}

struct err *filesystem_flush(struct sink *base)
{
    struct file_sink *s = (struct file_sink *)base;
    struct err *e = NULL;
    base->retry_ms = 0;
    for (uint32_t i = s->bucket_count; !e && base->retry_ms == 0 && i > 0; i--) {
        struct part_file *f = s->buckets[i - 1].part;
        e = write_out(s, f);
        if (!e && base->retry_ms == 0 && is_large(s, f)) e = finish_bucket(s, i - 1);
    }
    base->holds = base->retry_ms > 0;
    if (!base->holds) base->full_ms = 0;
    return e ? err_wrap(e, "table '%s'", s->params.table_name) : NULL;
}

/* Rows first .. first + count - 1, all of one folder. */
static struct err *write_run(
    struct file_sink *s, const struct batch *view, uint32_t first, uint32_t count)
{
    struct bucket *b;
    TRY(find_bucket(s, buf_slice(&s->folder), &b));
    buf_clear(&s->encoded);
    TRY(s->format->encode(s->encoder, view, first, count, &s->encoded, s->ends));
    if (s->encoded.overflow)
        FAIL(ERR_LIMIT_EXCEEDED, "encoded rows of a batch are larger than %d bytes",
            ENCODED_BYTES_MAX);
    struct part_file *f = b->part;
    size_t begin = 0;
    for (uint32_t i = 0; i < count; i++) {
        buf_add(&f->buffer, s->encoded.p + begin, s->ends[i] - begin);
        buf_add_char(&f->buffer, '\n');
        begin = s->ends[i];
    }
    f->size_bytes += s->encoded.n + count;
    f->written_ms = env_now_ms(s->params.env);
    atomic_fetch_add_explicit(&s->base.counters.bytes, s->encoded.n + count, memory_order_relaxed);
    s->base.holds = true;
    if (s->base.retry_ms > 0) return NULL; /* flush() will */
    if (f->buffer.n >= FLUSH_BYTES || is_large(s, f)) TRY(write_out(s, f));
    bool stays = s->base.retry_ms > 0 || !is_large(s, f);
    return stays ? NULL : finish_bucket(s, (uint32_t)(b - s->buckets));
}

static void set_folder(struct file_sink *s, const struct batch *b, uint32_t row)
{
    buf_clear(&s->folder);
    partition_write(&s->params, s->default_name, b, row, &s->folder);
}

static bool same_partition(const struct file_sink *s, const struct batch *b, uint32_t row)
{
    for (uint32_t i = 0; i < s->params.partition_key_count; i++) {
        const struct column *c = b->columns[s->params.partition_keys[i]];
        if (!column_rows_equal(c, row, c, row - 1)) return false;
    }
    return true;
}

static struct err *write_rows(struct file_sink *s, const struct batch *b)
{
    struct column *columns[TYPE_FIELDS_MAX];
    ASSERT(s->record_schema->count <= TYPE_FIELDS_MAX);
    struct batch view = *b;
    for (uint32_t i = 0; i < s->record_schema->count; i++)
        columns[i] = b->columns[s->record_columns[i]];
    view.columns = columns;
    view.schema = s->record_schema;
    for (uint32_t first = 0; first < b->rows;) {
        uint32_t end = first + 1;
        while (end < b->rows && same_partition(s, b, end)) end++;
        set_folder(s, b, first);
        TRY(write_run(s, &view, first, end - first));
        first = end;
    }
    return NULL;
}

struct err *filesystem_write(struct sink *base, const struct batch *b)
{
    struct file_sink *s = (struct file_sink *)base;
    struct err *e = write_rows(s, b);
    if (e) return err_wrap(e, "table '%s'", s->params.table_name);
    atomic_fetch_add_explicit(&base->counters.records, b->rows, memory_order_relaxed);
    return NULL;
}

/* ---- publishing */

struct err *filesystem__write_success(struct file_sink *s, const char *final)
{
    if (!s->success_name || s->params.partition_key_count == 0) return NULL;
    struct env *env = s->params.env;
    struct env_file *file;
    const char *slash = strrchr(final, '/');
    struct arena *a = arena_new(1024);
    const char *path = str_fmt(a, "%.*s/%s", (int)(slash - final), final, s->success_name);
    struct err *e = env->def->open(env, path, ENV_CREATE, &file);
    if (!e) env->def->close(file);
    arena_free(a);
    return e;
}

/* What snapshots up to `id` hold; with UINT64_MAX everything. */
static struct err *publish(struct file_sink *s, uint64_t id)
{
    size_t kept = 0;
    struct err *e = NULL;
    for (size_t i = 0; i < s->pending_count; i++) {
        struct pending *p = &s->pending[i];
        bool due = id == UINT64_MAX || (p->checkpoint_id > 0 && p->checkpoint_id <= id);
        if (!e && due) {
            e = part_file_publish(s->params.env, p->hidden, p->final);
            if (!e) e = filesystem__write_success(s, p->final);
            if (!e) {
                mem_free(p->hidden);
                mem_free(p->final);
                continue;
            }
        }
        s->pending[kept++] = *p;
    }
    s->pending_count = kept;
    return e ? err_wrap(e, "table '%s'", s->params.table_name) : NULL;
}

struct err *filesystem_sink_checkpoint_complete(struct sink *base, uint64_t id)
{
    return publish((struct file_sink *)base, id);
}

/* ---- checkpoints. State: u64 run, u64 epoch; u32 count of finished parts, for each its two names;
 * u32 count of open parts, for each its two names and u64 bytes that are safe. */

/* The folder and those above it, up to the table's: names in them are durable then. Those that hold
 * `previous` too (NULL: nothing does) have just been synced. */
static struct err *sync_folders(struct file_sink *s, const char *file, const char *previous)
{
    struct env *env = s->params.env;
    struct arena *a = arena_new(1024);
    char *folder = str_fmt(a, "%s", file), *slash;
    size_t least = strlen(s->path);
    struct err *e = NULL;
    while (!e && (slash = strrchr(folder, '/')) && (size_t)(slash - folder) >= least) {
        size_t n = (size_t)(slash - folder);
        if (previous && strncmp(previous, file, n + 1) == 0) break;
        *slash = 0;
        e = env->def->sync_directory(env, folder);
    }
    arena_free(a);
    return e;
}

/* Of all parts that no snapshot has held before. */
static struct err *sync_names(struct file_sink *s)
{
    const char *previous = NULL;
    for (size_t i = 0; i < s->pending_count; i++) {
        if (s->pending[i].checkpoint_id != 0) continue;
        TRY(sync_folders(s, s->pending[i].hidden, previous));
        previous = s->pending[i].hidden;
    }
    for (uint32_t i = 0; i < s->bucket_count; i++) {
        TRY(sync_folders(s, s->buckets[i].part->hidden, previous));
        previous = s->buckets[i].part->hidden;
    }
    return NULL;
}

static struct err *close_or_sync(struct file_sink *s)
{
    int64_t now_ms = env_now_ms(s->params.env);
    for (uint32_t i = s->bucket_count; i > 0; i--) {
        struct part_file *f = s->buckets[i - 1].part;
        if (s->rolls_at_checkpoint || should_roll(s, f, now_ms))
            TRY(finish_bucket(s, i - 1));
        else
            TRY(part_file_sync(s->params.env, f));
        env_fault("files.part-synced");
    }
    TRY(sync_names(s));
    env_fault("files.names-synced");
    s->base.holds = false;
    return NULL;
}

struct err *filesystem_finish(struct sink *base)
{
    struct file_sink *s = (struct file_sink *)base;
    struct err *e = NULL;
    while (!e && s->bucket_count) e = finish_bucket(s, 0);
    if (!e) e = sync_names(s);
    return e ? err_wrap(e, "table '%s'", s->params.table_name) : NULL;
}

struct err *filesystem_sink_snapshot(struct sink *base, struct buf *state)
{
    struct file_sink *s = (struct file_sink *)base;
    struct err *e = close_or_sync(s);
    if (e) return err_wrap(e, "table '%s'", s->params.table_name);
    buf_add_u64(state, s->run);
    buf_add_u64(state, s->epoch);
    buf_add_u32(state, (uint32_t)s->pending_count);
    for (size_t i = 0; i < s->pending_count; i++) {
        if (s->pending[i].checkpoint_id == 0) s->pending[i].checkpoint_id = base->checkpoint_id;
        buf_add_sized(state, slice_of(s->pending[i].hidden));
        buf_add_sized(state, slice_of(s->pending[i].final));
    }
    buf_add_u32(state, s->bucket_count);
    for (uint32_t i = 0; i < s->bucket_count; i++) {
        buf_add_sized(state, slice_of(s->buckets[i].part->hidden));
        buf_add_sized(state, slice_of(s->buckets[i].part->final));
        buf_add_u64(state, s->buckets[i].part->size_bytes);
    }
    s->epoch++;
    s->part_number = 0;
    return NULL;
}
