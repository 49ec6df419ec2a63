#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "connector/test/store_private.h"
#include "vec/batch.h"

enum { ARENA_BLOCK_BYTES = 16 << 10 };

struct test_store {
    struct test_table *tables;
    struct arena *arena; /* names */
    const char **controlled;
    size_t controlled_count;
    uint64_t fed;
    uint64_t released;
};

struct test_store *test_store_new(void)
{
    struct test_store *s = mem_alloc(sizeof *s);
    s->arena = arena_new(ARENA_BLOCK_BYTES);
    return s;
}

static void free_table(struct test_table *t)
{
    for (uint32_t i = 0; i < TEST_SPLITS_MAX; i++) mem_free(t->splits[i].events);
    mem_free(t->received);
    mem_free(t->writers);
    arena_free(t->arena);
    mem_free(t);
}

void test_store_free(struct test_store *s)
{
    if (!s) return;
    while (s->tables) {
        struct test_table *t = s->tables;
        s->tables = t->next;
        free_table(t);
    }
    mem_free(s->controlled);
    arena_free(s->arena);
    mem_free(s);
}

/* ---- names: "c, d, t" of EXPLAIN, "c.d.t" and "t" mean the same table */

static bool ends_with_part(struct slice longer, struct slice part)
{
    if (part.n == 0 || longer.n < part.n) return false;
    if (memcmp(longer.p + longer.n - part.n, part.p, part.n) != 0) return false;
    return longer.n == part.n || longer.p[longer.n - part.n - 1] == '.';
}

static bool same_table(struct slice a, struct slice b)
{
    return ends_with_part(a, b) || ends_with_part(b, a);
}

static char *plain_name(struct arena *a, struct slice name)
{
    char *out = arena_alloc(a, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        bool separator = name.p[i] == ',' && i + 1 < name.n && name.p[i + 1] == ' ';
        out[n++] = separator ? '.' : name.p[i];
        i += separator;
    }
    return out;
}

struct test_table *test_store_find(struct test_store *s, struct slice name)
{
    struct arena *a = arena_new(256);
    struct slice plain = slice_of(plain_name(a, name));
    struct test_table *t = s->tables;
    while (t && !same_table(slice_of(t->name), plain)) t = t->next;
    arena_free(a);
    return t;
}

void test_store_drop(struct test_store *s, struct slice name)
{
    struct test_table *t = test_store_find(s, name);
    if (!t) return;
    struct test_table **at = &s->tables;
    while (*at != t) at = &(*at)->next;
    *at = t->next;
    free_table(t);
}

static struct test_table *new_table(struct test_store *s, struct slice name,
    const struct schema *schema, const uint32_t *key, uint32_t key_count)
{
    struct test_table *t = mem_alloc(sizeof *t);
    t->store = s;
    t->arena = arena_new(ARENA_BLOCK_BYTES);
    t->name = plain_name(t->arena, name);
    struct type_field *fields = ARENA_ARRAY(t->arena, struct type_field, schema->count + 1);
    for (uint32_t i = 0; i < schema->count; i++) {
        fields[i].name = slice_copy(t->arena, schema->fields[i].name);
        fields[i].type = type_copy(t->arena, schema->fields[i].type);
    }
    t->schema = schema_new(t->arena, fields, schema->count);
    t->primary_key = ARENA_ARRAY(t->arena, uint32_t, key_count + 1);
    if (key_count) memcpy(t->primary_key, key, key_count * sizeof *key);
    t->primary_key_count = key_count;
    t->next = s->tables;
    s->tables = t;
    return t;
}

static bool has_rows(const struct test_table *t)
{
    return t->received_count > 0 || t->split_count > 0;
}

struct err *test_store_declare(struct test_store *s, struct slice name, const struct schema *schema,
    const uint32_t *primary_key, uint32_t primary_key_count, struct test_table **out)
{
    struct test_table *t = test_store_find(s, name);
    if (t && schema_equal(t->schema, schema) && t->primary_key_count == primary_key_count &&
        (primary_key_count == 0 ||
            memcmp(t->primary_key, primary_key, primary_key_count * sizeof *primary_key) == 0)) {
        *out = t;
        return NULL;
    }
    if (t && has_rows(t))
        FAIL(ERR_INVALID_DEFINITION, "test table '%s' has rows and another schema", t->name);
    if (t) test_store_drop(s, name);
    *out = new_table(s, name, schema, primary_key, primary_key_count);
    return NULL;
}

const struct schema *test_table_schema(const struct test_table *t)
{
    return t->schema;
}

void test_store_control_watermark(struct test_store *s, struct slice name)
{
    s->controlled = mem_realloc(s->controlled, (s->controlled_count + 1) * sizeof *s->controlled);
    s->controlled[s->controlled_count++] = plain_name(s->arena, name);
}

