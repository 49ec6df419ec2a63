#include "vec/key.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "vec/bitmap.h"
#include "vec/kernel.h"
#include "vec/row_codec.h"

/* Layout of a key, offsets in bytes:
 *   0                     (count + 7) / 8 null bytes, bit i % 8 of byte i / 8 set: column i is NULL
 *   fixed keys            each value raw, zeros when NULL; zeros up to a multiple of 8
 *   variable keys         each column in turn: fixed values raw (zeros when NULL), strings as u32
 *                         size and bytes (size 0 when NULL), nested values as row_encode_value
 * A key of no columns (one group for all rows) is 8 zero bytes. */

struct part {
    uint32_t column;
    enum layout layout;
    uint32_t offset; /* fixed keys */
    uint32_t size;   /* 0 for strings and nested values */
};

struct key_codec {
    uint32_t count;
    uint32_t width; /* 0: variable */
    uint32_t null_bytes;
    uint32_t least_bytes; /* variable: null bytes, fixed values and string sizes */
    bool nested;
    struct part parts[];
};

struct key_codec *key_codec_new(
    struct arena *a, const struct schema *schema, const uint32_t *columns, uint32_t count)
{
    ASSERT(count <= TYPE_FIELDS_MAX);
    struct key_codec *k = arena_alloc(a, sizeof *k + count * sizeof k->parts[0]);
    k->count = count;
    k->null_bytes = (count + 7) / 8;
    uint32_t at = k->null_bytes;
    bool variable = false;
    for (uint32_t i = 0; i < count; i++) {
        ASSERT(columns[i] < schema->count);
        struct part *p = &k->parts[i];
        p->column = columns[i];
        p->layout = layout_of(schema->fields[columns[i]].type);
        p->offset = at;
        bool is_nested = p->layout == LAYOUT_SPAN || p->layout == LAYOUT_ROW;
        bool is_variable = is_nested || p->layout == LAYOUT_STR;
        p->size = is_variable ? 0 : layout_size_bytes(p->layout);
        at += p->layout == LAYOUT_STR ? (uint32_t)sizeof(uint32_t) : p->size;
        k->nested |= is_nested;
        variable |= is_variable;
    }
    k->least_bytes = at;
    k->width = variable ? 0 : at == 0 ? 8 : (at + 7) & ~7U;
    return k;
}

uint32_t key_codec_width_bytes(const struct key_codec *k)
{
    return k->width;
}

void keys_init(struct keys *k)
{
    *k = (struct keys){.count = 0};
}

void keys_deinit(struct keys *k)
{
    mem_free(k->bytes);
    mem_free(k->slices);
    mem_free(k->hashes);
    keys_init(k);
}

/* Strings are copied in pieces of 16 bytes, the last one may write past the end. */
enum { SLACK_BYTES = 16 };

static void reserve_bytes(struct keys *k, size_t bytes)
{
    bytes += SLACK_BYTES;
    if (bytes <= k->bytes_capacity) return;
    if (bytes < 2 * k->bytes_capacity) bytes = 2 * k->bytes_capacity;
    mem_free(k->bytes);
    k->bytes = mem_alloc(bytes);
    k->bytes_capacity = bytes;
}

static void reserve_rows(struct keys *k, uint32_t rows)
{
    if (rows <= k->rows_capacity && (k->width_bytes || k->slices)) return;
    if (rows < k->rows_capacity) rows = k->rows_capacity;
    k->hashes = mem_realloc(k->hashes, rows * sizeof *k->hashes);
    k->slices = k->width_bytes ? k->slices : mem_realloc(k->slices, rows * sizeof *k->slices);
    k->rows_capacity = rows;
}

/* ---- hashes: words of 8 bytes up to 32 bytes, XXH3 beyond and for odd sizes ---- */

enum { WORDS_MAX = 4 };

/* The second word of a key of two often holds a byte or two, as a BIGINT behind its null byte: one
 * multiplication spreads it over the first (half the time of hash_combine). */
static inline uint64_t hash_pair(uint64_t first, uint64_t second)
{
    return hash_u64(first ^ second * UINT64_C(0x9e3779b97f4a7c15));
}

static inline uint64_t hash_words(const uint64_t *words, size_t count)
{
    if (count == 2) return hash_pair(words[0], words[1]);
    uint64_t hash = hash_u64(words[0]);
    for (size_t i = 1; i < count; i++) hash = hash_combine(hash, words[i]);
    return hash;
}

uint64_t key_hash(struct slice key)
{
    uint64_t words[WORDS_MAX];
    if (key.n == 0 || key.n % 8 != 0 || key.n > sizeof words) return hash_bytes(key.p, key.n, 0);
    memcpy(words, key.p, key.n);
    return hash_words(words, key.n / 8);
}

