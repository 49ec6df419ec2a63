#include "func/scalar/collection/collection.h"

#include "base/arena.h"
#include "base/check.h"

void collection_take(
    struct column *to, uint32_t to_row, const struct column *from, uint32_t row, struct arena *a)
{
    if (!column_is_valid(from, row)) {
        column_set_null(to, to_row);
        return;
    }
    column_set_valid(to, to_row);
    switch (to->layout) {
#define X(layout, ctype) \
    case layout: ((ctype *)to->data)[to_row] = ((const ctype *)from->data)[row]; return;
        X(LAYOUT_BOOL, uint8_t)
        X(LAYOUT_I8, int8_t)
        X(LAYOUT_I16, int16_t)
        X(LAYOUT_I32, int32_t)
        X(LAYOUT_I64, int64_t)
        X(LAYOUT_I128, i128)
        X(LAYOUT_F32, float)
        X(LAYOUT_F64, double)
        X(LAYOUT_STR, struct str)
#undef X
    case LAYOUT_SPAN:
    case LAYOUT_ROW: column_gather(to, to_row, from, &row, 1, a); return;
    }
    UNREACHABLE();
}

struct column **collection_borrow(
    struct func_frame *f, const struct column *const *children, uint32_t count)
{
    struct column **borrowed = ARENA_ARRAY(f->arena, struct column *, count ? count : 1);
    for (uint32_t i = 0; i < count; i++) {
        borrowed[i] = ARENA_NEW(f->arena, struct column);
        *borrowed[i] = *children[i];
    }
    return borrowed;
}

void collection_begin(struct collection *c, struct func_frame *f)
{
    *c = (struct collection){.f = f};
}

void collection_open(struct collection *c)
{
    c->first = c->used;
}

void collection_reserve(struct collection *c, uint32_t more)
{
    struct column *out = c->f->out;
    out->child_rows = c->used;
    column_reserve_children(out, c->used + more, c->f->arena);
}

void collection_add(struct collection *c, const struct column *from, uint32_t row)
{
    struct column *elements = c->f->out->children[0];
    if (c->used == elements->capacity) collection_reserve(c, 1);
    collection_take(c->f->out->children[0], c->used++, from, row, c->f->arena);
}

void collection_add_entry(struct collection *c, const struct column *keys, uint32_t key_row,
    const struct column *values, uint32_t value_row)
{
    if (c->used == c->f->out->children[0]->capacity) collection_reserve(c, 1);
    collection_take(c->f->out->children[0], c->used, keys, key_row, c->f->arena);
    collection_take(c->f->out->children[1], c->used, values, value_row, c->f->arena);
    c->used++;
}

/* `text.p` NULL: a NULL. */
static void put_text(struct collection *c, uint32_t child, struct slice text)
{
    struct column *column = c->f->out->children[child];
    if (!text.p) {
        column_set_null(column, c->used);
        return;
    }
    column_set_valid(column, c->used);
    ((struct str *)column->data)[c->used] = str_copy(c->f->arena, text.p, (uint32_t)text.n);
}

void collection_add_null(struct collection *c)
{
    if (c->used == c->f->out->children[0]->capacity) collection_reserve(c, 1);
    column_set_null(c->f->out->children[0], c->used++);
}

void collection_add_text(struct collection *c, struct slice text)
{
    if (c->used == c->f->out->children[0]->capacity) collection_reserve(c, 1);
    put_text(c, 0, text.p ? text : SLICE(""));
    c->used++;
}

void collection_add_texts(struct collection *c, struct slice key, struct slice value)
{
    if (c->used == c->f->out->children[0]->capacity) collection_reserve(c, 1);
    put_text(c, 0, key);
    put_text(c, 1, value);
    c->used++;
}

void collection_close(struct collection *c, uint32_t row)
{
    struct column *out = c->f->out;
    ((struct span *)out->data)[row] = (struct span){c->first, c->used - c->first};
    out->child_rows = c->used;
}
