#include "connector/datagen/generator.h"

#include "base/arena.h"
#include "base/check.h"
#include "type/datetime.h"
#include "type/decimal.h"
#include "type/timezone.h"
#include "vec/kernel.h"

/* splitmix64: the id-th output of the generator that starts at seed. */
static inline uint64_t draw(uint64_t seed, uint64_t id)
{
    uint64_t z = seed + (id + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Seeds of further draws for the same row. */
#define SALT_NULL UINT64_C(0x6a09e667f3bcc908)
#define SALT_LENGTH UINT64_C(0xbb67ae8584caa73b)
#define SALT_HIGH UINT64_C(0x3c6ef372fe94f82b)

/* [0, range), range 0 standing for 2^64 (Lemire's multiplication, its bias is below 2^-32 for the
 * ranges that matter). */
static inline uint64_t scale_draw(uint64_t z, uint64_t range)
{
    return range ? (uint64_t)((u128)z * range >> 64) : z;
}

enum { CHUNK_ROWS = 256 }; /* drawn at a time for columns narrower than a draw */

static KERNEL_CLONES void draw_all(
    uint64_t *restrict out, const uint64_t *restrict ids, uint32_t count, uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++) out[i] = draw(seed, ids[i]);
}

/* low + scale_draw() for a range below 2^32: two products of 64 bits instead of one of 128, which
 * no vector unit has. The sum cannot carry: (2^32 - 1)^2 + 2^32 - 1 < 2^64. */
static KERNEL_CLONES void draw_small_range(uint64_t *restrict out, const uint64_t *restrict ids,
    uint32_t count, uint64_t seed, uint64_t low, uint32_t range)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t z = draw(seed, ids[i]);
        uint64_t high = (z >> 32) * range, rest = (uint64_t)(uint32_t)z * range;
        out[i] = low + ((high + (rest >> 32)) >> 32);
    }
}

static void draw_integers(
    const struct generator *g, uint64_t *restrict out, const uint64_t *restrict ids, uint32_t count)
{
    uint64_t seed = g->seed, low = (uint64_t)g->min, range = (uint64_t)(g->max - g->min + 1);
    if (g->sequence)
        for (uint32_t i = 0; i < count; i++) out[i] = (uint64_t)g->start + ids[i];
    else if (range == 0)
        draw_all(out, ids, count, seed); /* the whole range of BIGINT */
    else if (range <= UINT32_MAX)
        draw_small_range(out, ids, count, seed, low, (uint32_t)range);
    else
        for (uint32_t i = 0; i < count; i++) out[i] = low + scale_draw(draw(seed, ids[i]), range);
}

#define NARROW(T) \
    for (uint32_t k = 0; k < n; k++) ((T *)c->data)[i + k] = (T)chunk[k]

static void fill_integers(
    const struct generator *g, struct column *c, const uint64_t *ids, uint32_t count)
{
    if (c->layout == LAYOUT_I64) {
        draw_integers(g, c->data, ids, count);
        return;
    }
    uint64_t chunk[CHUNK_ROWS];
    for (uint32_t i = 0, n; i < count; i += n) {
        n = count - i < CHUNK_ROWS ? count - i : CHUNK_ROWS;
        draw_integers(g, chunk, ids + i, n);
        if (c->layout == LAYOUT_I8)
            NARROW(int8_t);
        else if (c->layout == LAYOUT_I16)
            NARROW(int16_t);
        else
            NARROW(int32_t);
    }
}

static void fill_decimals(const struct generator *g, i128 *out, const uint64_t *ids, uint32_t count)
{
    u128 range = (u128)g->max - (u128)g->min + 1; /* may not fit i128, as the sum below */
    for (uint32_t i = 0; i < count; i++) {
        if (g->sequence) {
            i128 v = g->start + (i128)ids[i];
            out[i] = v * decimal_powers[g->type->scale];
        } else {
            u128 z = (u128)draw(g->seed ^ SALT_HIGH, ids[i]) << 64 | draw(g->seed, ids[i]);
            out[i] = (i128)((u128)g->min + z % range);
        }
    }
}

static void fill_floats(
    const struct generator *g, struct column *c, const uint64_t *ids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        double u = (double)(draw(g->seed, ids[i]) >> 11) * 0x1p-53;
        double v = g->sequence ? (double)g->start + (double)ids[i]
                               : g->float_min * (1 - u) + g->float_max * u;
        if (c->layout == LAYOUT_F64)
            ((double *)c->data)[i] = v;
        else
            ((float *)c->data)[i] = (float)v;
    }
}

/* ---- text */

static uint32_t length_of(const struct generator *g, uint64_t id)
{
    if (!g->var_length || g->length == 0) return g->length;
    return 1 + (uint32_t)scale_draw(draw(g->seed ^ SALT_LENGTH, id), g->length);
}

/* Eight hexadecimal digits, the lowest first: a nibble is spread to each byte, 6 more than 9 carry
 * into the next one's place, which tells letters from digits. */
