#include "vec/column.h"

#include "base/arena.h"
#include "base/check.h"
#include "vec/bitmap.h"

enum layout layout_of(const struct type *t)
{
    switch (t->kind) {
    case TYPE_NULL:
    case TYPE_BOOLEAN: return LAYOUT_BOOL;
    case TYPE_TINYINT: return LAYOUT_I8;
    case TYPE_SMALLINT: return LAYOUT_I16;
    case TYPE_INTEGER:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL_MONTH: return LAYOUT_I32;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_SECOND: return LAYOUT_I64;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return t->precision > 3 ? LAYOUT_I128 : LAYOUT_I64;
    case TYPE_DECIMAL: return LAYOUT_I128;
    case TYPE_FLOAT: return LAYOUT_F32;
    case TYPE_DOUBLE: return LAYOUT_F64;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: return LAYOUT_STR;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET: return LAYOUT_SPAN;
    case TYPE_ROW: return LAYOUT_ROW;
    }
    UNREACHABLE();
}

uint32_t layout_size_bytes(enum layout layout)
{
    switch (layout) {
#define X(name, ctype) \
    case name: return sizeof(ctype);
        LAYOUT_LIST(X)
#undef X
    case LAYOUT_ROW: return 0;
    }
    UNREACHABLE();
}

_Static_assert(sizeof(struct str) == 16, "kernels and codecs count on 16-byte strings");

/* The element count of a MULTISET has no type of its own. */
static const struct type count_type = {.kind = TYPE_INTEGER};

/* Types of the child columns; `at` is 0 or 1 for spans, the field number for rows. */
static const struct type *child_type(const struct type *t, uint32_t at)
{
    if (t->kind == TYPE_ROW) return t->fields[at].type;
    if (t->kind == TYPE_MAP) return at == 0 ? t->key : t->element;
    return at == 0 ? t->element : &count_type;
}

static uint32_t child_count(const struct type *t)
{
    if (t->kind == TYPE_ROW) return t->field_count;
    if (t->kind == TYPE_MAP || t->kind == TYPE_MULTISET) return 2;
    return t->kind == TYPE_ARRAY ? 1 : 0;
}

static void *new_data(struct arena *a, enum layout layout, uint32_t capacity)
{
    size_t bytes = (size_t)capacity * layout_size_bytes(layout);
    return layout == LAYOUT_ROW ? NULL : arena_alloc_lines(a, bytes);
}

static uint64_t *new_valid(struct arena *a, uint32_t capacity)
{
    return arena_alloc_lines(a, bitmap_words(capacity) * sizeof(uint64_t));
}

struct column *column_new(struct arena *a, const struct type *type, uint32_t capacity)
{
    struct column *c = ARENA_NEW(a, struct column);
    c->type = type;
    c->layout = layout_of(type);
    c->capacity = c->own_capacity = capacity;
    c->data = c->own_data = new_data(a, c->layout, capacity);
    c->valid = c->own_valid = new_valid(a, capacity);
    c->child_count = child_count(type);
    if (c->child_count == 0) return c;
    c->children = c->own_children = ARENA_ARRAY(a, struct column *, c->child_count);
    for (uint32_t i = 0; i < c->child_count; i++)
        c->children[i] = column_new(a, child_type(type, i), capacity);
    return c;
}

/* Moves the first `used` rows to memory for at least `rows`. The fields of a ROW grow with it, the
 * children of a SPAN have row numbers of their own. */
static void grow(struct column *c, uint32_t used, uint32_t rows, struct arena *a)
{
    if (rows > c->capacity) {
        uint32_t capacity = c->capacity > UINT32_MAX / 2 ? UINT32_MAX : c->capacity * 2;
        if (capacity < rows) capacity = rows;
        void *data = new_data(a, c->layout, capacity);
        if (data && used) memcpy(data, c->data, (size_t)used * layout_size_bytes(c->layout));
        uint64_t *valid = new_valid(a, capacity);
        if (c->has_nulls) {
            memset(valid, 0xff, bitmap_words(capacity) * sizeof(uint64_t));
            if (used) memcpy(valid, c->valid, bitmap_words(used) * sizeof(uint64_t));
        }
        c->data = data;
        c->valid = valid;
        c->capacity = capacity;
    }
    if (c->layout != LAYOUT_ROW) return;
    for (uint32_t i = 0; i < c->child_count; i++) grow(c->children[i], used, rows, a);
}

/* Borrowed children become copies in the column's own. */
static void own_children(struct column *c, struct arena *a)
{
    if (c->children == c->own_children) return;
    struct column **borrowed = c->children;
    uint32_t rows = c->child_rows;
    c->children = c->own_children;
    for (uint32_t i = 0; i < c->child_count; i++) {
        grow(c->children[i], 0, rows, a);
        column_copy(c->children[i], 0, borrowed[i], 0, rows, a);
    }
}

void column_reserve_children(struct column *c, uint32_t rows, struct arena *a)
{
    ASSERT(c->layout == LAYOUT_SPAN);
    own_children(c, a);
    for (uint32_t i = 0; i < c->child_count; i++) grow(c->children[i], c->child_rows, rows, a);
}

/* Rows of children that a column keeps for the next batch; a rare giant is not kept for ever. */
enum { KEPT_ROWS_MAX = 1 << 18 };

static void keep_growth(struct column *c, struct arena *home)
{
    if (c->capacity <= c->own_capacity) return;
    uint32_t capacity = c->capacity < KEPT_ROWS_MAX ? c->capacity : KEPT_ROWS_MAX;
    if (capacity <= c->own_capacity) return;
    c->own_data = new_data(home, c->layout, capacity);
    c->own_valid = new_valid(home, capacity);
    c->own_capacity = capacity;
}

static void clear(struct column *c, struct arena *home)
{
    c->has_nulls = false;
    c->child_rows = 0;
    if (c->own_capacity) {
        if (home) keep_growth(c, home);
        c->data = c->own_data;
        c->valid = c->own_valid;
        c->children = c->own_children;
        c->capacity = c->own_capacity;
    }
    for (uint32_t i = 0; i < c->child_count; i++) clear(c->children[i], home);
}

void column_clear(struct column *c)
{
    clear(c, NULL);
}

void column_recycle(struct column *c, struct arena *home)
{
    clear(c, home);
}

void column_begin_nulls(struct column *c)
{
    memset(c->valid, 0xff, bitmap_words(c->capacity) * sizeof(uint64_t));
    c->has_nulls = true;
}

void column_set_null_deep(struct column *c, uint32_t row)
{
    column_set_null(c, row);
    for (uint32_t i = 0; c->layout == LAYOUT_ROW && i < c->child_count; i++)
        column_set_null_deep(c->children[i], row);
}

struct str str_copy(struct arena *a, const char *p, uint32_t size)
{
    if (size <= STR_INLINE_MAX) return str_view(p, size);
    if (arena_spent(a)) return str_view("", 0);
    char *copy = arena_alloc_raw(a, size);
    memcpy(copy, p, size);
    return str_view(copy, size);
}

int str_compare(const struct str *a, const struct str *b)
{
    uint32_t shorter = a->size < b->size ? a->size : b->size;
    int order = memcmp(str_bytes(a), str_bytes(b), shorter);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}
