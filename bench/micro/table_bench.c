/* Nanoseconds a row of counting and summing by a BIGINT key: encode, hash, upsert, update.
 * table_bench [KEYS [ROWS]]; without arguments 1 K to 10 M keys. Keys are uniform. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/table.h"

static const struct type bigint = {.kind = TYPE_BIGINT};
static const struct type_field field = {{"k", 1}, &bigint};
static const struct schema schema = {&field, 1};

struct sums {
    uint32_t interval; /* the table's */
    uint32_t count;
    int64_t sum;
    int64_t most;
};

struct timing {
    uint64_t encode_ns;
    uint64_t upsert_ns;
    uint64_t update_ns;
};

static void run_batch(struct table *t, struct keys *keys, const struct key_codec *codec,
    const struct batch *b, struct timing *timing)
{
    static void *entries[BATCH_ROWS_MAX];
    static uint32_t created[BATCH_ROWS_MAX];
    uint32_t created_count;
    uint64_t start = env_mono_ns(env_system());
    keys_encode(keys, codec, b);
    uint64_t encoded = env_mono_ns(env_system());
    struct err *e = table_upsert(t, keys, entries, created, &created_count);
    if (e) err_print(e, stderr);
    if (e) exit(1);
    uint64_t upserted = env_mono_ns(env_system());
    const int64_t *v = b->columns[0]->data;
    for (uint32_t i = 0; i < b->rows; i++) {
        struct sums *s = entries[i];
        s->count++;
        s->sum += v[i];
        s->most = v[i] > s->most ? v[i] : s->most;
    }
    timing->update_ns += env_mono_ns(env_system()) - upserted;
    timing->upsert_ns += upserted - encoded;
    timing->encode_ns += encoded - start;
}

static void measure(uint64_t key_count, uint64_t rows)
{
    struct arena *a = arena_new(4096);
    struct mem_budget budget = {.name = "bench"};
    struct batch *b = batch_new(&schema, BATCH_ROWS_DEFAULT);
    const uint32_t column = 0;
    struct key_codec *codec = key_codec_new(a, &schema, &column, 1);
    struct table_params params = {.key_width_bytes = key_codec_width_bytes(codec),
        .entry_bytes = sizeof(struct sums),
        .budget = &budget};
    struct table *t = table_new(&params);
    struct keys keys;
    keys_init(&keys);
    struct timing fill = {0}, timing = {0};
    int64_t *v = b->columns[0]->data;
    uint64_t slowest = 0;
    for (uint64_t at = 0; at < key_count; at += b->rows) {
        b->rows = key_count - at < b->capacity ? (uint32_t)(key_count - at) : b->capacity;
        for (uint32_t i = 0; i < b->rows; i++) v[i] = (int64_t)(at + i);
        uint64_t before = fill.upsert_ns;
        run_batch(t, &keys, codec, b, &fill);
        if (fill.upsert_ns - before > slowest) slowest = fill.upsert_ns - before;
    }
    uint64_t seed = 0;
    for (uint64_t at = 0; at < rows; at += b->capacity) {
        for (uint32_t i = 0; i < b->capacity; i++)
            v[i] = (int64_t)((u128)hash_u64(++seed) * key_count >> 64);
        b->rows = b->capacity;
        run_batch(t, &keys, codec, b, &timing);
    }
    double n = (double)rows;
    printf("%9lu keys: fill %5.1f ns (slowest batch %5.0f us), row %5.2f ns = encode %.2f + upsert "
           "%.2f + update %.2f, %4.1f bytes/key\n",
        (unsigned long)key_count, (double)fill.upsert_ns / (double)key_count, (double)slowest / 1e3,
        (double)(timing.encode_ns + timing.upsert_ns + timing.update_ns) / n,
        (double)timing.encode_ns / n, (double)timing.upsert_ns / n, (double)timing.update_ns / n,
        (double)budget.used_bytes / (double)key_count);
    keys_deinit(&keys);
    table_free(t);
    batch_free(b);
    arena_free(a);
}

int main(int argc, char **argv)
{
    uint64_t keys = 0, rows = 20 << 20;
    if (argc > 1) num_parse_u64(slice_of(argv[1]), &keys);
    if (argc > 2) num_parse_u64(slice_of(argv[2]), &rows);
    for (uint64_t k = 1000; keys == 0 && k <= 10000000; k *= 10) measure(k, rows);
    if (keys) measure(keys, rows);
    return 0;
}
