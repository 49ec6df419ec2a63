#include "op/group_keys.h"

void group_keys_init(struct group_keys *k, const struct op_ctx *ctx, const struct schema *input,
    const uint32_t *columns, uint32_t count)
{
    memset(k, 0, sizeof *k);
    keys_init(&k->keys);
    k->columns = columns;
    k->count = count;
    if (count) {
        k->codec = key_codec_new(ctx->arena, input, columns, count);
        k->width_bytes = key_codec_width_bytes(k->codec);
    } else {
        k->width_bytes = sizeof k->zero;
        k->zero_hash = key_hash((struct slice){(const char *)k->zero, sizeof k->zero});
    }
}

void group_keys_deinit(struct group_keys *k)
{
    keys_deinit(&k->keys);
}

void group_keys_encode(struct group_keys *k, const struct batch *b)
{
    if (k->codec) keys_encode(&k->keys, k->codec, b);
}

static struct err *upsert_global(struct group_keys *k, struct agg_set *set, struct agg_store *s,
    uint32_t first, uint32_t count, void **entries, uint32_t *created, uint32_t *created_count)
{
    struct keys one = {
        .count = 1,
        .width_bytes = sizeof k->zero,
        .bytes = k->zero,
        .hashes = &k->zero_hash,
    };
    TRY(agg_set_upsert(set, s, &one, entries + first, created, created_count));
    for (uint32_t i = 1; i < count; i++) entries[first + i] = entries[first];
    return NULL;
}

struct err *group_keys_upsert(struct group_keys *k, struct agg_set *set, struct agg_store *s,
    uint32_t first, uint32_t count, void **entries, uint32_t *created, uint32_t *created_count)
{
    *created_count = 0;
    if (count == 0) return NULL;
    if (!k->codec) {
        TRY(upsert_global(k, set, s, first, count, entries, created, created_count));
    } else {
        struct keys part = k->keys;
        part.count = count;
        part.hashes += first;
        if (part.width_bytes)
            part.bytes += (size_t)first * part.width_bytes;
        else
            part.slices += first;
        TRY(agg_set_upsert(set, s, &part, entries + first, created, created_count));
    }
    for (uint32_t i = 0; first && i < *created_count; i++) created[i] += first;
    return NULL;
}

static inline __attribute__((always_inline)) void gather_width(const unsigned char *from,
    const uint32_t *rows, uint32_t count, unsigned char *to, size_t width)
{
    for (uint32_t i = 0; i < count; i++) memcpy(to + i * width, from + rows[i] * width, width);
}

void group_keys_gather(
    const struct group_keys *k, const uint32_t *rows, uint32_t count, struct keys *to)
{
    to->count = count;
    if (!k->codec) {
        memset(to->bytes, 0, (size_t)count * k->width_bytes);
        for (uint32_t i = 0; i < count; i++) to->hashes[i] = k->zero_hash;
        return;
    }
    for (uint32_t i = 0; i < count; i++) to->hashes[i] = k->keys.hashes[rows[i]];
    const unsigned char *from = k->keys.bytes;
    switch (k->width_bytes) {
    case 0:
        for (uint32_t i = 0; i < count; i++) to->slices[i] = k->keys.slices[rows[i]];
        break;
    case 8: gather_width(from, rows, count, to->bytes, 8); break;
    case 16: gather_width(from, rows, count, to->bytes, 16); break;
    default: gather_width(from, rows, count, to->bytes, k->width_bytes); break;
    }
}