static inline void put_hex8(char *out, uint32_t z)
{
    uint64_t w = z;
    w = (w | w << 16) & UINT64_C(0x0000ffff0000ffff);
    w = (w | w << 8) & UINT64_C(0x00ff00ff00ff00ff);
    w = (w | w << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    uint64_t letters = (w + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    w += UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10);
    for (int i = 0; i < 8; i++) out[i] = (char)(w >> 8 * i);
}

/* Sixteen of them. */
static inline void put_hex(char *out, uint64_t z)
{
    put_hex8(out, (uint32_t)z);
    put_hex8(out + 8, (uint32_t)(z >> 32));
}

static void fill_text(const struct generator *g, const struct generator_context *x,
    struct column *c, const uint64_t *ids, uint32_t count)
{
    bool bytes = type_is_binary(g->type);
    uint32_t block = bytes ? 8 : 16;
    size_t room = ((size_t)g->length + block - 1) / block * block;
    char *at = arena_alloc_raw(x->arena, room * count + 1);
    struct str *out = c->data;
    for (uint32_t i = 0; i < count; i++, at += room) {
        uint32_t n = length_of(g, ids[i]);
        for (uint32_t k = 0; k * block < n; k++) {
            uint64_t z = draw(g->seed + k * SALT_HIGH, ids[i]);
            if (bytes)
                memcpy(at + k * block, &z, 8);
            else
                put_hex(at + k * block, z);
        }
        out[i] = str_view(at, n);
    }
}

static void fill_numbered_text(const struct generator *g, const struct generator_context *x,
    struct column *c, const uint64_t *ids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char text[NUM_I64_CHARS];
        size_t n = num_format_i64(text, (int64_t)(g->start + (i128)ids[i]));
        ((struct str *)c->data)[i] = str_copy(x->arena, text, (uint32_t)n);
    }
}

/* ---- time: now, or some time before it */

static void fill_times(const struct generator *g, const struct generator_context *x,
    struct column *c, const uint64_t *ids, uint32_t count)
{
    int64_t local_ms = timezone_to_local(x->zone, x->now_ms, x->zone_cache);
    enum type_kind kind = g->type->kind;
    int64_t now_ms = kind == TYPE_TIMESTAMP_LTZ ? x->now_ms : local_ms;
    int32_t fixed = kind == TYPE_DATE ? datetime_days(local_ms) : datetime_ms_of_day(local_ms);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t past_ms = g->max_past_ms ? scale_draw(draw(g->seed, ids[i]), g->max_past_ms) : 0;
        int64_t ms = now_ms - (int64_t)past_ms;
        if (c->layout == LAYOUT_I32)
            ((int32_t *)c->data)[i] = fixed;
        else if (c->layout == LAYOUT_I64)
            ((int64_t *)c->data)[i] = ms;
        else
            ((i128 *)c->data)[i] = (i128)ms * DATETIME_NS_PER_MS;
    }
}

/* ---- collections */

/* Element k of row id is row id * length + k of the children. */
static void fill_spans(const struct generator *g, const struct generator_context *x,
    struct column *c, const uint64_t *ids, uint32_t count)
{
    uint64_t *child_ids = arena_alloc_raw(x->arena, ((size_t)count * g->length + 1) * 8);
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = length_of(g, ids[i]);
        ((struct span *)c->data)[i] = (struct span){used, n};
        for (uint32_t k = 0; k < n; k++) child_ids[used++] = ids[i] * g->length + k;
    }
    column_reserve_children(c, used, x->arena);
    for (uint32_t k = 0; k < g->child_count; k++)
        generator_fill(&g->children[k], x, c->children[k], child_ids, used);
    if (g->type->kind == TYPE_MULTISET)
        for (uint32_t i = 0; i < used; i++) ((int32_t *)c->children[1]->data)[i] = 1;
    c->child_rows = used;
}

static void fill_nulls(
    const struct generator *g, struct column *c, const uint64_t *ids, uint32_t count)
{
    if (g->null_below == 0 || !g->type->nullable) return;
    for (uint32_t i = 0; i < count; i++)
        if (draw(g->seed ^ SALT_NULL, ids[i]) < g->null_below) column_set_null(c, i);
}

static void fill_values(const struct generator *g, const struct generator_context *x,
    struct column *c, const uint64_t *ids, uint32_t count)
{
    switch (g->type->kind) {
    case TYPE_NULL:
        for (uint32_t i = 0; i < count; i++) column_set_null(c, i);
        return;
    case TYPE_BOOLEAN:
        for (uint32_t i = 0; i < count; i++)
            ((uint8_t *)c->data)[i] = (uint8_t)(draw(g->seed, ids[i]) >> 63);
        return;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: fill_integers(g, c, ids, count); return;
    case TYPE_FLOAT:
    case TYPE_DOUBLE: fill_floats(g, c, ids, count); return;
    case TYPE_DECIMAL: fill_decimals(g, c->data, ids, count); return;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        if (g->sequence)
            fill_numbered_text(g, x, c, ids, count);
        else
            fill_text(g, x, c, ids, count);
        return;
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: fill_times(g, x, c, ids, count); return;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET: fill_spans(g, x, c, ids, count); return;
    case TYPE_ROW:
        for (uint32_t k = 0; k < g->child_count; k++)
            generator_fill(&g->children[k], x, c->children[k], ids, count);
        return;
    }
}

void generator_fill(const struct generator *g, const struct generator_context *x, struct column *c,
    const uint64_t *ids, uint32_t count)
{
    fill_values(g, x, c, ids, count);
    fill_nulls(g, c, ids, count);
}