KERNEL_CLONES
static void hash_keys_8(uint64_t *restrict out, const uint64_t *restrict keys, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = hash_u64(keys[i]);
}

KERNEL_CLONES
static void hash_keys_16(uint64_t *restrict out, const uint64_t *restrict keys, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = hash_pair(keys[2 * i], keys[2 * i + 1]);
}

static void hash_fixed(struct keys *k)
{
    const uint64_t *words = (const uint64_t *)(const void *)k->bytes;
    size_t per_key = k->width_bytes / 8;
    if (per_key == 1) {
        hash_keys_8(k->hashes, words, k->count);
    } else if (per_key == 2) {
        hash_keys_16(k->hashes, words, k->count);
    } else if (per_key <= WORDS_MAX) {
        for (uint32_t i = 0; i < k->count; i++)
            k->hashes[i] = hash_words(words + i * per_key, per_key);
    } else {
        for (uint32_t i = 0; i < k->count; i++)
            k->hashes[i] = hash_bytes(words + i * per_key, k->width_bytes, 0);
    }
}

/* ---- fixed keys ---- */

/* One value of 8 bytes behind one null byte: {value << 8, value >> 56}; hashed on the way. */
KERNEL_CLONES
static void encode_one_8(
    uint64_t *restrict out, uint64_t *restrict hashes, const uint64_t *restrict in, size_t count)
{
    for (size_t i = 0; i < count; i++) hashes[i] = hash_pair(in[i] << 8, in[i] >> 56);
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = in[i] << 8;
        out[2 * i + 1] = in[i] >> 56;
    }
}

KERNEL_CLONES
static void encode_one_4(
    uint64_t *restrict out, uint64_t *restrict hashes, const uint32_t *restrict in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (uint64_t)in[i] << 8;
        hashes[i] = hash_u64((uint64_t)in[i] << 8);
    }
}

/* Two values behind one null byte, 9 to 13 bytes together: the first at bit 8, the second behind
 * it. */
#define ENCODE_PAIR(name, A, B, split)                                                       \
    KERNEL_CLONES                                                                            \
    static void name(uint64_t *restrict out, uint64_t *restrict hashes, const A *restrict a, \
        const B *restrict b, size_t count)                                                   \
    {                                                                                        \
        for (size_t i = 0; i < count; i++) {                                                 \
            uint64_t low, high;                                                              \
            split;                                                                           \
            out[2 * i] = low;                                                                \
            out[2 * i + 1] = high;                                                           \
            hashes[i] = hash_pair(low, high);                                                \
        }                                                                                    \
    }
ENCODE_PAIR(
    encode_8_4, uint64_t, uint32_t, (low = a[i] << 8, high = a[i] >> 56 | (uint64_t)b[i] << 8))
ENCODE_PAIR(
    encode_4_8, uint32_t, uint64_t, (low = (uint64_t)a[i] << 8 | b[i] << 40, high = b[i] >> 24))
ENCODE_PAIR(encode_4_4, uint32_t, uint32_t,
    (low = (uint64_t)a[i] << 8 | (uint64_t)b[i] << 40, high = b[i] >> 24))
#undef ENCODE_PAIR

/* Equal floating-point values have equal bytes. */
static inline double canonical_f64(double v)
{
    return v != v ? (double)__builtin_nanf("") : v == 0 ? 0.0 : v;
}
static inline float canonical_f32(float v)
{
    return v != v ? __builtin_nanf("") : v == 0 ? 0.0F : v;
}

#define SCATTER(ctype, expression)                      \
    for (uint32_t i = 0; i < rows; i++) {               \
        ctype v = ((const ctype *)c->data)[i];          \
        v = (expression);                               \
        memcpy(out + (size_t)i * stride, &v, sizeof v); \
    }                                                   \
    return

