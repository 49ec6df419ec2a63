#include "base/arena.h"
#include "base/check.h"
#include "base/num.h"
#include "connector/datagen/generator.h"
#include "connector/harness.h"
#include "type/timezone.h"
#include "vec/row_codec.h"

enum {
    BATCH_BYTES_MAX = 4 << 20, /* of texts and collections */
    TICK_MS = 10,              /* rows that are due within it come together */
    NS_PER_S = 1000000000
};

/* Split i of n gives the rows i, i + n, i + 2n, ... of the table. */
struct split {
    uint32_t index;
    uint64_t given; /* its position */
};

struct datagen_source {
    struct source base;
    struct env *env;
    struct arena *arena;
    const struct time_zone *zone;
    struct time_zone_cache zone_cache;
    struct generator *columns;
    uint32_t column_count;
    uint64_t total; /* rows of the table; UINT64_MAX: no end */
    uint32_t subtask;
    uint32_t parallelism;
    struct split *splits;
    uint32_t split_count; /* of this subtask */
    uint32_t split_total; /* of the table */
    bool restored;
    bool unlimited;     /* weir test: its clock moves only when told to */
    double rows_per_ns; /* of the whole table */
    uint64_t opened_ns;
    uint64_t given; /* since it was opened */
    uint64_t *ids;
    uint64_t batch_rows; /* at most, so that a batch of long texts stays small */
};

static const struct option_def options[] = {
    {"rows-per-second", OPTION_INT, "10000", false, "1..", "How fast rows come."},
    {"number-of-rows", OPTION_INT, NULL, false, "0..", "The source ends after so many."},
    {"fields.#.kind", OPTION_ENUM, "random", false, "random|sequence", "How values are made."},
    {"fields.#.min", OPTION_STRING, NULL, false, NULL, "Least random number."},
    {"fields.#.max", OPTION_STRING, NULL, false, NULL, "Largest random number."},
    {"fields.#.max-past", OPTION_DURATION, NULL, false, NULL,
        "Times lie between now and so long before."},
    {"fields.#.length", OPTION_INT, "100", false, "0..",
        "Characters of text (100, or the type's), elements of collections (3)."},
    {"fields.#.var-len", OPTION_BOOL, "false", false, NULL, "Any length up to that."},
    {"fields.#.null-rate", OPTION_DOUBLE, "0", false, "0..1", "Part of the values that is NULL."},
    {"fields.#.seed", OPTION_INT, NULL, false, NULL,
        "The same seed gives the same values; without it weir.seed decides."},
    {"fields.#.start", OPTION_STRING, NULL, false, NULL, "First number of a sequence."},
    {"fields.#.end", OPTION_STRING, NULL, false, NULL, "Last number of a sequence."}, {0}};

static struct err *make_columns(const struct connector_params *p, struct arena *a,
    const struct schema *schema, struct generator **out)
{
    *out = ARENA_ARRAY(a, struct generator, schema->count + 1);
    for (uint32_t i = 0; i < schema->count; i++)
        TRY(generator_init(&(*out)[i], a, p->options, slice_to_cstr(a, schema->fields[i].name),
            schema->fields[i].type, p->seed));
    return NULL;
}

/* Sequences end the source also when their column is not wanted. */
static struct err *count_rows(const struct connector_params *p, struct arena *a, uint64_t *total)
{
    struct slice text;
    struct generator *all;
    TRY(make_columns(p, a, p->table_schema, &all));
    *total = option_find(p->options, "number-of-rows", &text)
                 ? (uint64_t)option_int(p->options, options, "number-of-rows")
                 : UINT64_MAX;
    for (uint32_t i = 0; i < p->table_schema->count; i++) {
        uint64_t limit = generator_limit(&all[i]);
        if (limit < *total) *total = limit;
    }
    return NULL;
}

static struct err *validate(const struct connector_params *p)
{
    uint64_t total;
    struct arena *a = arena_new(4096);
    struct err *e = count_rows(p, a, &total);
    arena_free(a);
    return e ? err_wrap(e, "connector 'datagen'") : NULL;
}

static bool is_bounded(const struct connector_params *p)
{
    uint64_t total = UINT64_MAX;
    struct arena *a = arena_new(4096);
    err_free(count_rows(p, a, &total));
    arena_free(a);
    return total != UINT64_MAX;
}

static void add_split(struct datagen_source *s, uint32_t index, uint64_t given)
{
    s->splits = mem_realloc(s->splits, (s->split_count + 1) * sizeof *s->splits);
    s->splits[s->split_count++] = (struct split){index, given};
    s->base.split_count = s->split_count;
}

static void close_source(struct source *base)
{
    struct datagen_source *s = (struct datagen_source *)base;
    mem_free(s->splits);
    mem_free(s->ids);
    arena_free(s->arena);
    mem_free(s);
}

