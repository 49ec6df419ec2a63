/* ARRAY, MAP, MULTISET and ROW, element by element. When trying, one element that cannot be
 * converted makes the whole value NULL. */
#include "base/arena.h"
#include "base/check.h"
#include "func/scalar/cast/cast.h"

static struct err *convert_child(
    struct cast_run *r, uint32_t at, const uint32_t *rows, uint32_t count)
{
    struct cast_run child = {.cast = r->cast->children[at],
        .in = r->in->children[at],
        .out = r->out->children[at],
        .sel = rows,
        .count = count,
        .arena = r->arena};
    return cast_column(&child);
}

/* The elements that the spans of these rows name. */
static uint32_t list_elements(
    const struct cast_run *r, const uint32_t *rows, uint32_t count, uint32_t **out)
{
    const struct span *spans = r->in->data;
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) total += spans[rows ? rows[i] : i].count;
    uint32_t *elements = ARENA_ARRAY(r->arena, uint32_t, total + 1);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct span s = spans[rows ? rows[i] : i];
        for (uint32_t j = 0; j < s.count; j++) elements[at++] = s.first + j;
    }
    *out = elements;
    return total;
}

static struct err *convert_rows(struct cast_run *r, const uint32_t *rows, uint32_t count)
{
    if (r->in->layout == LAYOUT_SPAN) {
        const struct span *spans = r->in->data;
        struct span *out = r->out->data;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = rows ? rows[i] : i;
            out[row] = spans[row];
        }
        uint32_t *elements;
        uint32_t element_count = list_elements(r, rows, count, &elements);
        for (uint32_t i = 0; i < r->cast->child_count; i++)
            TRY(convert_child(r, i, elements, element_count));
        return NULL;
    }
    for (uint32_t i = 0; i < r->cast->child_count; i++) TRY(convert_child(r, i, rows, count));
    return NULL;
}

static struct err *convert(struct cast_run *r)
{
    if (r->in->layout == LAYOUT_SPAN) {
        column_reserve_children(r->out, r->in->child_rows, r->arena);
        r->out->child_rows = r->in->child_rows;
    }
    if (!r->cast->try_cast) return convert_rows(r, r->sel, r->count);
    for (CAST_EACH_ROW(r, row)) {
        struct err *e = convert_rows(r, &row, 1);
        if (!e) continue;
        err_free(e);
        column_set_null(r->out, row);
    }
    return NULL;
}

cast_fn *cast_nested_loop(const struct type *from, const struct type *to)
{
    if (from->kind == TYPE_ROW && from->field_count != to->field_count) return NULL;
    return convert;
}