static void scatter(
    unsigned char *restrict out, size_t stride, const struct column *c, uint32_t rows)
{
    switch (c->layout) {
    case LAYOUT_BOOL:
    case LAYOUT_I8: SCATTER(uint8_t, v);
    case LAYOUT_I16: SCATTER(uint16_t, v);
    case LAYOUT_I32: SCATTER(uint32_t, v);
    case LAYOUT_I64: SCATTER(uint64_t, v);
    case LAYOUT_I128: SCATTER(u128, v);
    case LAYOUT_F32: SCATTER(float, canonical_f32(v));
    case LAYOUT_F64: SCATTER(double, canonical_f64(v));
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}
#undef SCATTER

static void mark_nulls(struct keys *k, const struct column *c, const struct part *p, uint32_t index)
{
    if (!c->has_nulls) return;
    for (uint32_t i = 0; i < k->count; i++) {
        if (bitmap_get(c->valid, i)) continue;
        unsigned char *key = k->bytes + (size_t)i * k->width_bytes;
        key[index / 8] |= (unsigned char)(1U << index % 8);
        memset(key + p->offset, 0, p->size);
    }
}

/* One integer column without NULLs, the most frequent key. False: not such a key. */
static bool encode_single(struct keys *k, const struct key_codec *codec, const struct batch *b)
{
    if (codec->count != 1) return false;
    const struct column *c = b->columns[codec->parts[0].column];
    uint64_t *words = (uint64_t *)(void *)k->bytes;
    if (c->has_nulls) return false;
    if (c->layout == LAYOUT_I64)
        encode_one_8(words, k->hashes, c->data, k->count);
    else if (c->layout == LAYOUT_I32)
        encode_one_4(words, k->hashes, c->data, k->count);
    else
        return false;
    return true;
}

/* The same for two integer columns. */
static bool encode_pair(struct keys *k, const struct key_codec *codec, const struct batch *b)
{
    if (codec->count != 2) return false;
    const struct column *first = b->columns[codec->parts[0].column];
    const struct column *second = b->columns[codec->parts[1].column];
    uint64_t *words = (uint64_t *)(void *)k->bytes;
    if (first->has_nulls || second->has_nulls) return false;
    if (first->layout == LAYOUT_I64 && second->layout == LAYOUT_I32)
        encode_8_4(words, k->hashes, first->data, second->data, k->count);
    else if (first->layout == LAYOUT_I32 && second->layout == LAYOUT_I64)
        encode_4_8(words, k->hashes, first->data, second->data, k->count);
    else if (first->layout == LAYOUT_I32 && second->layout == LAYOUT_I32)
        encode_4_4(words, k->hashes, first->data, second->data, k->count);
    else
        return false;
    return true;
}

static void encode_fixed(struct keys *k, const struct key_codec *codec, const struct batch *b)
{
    reserve_bytes(k, (size_t)k->count * k->width_bytes);
    if (encode_single(k, codec, b) || encode_pair(k, codec, b)) return;
    memset(k->bytes, 0, (size_t)k->count * k->width_bytes);
    for (uint32_t i = 0; i < codec->count; i++) {
        const struct part *p = &codec->parts[i];
        const struct column *c = b->columns[p->column];
        scatter(k->bytes + p->offset, k->width_bytes, c, k->count);
        mark_nulls(k, c, p, i);
    }
    hash_fixed(k);
}

/* ---- variable keys ---- */

/* A fixed value as it stands in a key; size > 0. */
static void put_fixed(unsigned char *out, const struct column *c, uint32_t row, uint32_t size)
{
    if (!column_is_valid(c, row)) {
        memset(out, 0, size);
    } else if (c->layout == LAYOUT_F64) {
        double v = canonical_f64(((const double *)c->data)[row]);
        memcpy(out, &v, sizeof v);
    } else if (c->layout == LAYOUT_F32) {
        float v = canonical_f32(((const float *)c->data)[row]);
        memcpy(out, &v, sizeof v);
    } else {
        memcpy(out, (const char *)c->data + (size_t)row * size, size);
    }
}

static struct str string_at(const struct column *c, uint32_t row)
{
    if (!column_is_valid(c, row)) return (struct str){.size = 0};
    return ((const struct str *)c->data)[row];
}

/* Writes the null bytes of a row, `out` being zeroed there. */
static void put_nulls(
    unsigned char *out, const struct key_codec *codec, const struct batch *b, uint32_t row)
{
    memset(out, 0, codec->null_bytes);
    for (uint32_t i = 0; i < codec->count; i++)
        if (!column_is_valid(b->columns[codec->parts[i].column], row))
            out[i / 8] |= (unsigned char)(1U << i % 8);
}

static unsigned char *put_string(unsigned char *out, const struct str *s)
{
    memcpy(out, &s->size, sizeof s->size);
    out += sizeof s->size;
    if (s->size <= STR_INLINE_MAX)
        memcpy(out, s->prefix, STR_INLINE_MAX); /* the next value or the slack lies behind */
    else
        memcpy(out, s->p, s->size);
    return out + s->size;
}

/* Sizes first, then all rows front to back into memory that is large enough. */
static void encode_strings(struct keys *k, const struct key_codec *codec, const struct batch *b)
{
    size_t total = (size_t)k->count * codec->least_bytes;
    for (uint32_t i = 0; i < codec->count; i++) {
        const struct column *c = b->columns[codec->parts[i].column];
        if (c->layout != LAYOUT_STR) continue;
        for (uint32_t row = 0; row < k->count; row++) total += string_at(c, row).size;
    }
    reserve_bytes(k, total);
    unsigned char *at = k->bytes;
    for (uint32_t row = 0; row < k->count; row++) {
        unsigned char *start = at;
        put_nulls(at, codec, b, row);
        at += codec->null_bytes;
        for (uint32_t i = 0; i < codec->count; i++) {
            const struct part *p = &codec->parts[i];
            const struct column *c = b->columns[p->column];
            if (p->size == 0) {
                struct str s = string_at(c, row);
                at = put_string(at, &s);
            } else {
                put_fixed(at, c, row, p->size);
                at += p->size;
            }
        }
        k->slices[row] = (struct slice){(const char *)start, (size_t)(at - start)};
    }
}

static void encode_nested_row(
    struct buf *out, const struct key_codec *codec, const struct batch *b, uint32_t row)
{
    unsigned char fixed[sizeof(i128)];
    unsigned char nulls[(TYPE_FIELDS_MAX + 7) / 8];
    put_nulls(nulls, codec, b, row);
    buf_add(out, nulls, codec->null_bytes);
    for (uint32_t i = 0; i < codec->count; i++) {
        const struct part *p = &codec->parts[i];
        const struct column *c = b->columns[p->column];
        if (p->layout == LAYOUT_STR) {
            struct str s = string_at(c, row);
            buf_add_sized(out, str_slice(&s));
        } else if (p->size) {
            put_fixed(fixed, c, row, p->size);
            buf_add(out, fixed, p->size);
        } else {
            row_encode_value(c, row, out);
        }
    }
}

/* Nested values have no size before they are encoded: the buffer grows, slices are set at the end.
 */
static void encode_nested(struct keys *k, const struct key_codec *codec, const struct batch *b)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    out.p = (char *)k->bytes;
    out.capacity = k->bytes_capacity;
    for (uint32_t row = 0; row < k->count; row++) {
        size_t start = out.n;
        encode_nested_row(&out, codec, b, row);
        k->slices[row].n = out.n - start;
    }
    k->bytes = (unsigned char *)out.p;
    k->bytes_capacity = out.capacity;
    const char *at = out.p;
    for (uint32_t row = 0; row < k->count; row++) {
        k->slices[row].p = at;
        at += k->slices[row].n;
    }
}