static struct err *open_source(const struct connector_params *p, struct source **out)
{
    struct datagen_source *s = mem_alloc(sizeof *s);
    s->arena = arena_new(4096);
    s->env = p->env;
    s->zone = p->zone ? p->zone : timezone_utc();
    s->subtask = p->subtask;
    s->parallelism = s->split_total = p->parallelism;
    s->column_count = p->schema->count;
    struct err *e = count_rows(p, s->arena, &s->total);
    if (!e) e = make_columns(p, s->arena, p->schema, &s->columns);
    if (e) {
        close_source(&s->base);
        return err_wrap(e, "connector 'datagen'");
    }
    add_split(s, p->subtask, 0);
    s->rows_per_ns = (double)option_int(p->options, options, "rows-per-second") / NS_PER_S;
    s->unlimited = p->harness && ((const struct harness *)p->harness)->store;
    s->opened_ns = env_mono_ns(p->env);
    s->ids = mem_alloc(BATCH_ROWS_MAX * sizeof *s->ids);
    uint64_t row_bytes = 1;
    for (uint32_t i = 0; i < s->column_count; i++) row_bytes += generator_row_bytes(&s->columns[i]);
    s->batch_rows = BATCH_BYTES_MAX / row_bytes + 1;
    *out = &s->base;
    return NULL;
}

/* Rows of the split that are still to come. */
static uint64_t rows_left(const struct datagen_source *s, const struct split *split)
{
    if (s->total == UINT64_MAX) return UINT64_MAX;
    if (s->total <= split->index) return 0;
    uint64_t rows = (s->total - split->index - 1) / s->split_total + 1;
    return rows > split->given ? rows - split->given : 0;
}

/* Rows that may be given now; if none, wake_ms says when. */
static uint64_t rows_due(struct datagen_source *s)
{
    if (s->unlimited) return UINT64_MAX;
    double share = s->rows_per_ns * s->split_count / s->split_total;
    double elapsed_ns = (double)(env_mono_ns(s->env) - s->opened_ns);
    double due = elapsed_ns * share + 1 - (double)s->given;
    if (due >= 1) return due < 1e9 ? (uint64_t)due : 1000000000;
    double tick_rows = share * TICK_MS * 1e6;
    double wanted = (double)s->given + (tick_rows > 1 ? tick_rows - 1 : 0);
    s->base.wake_ms = (uint64_t)(((double)s->opened_ns + wanted / share) / 1e6) + 1;
    return 0;
}

static struct split *choose_split(struct datagen_source *s)
{
    struct split *best = NULL;
    for (uint32_t i = 0; i < s->split_count; i++) {
        struct split *split = &s->splits[i];
        if (rows_left(s, split) > 0 && (!best || split->given < best->given)) best = split;
    }
    return best;
}

static void fill(struct datagen_source *s, struct split *split, uint32_t count, struct batch *out)
{
    struct generator_context x = {.zone = s->zone,
        .zone_cache = &s->zone_cache,
        .now_ms = env_now_ms(s->env),
        .arena = out->arena};
    uint64_t *restrict ids = s->ids, first = split->index + split->given * s->split_total;
    uint32_t step = s->split_total;
    for (uint32_t i = 0; i < count; i++) ids[i] = first + (uint64_t)i * step;
    for (uint32_t k = 0; k < s->column_count; k++)
        generator_fill(&s->columns[k], &x, out->columns[k], s->ids, count);
    out->rows = count;
    out->origin = "datagen row";
    out->first_position = split->given;
    split->given += count;
    s->given += count;
}

static struct err *poll(struct source *base, struct batch *out, enum source_status *status)
{
    struct datagen_source *s = (struct datagen_source *)base;
    struct split *split = choose_split(s);
    *status = SOURCE_END;
    if (!split) return NULL;
    *status = SOURCE_EMPTY;
    uint64_t count = rows_due(s);
    if (count == 0) return NULL;
    *status = SOURCE_ROWS;
    uint64_t left = rows_left(s, split);
    if (count > left) count = left;
    if (count > out->capacity) count = out->capacity;
    if (count > s->batch_rows) count = s->batch_rows;
    base->split = (uint32_t)(split - s->splits);
    fill(s, split, (uint32_t)count, out);
    atomic_fetch_add_explicit(&base->counters.records, count, memory_order_relaxed);
    return NULL;
}

static struct err *snapshot(struct source *base,
    void (*put)(void *context, struct slice split, struct slice position), void *context)
{
    struct datagen_source *s = (struct datagen_source *)base;
    for (uint32_t i = 0; i < s->split_count; i++) {
        uint32_t id[2] = {s->splits[i].index, s->split_total};
        put(context, (struct slice){(const char *)id, sizeof id},
            (struct slice){(const char *)&s->splits[i].given, sizeof(uint64_t)});
    }
    return NULL;
}

/* The number of splits is the first run's for ever, so that their rows stay the same. */
static struct err *restore(struct source *base, struct slice split, struct slice position)
{
    struct datagen_source *s = (struct datagen_source *)base;
    uint32_t id[2];
    uint64_t given;
    if (split.n != sizeof id || position.n != sizeof given)
        FAIL(ERR_CORRUPT, "the stored position of a datagen source is damaged");
    memcpy(id, split.p, sizeof id);
    memcpy(&given, position.p, sizeof given);
    if (id[0] >= id[1]) FAIL(ERR_CORRUPT, "the stored split of a datagen source is damaged");
    if (!s->restored) s->split_count = s->base.split_count = 0;
    s->restored = true;
    s->split_total = id[1];
    if (id[0] % s->parallelism == s->subtask) add_split(s, id[0], given);
    return NULL;
}

extern const struct connector_def datagen_connector;
const struct connector_def datagen_connector = {
    .name = "datagen",
    .doc = "Makes random rows and sequences.",
    .flags = CONNECTOR_SOURCE,
    .options = options,
    .validate = validate,
    .bounded = is_bounded,
    .source_open = open_source,
    .poll = poll,
    .source_snapshot = snapshot,
    .source_restore = restore,
    .source_close = close_source,
};
