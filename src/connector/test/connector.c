#include "connector/connector.h"
#include "base/arena.h"
#include "base/check.h"
#include "connector/harness.h"
#include "connector/test/store_private.h"
#include "vec/row_codec.h"

static const struct option_def options[] = {
    {"changelog-mode", OPTION_STRING, "I", false, NULL,
        "Row kinds the source may give: a list of I, UB, UA, D."},
    {"sink.changelog-mode", OPTION_STRING, NULL, false, NULL,
        "Row kinds the sink accepts; by default all, or I,UA,D with a primary key."},
    {"splits", OPTION_INT, "1", false, "1..64", "Parts that are fed independently."},
    {"bounded", OPTION_BOOL, "false", false, NULL, "The planner treats the table as bounded."},
    {"watermark-push-down", OPTION_BOOL, "false", false, NULL,
        "The source evaluates WATERMARK FOR, for each split."},
    {"result", OPTION_STRING, NULL, false, NULL, "Accepted."}, {0}};

static row_kinds kinds_of(const struct connector_params *p, const char *key, row_kinds otherwise)
{
    struct slice text = option_string(p->options, options, key);
    row_kinds kinds = otherwise;
    if (text.p) {
        struct err *e = row_kinds_parse(text, &kinds);
        ASSERT(!e);
    }
    return kinds;
}

static struct err *check_kinds(const struct connector_params *p, const char *key)
{
    struct slice text;
    row_kinds kinds;
    if (!option_find(p->options, key, &text)) return NULL;
    struct err *e = row_kinds_parse(text, &kinds);
    return e ? err_wrap(e, "option '%s' of connector 'test'", key) : NULL;
}

static struct err *validate(const struct connector_params *p)
{
    TRY(check_kinds(p, "changelog-mode"));
    return check_kinds(p, "sink.changelog-mode");
}

static row_kinds source_kinds(const struct connector_params *p)
{
    return kinds_of(p, "changelog-mode", ROW_KINDS_INSERT_ONLY);
}

static row_kinds sink_kinds(const struct connector_params *p)
{
    return kinds_of(
        p, "sink.changelog-mode", p->primary_key_count ? ROW_KINDS_UPSERT : ROW_KINDS_ALL);
}

static struct test_store *store_of(const struct connector_params *p)
{
    return p->harness ? ((const struct harness *)p->harness)->store : NULL;
}

static bool is_bounded(const struct connector_params *p)
{
    const struct harness *h = p->harness;
    return option_bool(p->options, options, "bounded") || (h && h->sources_end);
}

static bool pushes_down(const struct connector_params *p)
{
    const struct test_store *s = store_of(p);
    return option_bool(p->options, options, "watermark-push-down") ||
           option_int(p->options, options, "splits") > 1 ||
           (s && test_store_controls_watermark(s, slice_of(p->table_name)));
}

static struct err *find_table(const struct connector_params *p, struct test_table **out)
{
    struct test_store *s = store_of(p);
    if (!s)
        FAIL(ERR_UNSUPPORTED, "table '%s': connector 'test' exists only in weir test",
            p->table_name);
    return test_store_declare(
        s, slice_of(p->table_name), p->table_schema, p->primary_key, p->primary_key_count, out);
}

/* ---- source */

struct open_split {
    uint32_t index; /* in the table */
    size_t next;    /* position: events handed out */
    bool ended;
    bool repeat_mark; /* restored past an explicit watermark: say it again */
    int64_t mark_ms;
    bool repeat_idle; /* the last event before the restored position is `idle` */
};

struct test_source {
    struct source base;
    const struct harness *harness;
    struct test_table *table;
    uint32_t *columns; /* of the table, for each wanted one */
    uint32_t column_count;
    struct open_split *splits;
    uint32_t split_count;
    uint32_t total; /* of the table */
};

