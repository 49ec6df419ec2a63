/* key.h - key columns as bytes: what state tables look up and exchanges partition by.
 *
 * Fixed keys (no string, nested or NULLABLE-free restriction: any columns of fixed width) become
 * `width` bytes: one null byte for every 8 columns, then the values, padded with zeros to a
 * multiple of 8. Variable keys become null bytes, then per column: fixed values raw, strings as 4
 * bytes little-endian size and bytes, nested values as in state/codec. Equal SQL values give equal
 * bytes: -0.0 is written as 0.0 and every NaN as one NaN (not inside nested values).
 *
 * The hash is base/hash over these bytes (see key_hash); its top 7 bits times the number of key
 * groups give the key group, the low bits the slot: exchange, table and snapshot agree by
 * construction. */
#pragma once
#include "vec/batch.h"

enum { KEY_GROUPS_DEFAULT = 128 };

struct key_codec; /* immutable; made for a list of column types */

struct key_codec *key_codec_new(
    struct arena *a, const struct schema *schema, const uint32_t *columns, uint32_t count);
uint32_t key_codec_width_bytes(const struct key_codec *k); /* 0: variable */

/* The encoded keys of one batch; memory is reused from batch to batch, owner calls keys_deinit. */
struct keys {
    uint32_t count;
    uint32_t width_bytes; /* 0: variable, then `slices` is set */
    unsigned char *bytes; /* fixed: count * width_bytes */
    struct slice *slices; /* variable: into bytes */
    uint64_t *hashes;
    size_t bytes_capacity;
    uint32_t rows_capacity;
};

void keys_init(struct keys *k);
void keys_deinit(struct keys *k);
/* Encodes and hashes rows 0 .. b->rows - 1. */
void keys_encode(struct keys *k, const struct key_codec *codec, const struct batch *b);
static inline struct slice keys_at(const struct keys *k, uint32_t i)
{
    if (k->width_bytes == 0) return k->slices[i];
    return (struct slice){(const char *)k->bytes + (size_t)i * k->width_bytes, k->width_bytes};
}
/* Writes one encoded key back to row `row` of columns[0 .. count-1]; strings are copied to `a`. The
 * key must come from this codec; bytes from outside are checked and give ERR_CORRUPT. */
MUST_USE struct err *key_decode(const struct key_codec *codec, struct slice key,
    struct column *const *columns, uint32_t row, struct arena *a);
uint64_t key_hash(struct slice key);
static inline uint32_t key_group_of(uint64_t hash, uint32_t groups)
{
    return (uint32_t)((u128)hash * groups >> 64);
}
static inline uint32_t key_group_owner(uint32_t group, uint32_t groups, uint32_t parallelism)
{
    return group * parallelism / groups; /* Flink's KeyGroupRangeAssignment */
}
