/* group_keys.h - the GROUP BY keys of a batch, encoded and looked up. Without keys there is one
 * group, known by eight zero bytes. One thread. */
#pragma once
#include "op/agg_set.h"

struct group_keys {
    const uint32_t *columns; /* of the input; NULL without keys */
    uint32_t count;
    struct key_codec *codec; /* NULL without keys */
    uint32_t width_bytes;    /* 0: variable */
    struct keys keys;
    unsigned char zero[8]; /* the only key of a global aggregate, and its hash */
    uint64_t zero_hash;
};

void group_keys_init(struct group_keys *k, const struct op_ctx *ctx, const struct schema *input,
    const uint32_t *columns, uint32_t count);
void group_keys_deinit(struct group_keys *k);
/* Encodes rows 0 .. b->rows - 1. */
void group_keys_encode(struct group_keys *k, const struct batch *b);
/* Finds or makes the groups of rows first .. first + count - 1 of the batch encoded last:
 * entries[row] for each of them. created lists rows. */
MUST_USE struct err *group_keys_upsert(struct group_keys *k, struct agg_set *set,
    struct agg_store *s, uint32_t first, uint32_t count, void **entries, uint32_t *created,
    uint32_t *created_count);
/* The keys of the listed rows one after the other, as table_upsert wants them; `to` has room. */
void group_keys_gather(
    const struct group_keys *k, const uint32_t *rows, uint32_t count, struct keys *to);