static struct err *map_columns(const struct connector_params *p, struct test_source *s)
{
    s->column_count = p->schema->count;
    s->columns = mem_alloc((p->schema->count + 1) * sizeof *s->columns);
    for (uint32_t i = 0; i < p->schema->count; i++) {
        int at = schema_find(p->table_schema, p->schema->fields[i].name);
        ASSERT(at >= 0);
        s->columns[i] = (uint32_t)at;
    }
    return NULL;
}

static struct err *open_source(const struct connector_params *p, struct source **out)
{
    struct test_table *table;
    TRY(find_table(p, &table));
    struct test_source *s = mem_alloc(sizeof *s);
    s->table = table;
    s->harness = p->harness;
    s->total = (uint32_t)option_int(p->options, options, "splits");
    s->splits = mem_alloc((s->total + 1) * sizeof *s->splits);
    for (uint32_t i = p->subtask; i < s->total; i += p->parallelism)
        s->splits[s->split_count++].index = i;
    s->base.split_count = s->split_count;
    *out = &s->base;
    return map_columns(p, s);
}

/* Number of the split's next event that may be handed out, or UINT64_MAX. */
static uint64_t next_number(const struct test_source *s, const struct open_split *split)
{
    const struct test_split *fed = &s->table->splits[split->index];
    if (split->ended || split->next >= fed->count) return UINT64_MAX;
    uint64_t number = fed->events[split->next].number;
    bool within = !s->harness->limited || number <= s->harness->limit;
    return within && number <= test__released(s->table->store) ? number : UINT64_MAX;
}

static void add_row(struct test_source *s, const struct test_event *e, struct batch *out)
{
    for (uint32_t i = 0; i < s->column_count; i++)
        column_set_value(out->columns[i], out->rows, &e->values[s->columns[i]], out->arena);
    batch_set_kind(out, out->rows, e->kind);
    out->rows++;
}

static void add_event(
    struct test_source *s, struct open_split *split, const struct test_event *e, struct batch *out)
{
    switch (e->what) {
    case TEST_EVENT_ROW: add_row(s, e, out); return;
    case TEST_EVENT_WATERMARK: batch_add_mark(out, e->watermark_ms); return;
    case TEST_EVENT_IDLE: batch_add_mark(out, WATERMARK_IDLE); return;
    case TEST_EVENT_END: split->ended = true; return;
    }
}

/* The split whose next event is the earliest; *limit is the number of the next one's after it. */
static struct open_split *choose_split(struct test_source *s, uint64_t *limit)
{
    struct open_split *best = NULL;
    uint64_t lowest = UINT64_MAX;
    *limit = UINT64_MAX;
    for (uint32_t i = 0; i < s->split_count; i++) {
        uint64_t number = next_number(s, &s->splits[i]);
        if (number < lowest) {
            *limit = lowest;
            lowest = number;
            best = &s->splits[i];
        } else if (number < *limit) {
            *limit = number;
        }
    }
    return best;
}

static bool is_told_to_end(const struct test_source *s)
{
    bool told = s->harness->sources_end;
    for (size_t i = 0; i < s->harness->ended_count; i++)
        told = told || s->harness->ended[i] == s->table;
    return told;
}

static bool has_ended(const struct test_source *s)
{
    bool told = is_told_to_end(s);
    for (uint32_t i = 0; i < s->split_count; i++) {
        if (s->splits[i].ended) continue;
        if (!told || next_number(s, &s->splits[i]) != UINT64_MAX) return false;
    }
    return true; /* at once for a subtask without splits */
}

static bool repeat_mark(struct test_source *s, struct batch *out)
{
    for (uint32_t i = 0; i < s->split_count; i++) {
        struct open_split *split = &s->splits[i];
        if (!split->repeat_mark && !split->repeat_idle) continue;
        s->base.split = i;
        if (split->repeat_mark) batch_add_mark(out, split->mark_ms);
        if (split->repeat_idle) batch_add_mark(out, WATERMARK_IDLE);
        split->repeat_mark = split->repeat_idle = false;
        return true;
    }
    return false;
}

