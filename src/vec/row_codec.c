#include "vec/row_codec.h"

#include "base/arena.h"
#include "base/check.h"

_Static_assert(
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are written as they are in memory");

void buf_add_u8(struct buf *b, uint8_t v)
{
    buf_add(b, &v, sizeof v);
}

void buf_add_u32(struct buf *b, uint32_t v)
{
    buf_add(b, &v, sizeof v);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
    buf_add(b, &v, sizeof v);
}

void buf_add_sized(struct buf *b, struct slice s)
{
    ASSERT(s.n <= UINT32_MAX);
    buf_add_u32(b, (uint32_t)s.n);
    buf_add_slice(b, s);
}

/* A fixed value with its presence byte in one go. */
static void add_fixed(const struct column *c, uint32_t row, uint32_t size, struct buf *out)
{
    if (!buf_reserve(out, 1 + (size_t)size)) return;
    out->p[out->n] = 1;
    memcpy(out->p + out->n + 1, (const char *)c->data + (size_t)row * size, size);
    out->n += 1 + (size_t)size;
}

static void encode_span(const struct column *c, uint32_t row, struct buf *out)
{
    struct span s = ((const struct span *)c->data)[row];
    buf_add_u8(out, 1);
    buf_add_u32(out, s.count);
    for (uint32_t i = 0; i < s.count && !out->overflow; i++)
        for (uint32_t k = 0; k < c->child_count; k++)
            row_encode_value(c->children[k], s.first + i, out);
}

void row_encode_value(const struct column *c, uint32_t row, struct buf *out)
{
    if (!column_is_valid(c, row)) {
        buf_add_u8(out, 0);
        return;
    }
    if (c->layout == LAYOUT_SPAN) {
        encode_span(c, row, out);
    } else if (c->layout == LAYOUT_ROW) {
        buf_add_u8(out, 1);
        for (uint32_t k = 0; k < c->child_count; k++) row_encode_value(c->children[k], row, out);
    } else if (c->layout == LAYOUT_STR) {
        buf_add_u8(out, 1);
        buf_add_sized(out, str_slice((const struct str *)c->data + row));
    } else {
        add_fixed(c, row, layout_size_bytes(c->layout), out);
    }
}

void row_encode(const struct batch *b, uint32_t row, struct buf *out)
{
    for (uint32_t i = 0; i < b->schema->count; i++) row_encode_value(b->columns[i], row, out);
}

struct err *reader_bytes(struct reader *r, size_t n, struct slice *out)
{
    size_t left = (size_t)(r->end - r->at);
    if (n > left)
        FAIL(ERR_CORRUPT, "stored bytes end early: %zu are needed, %zu are left", n, left);
    *out = (struct slice){(const char *)r->at, n};
    r->at += n;
    return NULL;
}

struct err *reader_u8(struct reader *r, uint8_t *out)
{
    struct slice s;
    TRY(reader_bytes(r, sizeof *out, &s));
    memcpy(out, s.p, sizeof *out);
    return NULL;
}

struct err *reader_u32(struct reader *r, uint32_t *out)
{
    struct slice s;
    TRY(reader_bytes(r, sizeof *out, &s));
    memcpy(out, s.p, sizeof *out);
    return NULL;
}

struct err *reader_u64(struct reader *r, uint64_t *out)
{
    struct slice s;
    TRY(reader_bytes(r, sizeof *out, &s));
    memcpy(out, s.p, sizeof *out);
    return NULL;
}

struct err *reader_slice(struct reader *r, struct slice *out)
{
    uint32_t size;
    TRY(reader_u32(r, &size));
    return reader_bytes(r, size, out);
}

static struct err *decode_span(struct reader *r, struct column *c, uint32_t row, struct arena *a)
{
    uint32_t count, first = c->child_rows;
    TRY(reader_u32(r, &count));
    /* Every element takes a byte at least, so a count that lies cannot make us allocate. */
    if ((uint64_t)count * c->child_count > (uint64_t)(r->end - r->at) || count > UINT32_MAX - first)
        FAIL(ERR_CORRUPT, "a stored list claims %u elements", count);
    column_reserve_children(c, first + count, a);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < c->child_count; k++)
            TRY(row_decode_value(r, c->children[k], first + i, a));
    c->child_rows = first + count;
    ((struct span *)c->data)[row] = (struct span){first, count};
    return NULL;
}

static struct err *decode_fixed(struct reader *r, struct column *c, uint32_t row)
{
    uint32_t size = layout_size_bytes(c->layout);
    struct slice s;
    TRY(reader_bytes(r, size, &s));
    if (c->layout == LAYOUT_BOOL && (unsigned char)s.p[0] > 1)
        FAIL(ERR_CORRUPT, "a stored BOOLEAN has the value %u", (unsigned char)s.p[0]);
    memcpy((char *)c->data + (size_t)row * size, s.p, size);
    return NULL;
}

struct err *row_decode_value(struct reader *r, struct column *c, uint32_t row, struct arena *a)
{
    ASSERT(row < c->capacity);
    uint8_t present;
    TRY(reader_u8(r, &present));
    if (present == 0) {
        column_set_null_deep(c, row);
        return NULL;
    }
    if (present != 1 || c->type->kind == TYPE_NULL)
        FAIL(ERR_CORRUPT, "a stored value begins with %u", present);
    column_set_valid(c, row);
    if (c->layout == LAYOUT_SPAN) return decode_span(r, c, row, a);
    if (c->layout == LAYOUT_ROW) return row_decode(r, c->children, c->child_count, row, a);
    if (c->layout != LAYOUT_STR) return decode_fixed(r, c, row);
    struct slice s;
    TRY(reader_slice(r, &s));
    ((struct str *)c->data)[row] = str_copy(a, s.p, (uint32_t)s.n);
    return NULL;
}

struct err *row_decode(
    struct reader *r, struct column *const *columns, uint32_t count, uint32_t row, struct arena *a)
{
    for (uint32_t i = 0; i < count; i++) TRY(row_decode_value(r, columns[i], row, a));
    return NULL;
}