void keys_encode(struct keys *k, const struct key_codec *codec, const struct batch *b)
{
    k->count = b->rows;
    k->width_bytes = codec->width;
    reserve_rows(k, b->rows > b->capacity ? b->rows : b->capacity);
    if (codec->width) {
        encode_fixed(k, codec, b);
        return;
    }
    if (codec->nested)
        encode_nested(k, codec, b);
    else
        encode_strings(k, codec, b);
    for (uint32_t i = 0; i < k->count; i++) k->hashes[i] = key_hash(k->slices[i]);
}

/* ---- back to columns ---- */

static struct err *decode_part(
    struct reader *r, const struct part *p, struct column *c, uint32_t row, struct arena *a)
{
    struct slice s;
    ASSERT(c->layout == p->layout && row < c->capacity);
    if (p->layout == LAYOUT_STR) {
        TRY(reader_slice(r, &s));
        ((struct str *)c->data)[row] = str_copy(a, s.p, (uint32_t)s.n);
        return NULL;
    }
    if (p->size == 0) return row_decode_value(r, c, row, a);
    TRY(reader_bytes(r, p->size, &s));
    if (p->layout == LAYOUT_BOOL && (unsigned char)s.p[0] > 1)
        FAIL(ERR_CORRUPT, "a stored key has a BOOLEAN of value %u", (unsigned char)s.p[0]);
    memcpy((char *)c->data + (size_t)row * p->size, s.p, p->size);
    return NULL;
}

struct err *key_decode(const struct key_codec *codec, struct slice key,
    struct column *const *columns, uint32_t row, struct arena *a)
{
    const unsigned char *bytes = (const unsigned char *)key.p;
    struct reader r = {bytes, bytes + key.n};
    struct slice nulls;
    if (codec->width && key.n != codec->width)
        FAIL(ERR_CORRUPT, "a stored key has %zu bytes, not %u", key.n, codec->width);
    TRY(reader_bytes(&r, codec->null_bytes, &nulls));
    for (uint32_t i = 0; i < codec->count; i++) {
        struct column *c = columns[i];
        bool null = (unsigned char)nulls.p[i / 8] >> i % 8 & 1;
        column_set_valid(c, row);
        TRY(decode_part(&r, &codec->parts[i], c, row, a));
        if (null) column_set_null_deep(c, row);
    }
    if (codec->width == 0 && r.at != r.end)
        FAIL(ERR_CORRUPT, "a stored key is longer than its columns");
    return NULL;
}