bool test_store_controls_watermark(const struct test_store *s, struct slice name)
{
    struct arena *a = arena_new(256);
    struct slice plain = slice_of(plain_name(a, name));
    bool found = false;
    for (size_t i = 0; i < s->controlled_count; i++)
        found = found || same_table(slice_of(s->controlled[i]), plain);
    arena_free(a);
    return found;
}

/* ---- feeding */

static void add_event(struct test_table *t, uint32_t split, struct test_event event)
{
    ASSERT(split < TEST_SPLITS_MAX);
    struct test_split *s = &t->splits[split];
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->events = mem_realloc(s->events, s->capacity * sizeof *s->events);
    }
    event.number = ++t->store->fed;
    s->events[s->count++] = event;
    if (split >= t->split_count) t->split_count = split + 1;
}

void test_table_feed(
    struct test_table *t, uint32_t split, enum row_kind kind, const struct value *values)
{
    struct value *copy = ARENA_ARRAY(t->arena, struct value, t->schema->count + 1);
    for (uint32_t i = 0; i < t->schema->count; i++)
        copy[i] = value_copy(t->arena, t->schema->fields[i].type, &values[i]);
    add_event(t, split, (struct test_event){.what = TEST_EVENT_ROW, .kind = kind, .values = copy});
}

static struct value *copy_row(struct test_table *t, const struct batch *b, uint32_t row)
{
    ASSERT(b->schema->count == t->schema->count);
    struct value *copy = ARENA_ARRAY(t->arena, struct value, t->schema->count + 1);
    for (uint32_t i = 0; i < t->schema->count; i++) {
        struct value v;
        column_get_value(b->columns[i], row, t->arena, &v);
        copy[i] = value_copy(t->arena, t->schema->fields[i].type, &v);
    }
    return copy;
}

void test_table_feed_batch(struct test_table *t, uint32_t split, const struct batch *b)
{
    for (uint32_t row = 0; row < b->rows; row++)
        add_event(t, split,
            (struct test_event){
                .what = TEST_EVENT_ROW, .kind = batch_kind(b, row), .values = copy_row(t, b, row)});
}

void test_table_watermark(struct test_table *t, uint32_t split, int64_t watermark_ms)
{
    add_event(
        t, split, (struct test_event){.what = TEST_EVENT_WATERMARK, .watermark_ms = watermark_ms});
}

void test_table_idle(struct test_table *t, uint32_t split)
{
    add_event(t, split, (struct test_event){.what = TEST_EVENT_IDLE});
}

/* Splits that were never fed end too: the event is in all there can be. */
void test_table_end(struct test_table *t)
{
    if (t->ended) return;
    t->ended = true;
    uint32_t fed = t->split_count;
    for (uint32_t i = 0; i < TEST_SPLITS_MAX; i++)
        add_event(t, i, (struct test_event){.what = TEST_EVENT_END});
    t->split_count = fed ? fed : 1;
}

bool test_table_ended(const struct test_table *t)
{
    return t->ended;
}

uint64_t test_store_fed(const struct test_store *s)
{
    return s->fed;
}

void test_store_release(struct test_store *s, uint64_t number)
{
    if (number > s->released) s->released = number;
}

uint64_t test__released(const struct test_store *s)
{
    return s->released;
}

/* ---- what was written */

uint32_t test__add_writer(struct test_table *t)
{
    t->writers = mem_realloc(t->writers, (t->writer_count + 1) * sizeof *t->writers);
    t->writers[t->writer_count] = (struct test_writer){.keep = TEST_KEEP_ALL};
    return t->writer_count++;
}

void test__receive(struct test_table *t, uint32_t writer, const struct batch *b, uint32_t row)
{
    if (t->received_count == t->received_capacity) {
        t->received_capacity = t->received_capacity ? 2 * t->received_capacity : 64;
        t->received = mem_realloc(t->received, t->received_capacity * sizeof *t->received);
    }
    t->received[t->received_count++] = (struct test_received){.writer = writer,
        .ordinal = t->writers[writer].written++,
        .row = {batch_kind(b, row), copy_row(t, b, row)}};
}

void test_table_received(const struct test_table *t, struct arena *a, struct test_rows *out)
{
    out->rows = ARENA_ARRAY(a, struct test_row, t->received_count + 1);
    out->count = 0;
    for (size_t i = 0; i < t->received_count; i++) {
        const struct test_received *r = &t->received[i];
        if (r->ordinal < t->writers[r->writer].keep) out->rows[out->count++] = r->row;
    }
}

void test_store_restart(struct test_store *s)
{
    for (struct test_table *t = s->tables; t; t = t->next)
        for (uint32_t i = 0; i < t->writer_count; i++)
            if (!t->writers[i].settled) t->writers[i].keep = 0;
}
