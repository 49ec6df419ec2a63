#include "base/arena.h"
#include "base/check.h"
#include "vec/bitmap.h"
#include "vec/column.h"
#include "vec/kernel.h"

/* Rows to copy: rows[0 .. count-1], or the run from `first` when rows is NULL. */
struct picked {
    const uint32_t *rows;
    uint32_t first;
    uint32_t count;
};

static inline uint32_t picked_at(const struct picked *p, uint32_t i)
{
    return p->rows ? p->rows[i] : p->first + i;
}

static void copy_valid(
    struct column *to, uint32_t to_row, const struct column *from, const struct picked *p)
{
    if (!from->has_nulls) {
        if (to->has_nulls) bitmap_fill(to->valid, to_row, p->count, true);
        return;
    }
    if (!to->has_nulls) column_begin_nulls(to);
    if (p->rows)
        bitmap_gather(to->valid, to_row, from->valid, p->rows, p->count);
    else
        bitmap_copy(to->valid, to_row, from->valid, p->first, p->count);
}

static void copy_fixed(
    struct column *to, uint32_t to_row, const struct column *from, const struct picked *p)
{
    uint32_t size = layout_size_bytes(to->layout);
    char *out = (char *)to->data + (size_t)to_row * size;
    if (!p->rows) {
        memcpy(out, (const char *)from->data + (size_t)p->first * size, (size_t)p->count * size);
        return;
    }
    switch (size) {
    case 1: kernel_gather_1((uint8_t *)out, from->data, p->rows, p->count); return;
    case 2: kernel_gather_2((uint16_t *)(void *)out, from->data, p->rows, p->count); return;
    case 4: kernel_gather_4((uint32_t *)(void *)out, from->data, p->rows, p->count); return;
    case 8: kernel_gather_8((uint64_t *)(void *)out, from->data, p->rows, p->count); return;
    case 16: kernel_gather_16((u128 *)(void *)out, from->data, p->rows, p->count); return;
    default: UNREACHABLE();
    }
}

/* A NULL row's string may be left over from anything: it becomes empty. */
static void empty_null_strings(struct column *to, uint32_t to_row, uint32_t count)
{
    if (!to->has_nulls) return;
    struct str *s = to->data;
    for (uint32_t i = to_row; i < to_row + count; i++)
        if (!bitmap_get(to->valid, i)) s[i] = (struct str){.size = 0};
}

/* Views are copied first; then all long strings move into one block. */
static void copy_strings(struct column *to, uint32_t to_row, uint32_t count, struct arena *a)
{
    struct str *s = (struct str *)to->data + to_row;
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) bytes += s[i].size > STR_INLINE_MAX ? s[i].size : 0;
    if (bytes == 0) return;
    char *at = arena_alloc_raw(a, bytes);
    for (uint32_t i = 0; i < count; i++) {
        if (s[i].size <= STR_INLINE_MAX) continue;
        memcpy(at, s[i].p, s[i].size);
        s[i].p = at;
        at += s[i].size;
    }
}

static void copy_children(
    struct column *to, const struct column *from, uint32_t first, uint32_t count, struct arena *a)
{
    if (count == 0) return;
    for (uint32_t i = 0; i < to->child_count; i++)
        column_copy(to->children[i], to->child_rows, from->children[i], first, count, a);
    to->child_rows += count;
}

/* Elements are appended to to's children; spans that follow each other in `from` move at once. */
static void copy_spans(struct column *to, uint32_t to_row, const struct column *from,
    const struct picked *p, struct arena *a)
{
    const struct span *in = from->data;
    struct span *out = (struct span *)to->data + to_row;
    uint64_t total = to->child_rows;
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t row = picked_at(p, i);
        uint32_t elements = column_is_valid(from, row) ? in[row].count : 0;
        out[i] = (struct span){(uint32_t)total, elements};
        total += elements;
        ASSERT(total <= UINT32_MAX);
    }
    column_reserve_children(to, (uint32_t)total, a);
    uint32_t first = 0, count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        if (out[i].count == 0) continue;
        uint32_t start = in[picked_at(p, i)].first;
        if (count == 0 || start != first + count) {
            copy_children(to, from, first, count, a);
            first = start;
            count = 0;
        }
        count += out[i].count;
    }
    copy_children(to, from, first, count, a);
}

static void copy_deep(struct column *to, uint32_t to_row, const struct column *from,
    const struct picked *p, struct arena *a)
{
    ASSERT(to->layout == from->layout && (uint64_t)to_row + p->count <= to->capacity);
    if (p->count == 0) return;
    copy_valid(to, to_row, from, p);
    if (to->layout == LAYOUT_ROW) {
        for (uint32_t i = 0; i < to->child_count; i++)
            copy_deep(to->children[i], to_row, from->children[i], p, a);
    } else if (to->layout == LAYOUT_SPAN) {
        copy_spans(to, to_row, from, p, a);
    } else {
        copy_fixed(to, to_row, from, p);
        if (to->layout != LAYOUT_STR) return;
        empty_null_strings(to, to_row, p->count);
        copy_strings(to, to_row, p->count, a);
    }
}

void column_gather(struct column *to, uint32_t to_row, const struct column *from,
    const uint32_t *rows, uint32_t count, struct arena *a)
{
    copy_deep(to, to_row, from, &(struct picked){.rows = rows, .count = count}, a);
}

void column_copy(struct column *to, uint32_t to_row, const struct column *from, uint32_t first,
    uint32_t count, struct arena *a)
{
    copy_deep(to, to_row, from, &(struct picked){.first = first, .count = count}, a);
}

void column_gather_shallow(struct column *to, uint32_t to_row, const struct column *from,
    const uint32_t *rows, uint32_t count, struct arena *a)
{
    ASSERT(to->layout == from->layout && (uint64_t)to_row + count <= to->capacity);
    struct picked p = {.rows = rows, .count = count};
    if (count == 0) return;
    if (to->layout == LAYOUT_SPAN && to->children != from->children && to->child_rows != 0) {
        copy_deep(to, to_row, from, &p, a);
        return;
    }
    copy_valid(to, to_row, from, &p);
    if (to->layout == LAYOUT_ROW) {
        for (uint32_t i = 0; i < to->child_count; i++)
            column_gather_shallow(to->children[i], to_row, from->children[i], rows, count, a);
        return;
    }
    copy_fixed(to, to_row, from, &p);
    if (to->layout == LAYOUT_STR) empty_null_strings(to, to_row, count);
    if (to->layout == LAYOUT_SPAN) {
        to->children = from->children;
        to->child_rows = from->child_rows;
    }
}