/* A split that was fed but that the table does not have would be lost silently. */
static struct err *check_splits(const struct test_source *s)
{
    if (s->table->ended || s->table->split_count <= s->total) return NULL;
    FAIL(ERR_INVALID_VALUE, "split %u of test table '%s' was fed, but it has %u",
        s->table->split_count - 1, s->table->name, s->total);
}

static struct err *poll(struct source *base, struct batch *out, enum source_status *status)
{
    struct test_source *s = (struct test_source *)base;
    TRY(check_splits(s));
    *status = SOURCE_ROWS;
    if (repeat_mark(s, out)) return NULL;
    uint64_t limit;
    struct open_split *split = choose_split(s, &limit);
    if (!split) {
        *status = has_ended(s) ? SOURCE_END : SOURCE_EMPTY;
        base->wake_ms = 0;
        return NULL;
    }
    base->split = (uint32_t)(split - s->splits);
    out->origin = s->table->name;
    out->first_position = split->next + 1;
    const struct test_split *fed = &s->table->splits[split->index];
    /* A mark comes alone: the rows around it may still need WATERMARK FOR. */
    while (out->rows < out->capacity && next_number(s, split) < limit && out->mark_count == 0) {
        const struct test_event *e = &fed->events[split->next];
        bool is_mark = e->what == TEST_EVENT_WATERMARK || e->what == TEST_EVENT_IDLE;
        if (is_mark && out->rows > 0) break;
        split->next++;
        add_event(s, split, e, out);
    }
    atomic_fetch_add_explicit(&base->counters.records, out->rows, memory_order_relaxed);
    if (out->rows == 0 && out->mark_count == 0) *status = SOURCE_EMPTY;
    if (*status == SOURCE_EMPTY && has_ended(s)) *status = SOURCE_END;
    return NULL;
}

static struct err *snapshot_source(struct source *base,
    void (*put)(void *context, struct slice split, struct slice position), void *context)
{
    struct test_source *s = (struct test_source *)base;
    for (uint32_t i = 0; i < s->split_count; i++) {
        uint32_t index = s->splits[i].index;
        uint64_t next = s->splits[i].next;
        put(context, (struct slice){(const char *)&index, sizeof index},
            (struct slice){(const char *)&next, sizeof next});
    }
    return NULL;
}

static struct err *restore_source(struct source *base, struct slice split_id, struct slice position)
{
    struct test_source *s = (struct test_source *)base;
    uint32_t index;
    uint64_t next;
    if (split_id.n != sizeof index || position.n != sizeof next)
        FAIL(ERR_CORRUPT, "position of test table '%s' is damaged", s->table->name);
    memcpy(&index, split_id.p, sizeof index);
    memcpy(&next, position.p, sizeof next);
    for (uint32_t i = 0; i < s->split_count; i++) {
        struct open_split *split = &s->splits[i];
        if (split->index != index) continue;
        const struct test_split *fed = &s->table->splits[index];
        if (next > fed->count)
            FAIL(ERR_CORRUPT, "position of test table '%s' is past its end", s->table->name);
        split->next = (size_t)next;
        for (size_t k = 0; k < split->next; k++) {
            const struct test_event *e = &fed->events[k];
            split->ended = split->ended || e->what == TEST_EVENT_END;
            split->repeat_idle = e->what == TEST_EVENT_IDLE;
            if (e->what != TEST_EVENT_WATERMARK) continue;
            split->repeat_mark = true;
            split->mark_ms = e->watermark_ms;
        }
    }
    return NULL;
}

static void close_source(struct source *base)
{
    struct test_source *s = (struct test_source *)base;
    mem_free(s->splits);
    mem_free(s->columns);
    mem_free(s);
}

/* ---- sink */

/* Rows of a writer that the last checkpoint of this sink confirms. */
struct confirmed {
    uint32_t writer;
    uint64_t rows;
};

struct test_sink {
    struct sink base;
    struct test_table *table;
    uint32_t writer;
    struct confirmed *inherited; /* of sinks before a restart */
    uint32_t inherited_count;
    bool finished;
    bool finish_stored; /* in the last snapshot */
    bool published;     /* all rows are: they stay whatever happens to the job */
};

