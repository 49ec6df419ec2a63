/* How agg_set's tables are kept in a checkpoint. State "groups": key = prefix, the group's key;
 * value = agg_set_save. State "distinct<i>", for list i of DISTINCT arguments: key = prefix, u32
 * size and bytes of the group's key, the arguments (vec/row_codec.h); value = i64 count per
 * aggregate of the list. Both lie in the key group of the group. */
#include "base/arena.h"
#include "op/agg_distinct.h"
#include "vec/row_codec.h"

static const size_t record_max = (size_t)1 << 31;

static void put_groups(const struct agg_set *set, const struct agg_store *s, struct slice prefix,
    uint32_t key_groups, struct snapshot_writer *w)
{
    struct buf key, value;
    buf_init(&key, record_max);
    buf_init(&value, record_max);
    uint64_t cursor = 0;
    const struct group *g;
    while ((g = table_next(s->groups, &cursor))) {
        buf_clear(&key);
        buf_clear(&value);
        buf_add_slice(&key, prefix);
        buf_add_slice(&key, table_key(s->groups, g));
        agg_set_save(set, g, &value);
        uint32_t key_group = key_group_of(table_hash(s->groups, g), key_groups);
        snapshot_put(w, "groups", key_group, buf_slice(&key), buf_slice(&value));
    }
    buf_free(&key);
    buf_free(&value);
}

static struct err *put_value(const struct agg_distinct *d, const struct agg_store *s,
    struct table *t, const struct distinct_entry *entry, struct batch *row, struct buf *key)
{
    batch_clear(row);
    TRY(key_decode(d->codec, table_key(t, entry), row->columns, 0, row->arena));
    buf_add_sized(key, table_key(s->groups, entry->group));
    for (uint32_t i = 0; i < d->arg_count; i++) row_encode_value(row->columns[i + 1], 0, key);
    return NULL;
}

static struct err *put_values(const struct agg_distinct *d, const char *name,
    const struct agg_store *s, struct table *t, struct slice prefix, uint32_t key_groups,
    struct snapshot_writer *w)
{
    struct batch *row = batch_new(d->schema, 1);
    struct buf key;
    buf_init(&key, record_max);
    uint64_t cursor = 0;
    const struct distinct_entry *entry;
    struct err *e = NULL;
    while (!e && (entry = table_next(t, &cursor))) {
        if (entry->group->id != entry->id) continue; /* of a group that is gone */
        buf_clear(&key);
        buf_add_slice(&key, prefix);
        e = put_value(d, s, t, entry, row, &key);
        struct slice counts = {(const char *)entry->counts, d->spec_count * sizeof(int64_t)};
        uint32_t key_group = key_group_of(table_hash(s->groups, entry->group), key_groups);
        if (!e) snapshot_put(w, name, key_group, buf_slice(&key), counts);
    }
    buf_free(&key);
    batch_free(row);
    return e;
}

static void name_of(uint32_t index, char out[24])
{
    snprintf(out, 24, "distinct%u", index);
}

struct err *agg_set_snapshot(const struct agg_set *set, const struct agg_store *s,
    struct slice prefix, uint32_t key_groups, struct snapshot_writer *w)
{
    put_groups(set, s, prefix, key_groups, w);
    for (uint32_t i = 0; i < set->distinct_count; i++) {
        char name[24];
        name_of(i, name);
        TRY(put_values(&set->distincts[i], name, s, s->distincts[i], prefix, key_groups, w));
    }
    return NULL;
}

static struct err *cut_prefix(
    const struct agg_restore *how, struct slice *key, struct agg_store **store)
{
    if (key->n < how->prefix_bytes) FAIL(ERR_CORRUPT, "a stored group has a short key");
    struct slice prefix = {key->p, how->prefix_bytes};
    key->p += how->prefix_bytes;
    key->n -= how->prefix_bytes;
    return how->find_store(how->context, prefix, store);
}

static struct err *restore_group(
    struct agg_set *set, const struct snapshot_record *record, const struct agg_restore *how)
{
    struct slice key = record->key;
    struct agg_store *store;
    TRY(cut_prefix(how, &key, &store));
    if (store->key_width_bytes && key.n != store->key_width_bytes)
        FAIL(ERR_CORRUPT, "a stored group has a key of %zu bytes instead of %u", key.n,
            store->key_width_bytes);
    void *entry;
    bool created;
    TRY(table_upsert_one(store->groups, key, key_hash(key), &entry, &created));
    struct group *g = entry;
    if (!created) FAIL(ERR_CORRUPT, "a group was stored twice");
    g->id = ++set->last_id;
    return agg_set_load(set, g, record->value);
}

static struct err *restore_value(struct agg_distinct *d, uint32_t index,
    const struct snapshot_record *record, const struct agg_restore *how, struct batch *row)
{
    struct slice key = record->key, group_key;
    struct agg_store *store;
    TRY(cut_prefix(how, &key, &store));
    struct reader r = {(const unsigned char *)key.p, (const unsigned char *)key.p + key.n};
    TRY(reader_slice(&r, &group_key));
    struct group *g = table_find_one(store->groups, group_key, key_hash(group_key));
    if (!g || record->value.n != d->spec_count * sizeof(int64_t))
        FAIL(ERR_CORRUPT, "a stored DISTINCT value belongs to no group");
    batch_clear(row);
    ((int64_t *)row->columns[0]->data)[0] = (int64_t)g->id;
    for (uint32_t i = 0; i < d->arg_count; i++)
        TRY(row_decode_value(&r, row->columns[i + 1], 0, row->arena));
    row->rows = 1;
    keys_encode(&d->keys, d->codec, row);
    struct slice value_key = keys_at(&d->keys, 0);
    void *entry;
    bool created;
    TRY(table_upsert_one(store->distincts[index], value_key, d->keys.hashes[0], &entry, &created));
    struct distinct_entry *value = entry;
    value->group = g;
    value->id = g->id;
    memcpy(value->counts, record->value.p, record->value.n);
    return NULL;
}

static struct err *restore_values(struct agg_set *set, uint32_t index,
    const struct snapshot_reader *r, const struct agg_restore *how)
{
    struct agg_distinct *d = &set->distincts[index];
    struct batch *row = batch_new(d->schema, 1);
    char name[24];
    name_of(index, name);
    uint64_t cursor = 0;
    struct snapshot_record record;
    struct err *e = NULL;
    while (!e && snapshot_next(r, name, &cursor, &record))
        e = restore_value(d, index, &record, how, row);
    batch_free(row);
    return e;
}

struct err *agg_set_restore(
    struct agg_set *set, const struct snapshot_reader *r, const struct agg_restore *how)
{
    uint64_t cursor = 0;
    struct snapshot_record record;
    while (snapshot_next(r, "groups", &cursor, &record)) TRY(restore_group(set, &record, how));
    for (uint32_t i = 0; i < set->distinct_count; i++) TRY(restore_values(set, i, r, how));
    return NULL;
}
