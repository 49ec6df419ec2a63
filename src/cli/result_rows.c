#include "cli/result_rows.h"

#include "base/hash.h"
#include "base/mem.h"

struct row {
    struct row *older;
    struct row *newer;
    struct row *next_in_bucket;
    uint64_t hash;
    size_t key_bytes;
    char *text; /* key, then the row */
    size_t text_bytes;
};

struct result_rows {
    uint64_t rows_max;
    uint64_t count;
    struct row *oldest;
    struct row *newest;
    struct row **buckets;
    uint64_t bucket_count; /* power of two */
};

enum { FIRST_BUCKETS = 256 };

struct result_rows *result_rows_new(uint64_t rows_max)
{
    struct result_rows *r = mem_alloc(sizeof *r);
    r->rows_max = rows_max ? rows_max : 1;
    r->bucket_count = FIRST_BUCKETS;
    r->buckets = mem_alloc(r->bucket_count * sizeof *r->buckets);
    return r;
}

static void row_free(struct row *row)
{
    mem_free(row->text);
    mem_free(row);
}

void result_rows_free(struct result_rows *r)
{
    if (!r) return;
    while (r->oldest) {
        struct row *row = r->oldest;
        r->oldest = row->newer;
        row_free(row);
    }
    mem_free(r->buckets);
    mem_free(r);
}

static struct row **bucket_of(struct result_rows *r, uint64_t hash)
{
    return &r->buckets[hash & (r->bucket_count - 1)];
}

static void grow(struct result_rows *r)
{
    mem_free(r->buckets);
    r->bucket_count *= 2;
    r->buckets = mem_alloc(r->bucket_count * sizeof *r->buckets);
    for (struct row *row = r->oldest; row; row = row->newer) {
        struct row **bucket = bucket_of(r, row->hash);
        row->next_in_bucket = *bucket;
        *bucket = row;
    }
}

/* Newer rows stand first in a bucket. */
static struct row *find(struct result_rows *r, struct slice key, uint64_t hash)
{
    for (struct row *row = *bucket_of(r, hash); row; row = row->next_in_bucket)
        if (row->hash == hash && slice_eq((struct slice){row->text, row->key_bytes}, key))
            return row;
    return NULL;
}

static void set_text(struct row *row, struct slice key, struct slice text)
{
    row->key_bytes = key.n;
    row->text_bytes = key.n + text.n;
    row->text = mem_realloc(row->text, row->text_bytes + 1);
    if (key.n) memcpy(row->text, key.p, key.n);
    if (text.n) memcpy(row->text + key.n, text.p, text.n);
}

static void drop(struct result_rows *r, struct row *row)
{
    struct row **at = bucket_of(r, row->hash);
    while (*at != row) at = &(*at)->next_in_bucket;
    *at = row->next_in_bucket;
    *(row->older ? &row->older->newer : &r->oldest) = row->newer;
    *(row->newer ? &row->newer->older : &r->newest) = row->older;
    r->count--;
    row_free(row);
}

void result_rows_add(struct result_rows *r, struct slice key, struct slice text, bool replace)
{
    uint64_t hash = hash_bytes(key.p, key.n, 0);
    struct row *row = replace ? find(r, key, hash) : NULL;
    if (row) {
        set_text(row, key, text);
        return;
    }
    if (r->count == r->rows_max) drop(r, r->oldest);
    row = mem_alloc(sizeof *row);
    row->hash = hash;
    set_text(row, key, text);
    row->older = r->newest;
    *(r->newest ? &r->newest->newer : &r->oldest) = row;
    r->newest = row;
    row->next_in_bucket = *bucket_of(r, hash);
    *bucket_of(r, hash) = row;
    if (++r->count > r->bucket_count) grow(r);
}

void result_rows_remove(struct result_rows *r, struct slice key)
{
    struct row *row = find(r, key, hash_bytes(key.p, key.n, 0));
    if (row) drop(r, row);
}

uint64_t result_rows_count(const struct result_rows *r)
{
    return r->count;
}

uint32_t result_rows_newest(const struct result_rows *r, struct slice *out, uint32_t count)
{
    uint32_t found = 0;
    const struct row *row = r->newest;
    while (row && ++found < count) row = row->older;
    if (!row) row = r->oldest;
    if (found > count) found = count;
    for (uint32_t i = 0; i < found; i++, row = row->newer)
        out[i] = (struct slice){row->text + row->key_bytes, row->text_bytes - row->key_bytes};
    return found;
}
