#include "vec/batch.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

enum {
    HOME_BLOCK_BYTES = 16 << 10,
    STRING_BLOCK_BYTES = 4 << 10, /* grows to what a batch needs, see arena_reset */
    MARKS_START = 8
};

struct batch *batch_new(const struct schema *schema, uint32_t capacity)
{
    ASSERT(capacity > 0 && capacity <= BATCH_ROWS_MAX);
    struct arena *home = arena_new(HOME_BLOCK_BYTES);
    struct batch *b = ARENA_NEW(home, struct batch);
    b->schema = schema;
    b->capacity = capacity;
    b->insert_only = true;
    b->home = home;
    b->arena = arena_new(STRING_BLOCK_BYTES);
    /* One array twice as long: own columns, and the ones that may be replaced. */
    b->own = ARENA_ARRAY(home, struct column *, 2 * (size_t)schema->count);
    for (uint32_t i = 0; i < schema->count; i++)
        b->own[i] = column_new(home, schema->fields[i].type, capacity);
    b->kinds = arena_alloc_lines(home, capacity);
    b->mark_capacity = MARKS_START;
    b->marks = ARENA_ARRAY(home, struct mark, MARKS_START);
    batch_clear(b);
    return b;
}

void batch_free(struct batch *b)
{
    if (!b) return;
    arena_free(b->arena);
    arena_free(b->home);
}

void batch_clear(struct batch *b)
{
    uint32_t count = b->schema->count;
    b->columns = b->own + count;
    for (uint32_t i = 0; i < count; i++) {
        b->columns[i] = b->own[i];
        column_recycle(b->own[i], b->home);
    }
    arena_reset(b->arena);
    b->rows = 0;
    b->mark_count = 0;
    b->insert_only = true;
    b->origin = NULL;
    b->first_position = 0;
}

static void push_mark(struct batch *b, struct mark m)
{
    if (b->mark_count == b->mark_capacity) {
        struct mark *more = ARENA_ARRAY(b->home, struct mark, 2 * (size_t)b->mark_capacity);
        memcpy(more, b->marks, b->mark_count * sizeof *more);
        b->marks = more;
        b->mark_capacity *= 2;
    }
    b->marks[b->mark_count++] = m;
}

/* The last watermark of the batch so far. */
static int64_t last_watermark(const struct batch *b)
{
    for (uint32_t i = b->mark_count; i > 0; i--)
        if (b->marks[i - 1].watermark_ms != WATERMARK_IDLE) return b->marks[i - 1].watermark_ms;
    return WATERMARK_NONE;
}

/* At one place at most two marks remain, a watermark and an idle after it: earlier ones say nothing
 * that these do not. */
void batch_add_mark(struct batch *b, int64_t watermark_ms)
{
    ASSERT(watermark_ms != WATERMARK_NONE);
    const struct mark *last = b->mark_count ? &b->marks[b->mark_count - 1] : NULL;
    bool idle = last && last->watermark_ms == WATERMARK_IDLE;
    if (watermark_ms == WATERMARK_IDLE) {
        if (!idle || last->rows != b->rows) push_mark(b, (struct mark){b->rows, WATERMARK_IDLE});
        return;
    }
    int64_t before = last_watermark(b);
    if (watermark_ms <= before) {
        if (!idle) return;
        watermark_ms = before; /* ends the idleness, says nothing new */
    }
    while (b->mark_count > 0 && b->marks[b->mark_count - 1].rows == b->rows) b->mark_count--;
    push_mark(b, (struct mark){b->rows, watermark_ms});
}

/* From here on kinds[] is read: rows without a word of their own are inserts. */
static void begin_kinds(struct batch *b)
{
    if (!b->insert_only) return;
    memset(b->kinds, ROW_INSERT, b->capacity);
    b->insert_only = false;
}

void batch_set_kind(struct batch *b, uint32_t row, enum row_kind kind)
{
    ASSERT_SLOW(row < b->capacity);
    if (b->insert_only) {
        if (kind == ROW_INSERT) return;
        begin_kinds(b);
    }
    b->kinds[row] = (uint8_t)kind;
}