static struct err *open_sink(const struct connector_params *p, struct sink **out)
{
    struct test_table *table;
    TRY(find_table(p, &table));
    struct test_sink *s = mem_alloc(sizeof *s);
    s->table = table;
    s->writer = test__add_writer(table);
    *out = &s->base;
    return NULL;
}

static struct err *write_batch(struct sink *base, const struct batch *b)
{
    struct test_sink *s = (struct test_sink *)base;
    for (uint32_t row = 0; row < b->rows; row++) test__receive(s->table, s->writer, b, row);
    atomic_fetch_add_explicit(&base->counters.records, b->rows, memory_order_relaxed);
    return NULL;
}

static struct err *snapshot_sink(struct sink *base, struct buf *state)
{
    struct test_sink *s = (struct test_sink *)base;
    buf_add_u32(state, s->inherited_count + 1);
    for (uint32_t i = 0; i < s->inherited_count; i++) {
        buf_add_u32(state, s->inherited[i].writer);
        buf_add_u64(state, s->inherited[i].rows);
    }
    buf_add_u32(state, s->writer);
    buf_add_u64(state, s->table->writers[s->writer].written);
    s->finish_stored = s->finished;
    return NULL;
}

static struct err *restore_sink(struct sink *base, struct slice state)
{
    struct test_sink *s = (struct test_sink *)base;
    struct reader r = {(const unsigned char *)state.p, (const unsigned char *)state.p + state.n};
    uint32_t count;
    TRY(reader_u32(&r, &count));
    for (uint32_t i = 0; i < count; i++) {
        struct confirmed c;
        TRY(reader_u32(&r, &c.writer));
        TRY(reader_u64(&r, &c.rows));
        if (c.writer >= s->table->writer_count)
            FAIL(ERR_CORRUPT, "state of test table '%s' is damaged", s->table->name);
        struct test_writer *w = &s->table->writers[c.writer];
        if (!w->settled && c.rows > w->keep) w->keep = c.rows;
        s->inherited = mem_realloc(s->inherited, (s->inherited_count + 1) * sizeof *s->inherited);
        s->inherited[s->inherited_count++] = c;
    }
    return NULL;
}

static struct err *finish_sink(struct sink *base)
{
    ((struct test_sink *)base)->finished = true;
    return NULL;
}

static struct err *complete_checkpoint(struct sink *base, uint64_t id)
{
    struct test_sink *s = (struct test_sink *)base;
    s->published |= s->finish_stored || (s->finished && id == UINT64_MAX);
    return NULL;
}

static void close_sink(struct sink *base)
{
    struct test_sink *s = (struct test_sink *)base;
    struct test_writer *w = &s->table->writers[s->writer];
    if (s->published && w->keep == TEST_KEEP_ALL) {
        w->settled = true;
        for (uint32_t i = 0; i < s->inherited_count; i++)
            s->table->writers[s->inherited[i].writer].settled = true;
    }
    mem_free(s->inherited);
    mem_free(s);
}

extern const struct connector_def test_connector;
const struct connector_def test_connector = {
    .name = "test",
    .doc = "Tables of weir test: fed by the test, read back by it.",
    .flags = CONNECTOR_SOURCE | CONNECTOR_SINK | CONNECTOR_TEST_ONLY,
    .options = options,
    .validate = validate,
    .source_kinds = source_kinds,
    .sink_kinds = sink_kinds,
    .bounded = is_bounded,
    .watermark_push_down = pushes_down,
    .source_open = open_source,
    .poll = poll,
    .source_snapshot = snapshot_source,
    .source_restore = restore_source,
    .source_close = close_source,
    .sink_open = open_sink,
    .write = write_batch,
    .sink_snapshot = snapshot_sink,
    .sink_restore = restore_sink,
    .sink_checkpoint_complete = complete_checkpoint,
    .finish = finish_sink,
    .sink_close = close_sink,
};