void batch_append(struct batch *to, const struct batch *from, const uint32_t *rows, uint32_t count)
{
    ASSERT(count <= to->capacity - to->rows && to->schema->count == from->schema->count);
    for (uint32_t i = 0; i < to->schema->count; i++)
        column_gather(to->columns[i], to->rows, from->columns[i], rows, count, to->arena);
    if (!from->insert_only) begin_kinds(to);
    if (!to->insert_only)
        for (uint32_t i = 0; i < count; i++)
            to->kinds[to->rows + i] = (uint8_t)batch_kind(from, rows[i]);
    to->rows += count;
}

void batch_append_range(struct batch *to, const struct batch *from, uint32_t first, uint32_t count)
{
    ASSERT(count <= to->capacity - to->rows && to->schema->count == from->schema->count);
    for (uint32_t i = 0; i < to->schema->count; i++)
        column_copy(to->columns[i], to->rows, from->columns[i], first, count, to->arena);
    if (!from->insert_only) begin_kinds(to);
    if (!to->insert_only)
        for (uint32_t i = 0; i < count; i++)
            to->kinds[to->rows + i] = (uint8_t)batch_kind(from, first + i);
    to->rows += count;
}

int64_t batch_watermark_at(const struct batch *b, uint32_t row, int64_t at_start_ms)
{
    uint32_t low = 0, high = b->mark_count; /* the first mark past `row` */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->marks[middle].rows <= row)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && b->marks[low - 1].watermark_ms == WATERMARK_IDLE) low--;
    return low > 0 ? b->marks[low - 1].watermark_ms : at_start_ms;
}

#ifdef WEIR_DEBUG
static void verify_value(const struct column *c, uint32_t row)
{
    ASSERT(row < c->capacity);
    if (!column_is_valid(c, row)) return;
    ASSERT(c->type->kind != TYPE_NULL);
    if (c->layout == LAYOUT_BOOL) ASSERT(((const uint8_t *)c->data)[row] <= 1);
    if (c->layout == LAYOUT_STR) {
        const struct str *s = (const struct str *)c->data + row;
        struct str rebuilt = str_view(str_bytes(s), s->size);
        ASSERT(memcmp(&rebuilt, s, sizeof *s) == 0);
    }
    struct span elements = {row, c->layout == LAYOUT_ROW};
    if (c->layout == LAYOUT_SPAN) {
        elements = ((const struct span *)c->data)[row];
        ASSERT((uint64_t)elements.first + elements.count <= c->child_rows);
    }
    for (uint32_t i = 0; i < c->child_count; i++)
        for (uint32_t k = 0; k < elements.count; k++)
            verify_value(c->children[i], elements.first + k);
}

static void verify_column(const struct column *c, const struct type *type, uint32_t rows)
{
    ASSERT(c->layout == layout_of(type) && c->capacity >= rows && c->valid);
    ASSERT((c->data != NULL) == (c->layout != LAYOUT_ROW));
    for (uint32_t i = 0; i < rows; i++) verify_value(c, i);
}
#endif

void batch_verify(const struct batch *b)
{
#ifdef WEIR_DEBUG
    ASSERT(b->rows <= b->capacity && b->columns && b->kinds);
    for (uint32_t i = 0; i < b->schema->count; i++)
        verify_column(b->columns[i], b->schema->fields[i].type, b->rows);
    for (uint32_t i = 0; !b->insert_only && i < b->rows; i++) ASSERT(b->kinds[i] <= ROW_DELETE);
    int64_t watermark_ms = WATERMARK_NONE;
    for (uint32_t i = 0; i < b->mark_count; i++) {
        const struct mark *m = &b->marks[i];
        ASSERT(m->rows <= b->rows && (i == 0 || m->rows >= b->marks[i - 1].rows));
        if (m->watermark_ms == WATERMARK_IDLE) continue;
        ASSERT(m->watermark_ms >= watermark_ms);
        watermark_ms = m->watermark_ms;
    }
#else
    (void)b;
#endif
}
