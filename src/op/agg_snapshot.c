/* How agg_set's tables are kept in a checkpoint. State "groups": key = prefix, the group's key;
 * value = agg_set_save, with DISTINCT after u64 id of the group. State "distinct<i>", for list i of
 * DISTINCT arguments: key = prefix, the value's key in its table, which begins with its group's id;
 * value = i64 count per aggregate of the list. Both lie in the key group of the group.
 *
 * Ids are unique in a checkpoint and never used again before the next restore, so a value whose
 * group is gone or was reset needs no taking back: it is passed over when no group has its id. */
#include "base/arena.h"
#include "op/agg_distinct.h"
#include "vec/row_codec.h"

enum {
    RECORD_BYTES = 12,   /* of a record beside key and value */
    VARIABLE_BYTES = 32, /* what a key or state of varying size is taken for */
    ID_BYTES = sizeof(uint64_t)
};

/* Room for everything a table is going to write, as far as that is known. */
static void expect(const struct agg_save *how, const struct table_snapshot *s, size_t record_bytes)
{
    snapshot_expect(how->writer, s->entries * (record_bytes + RECORD_BYTES + how->prefix.n));
}

/* What comes before the entries of a table. */
static void begin_table(const struct agg_save *how, const char *state, struct table *t,
    size_t record_bytes, struct table_snapshot *s)
{
    struct snapshot_writer *w = how->writer;
    table_snapshot_begin(t, snapshot_writer_params(w)->checkpoint_id, how->changes, s);
    expect(how, s, record_bytes);
    if (!s->all) snapshot_changes(w, state, s->previous_id, s->first_id);
    struct slice key;
    for (size_t at = 0; how->changes && table_snapshot_erased(t, &at, &key);)
        snapshot_erase(w, state, how->prefix, key);
}

static void put_groups(
    const struct agg_set *set, const struct agg_store *s, const struct agg_save *how)
{
    void *entries[TABLE_SNAPSHOT_ENTRIES];
    struct table_snapshot snapshot;
    size_t record_bytes = s->key_width_bytes ? s->key_width_bytes : VARIABLE_BYTES;
    record_bytes += sizeof(int64_t) + (set->distinct_count ? ID_BYTES : 0);
    record_bytes += set->entry_bytes - sizeof(struct group);
    begin_table(how, "groups", s->groups, record_bytes, &snapshot);
    for (uint32_t n; (n = table_snapshot_next(s->groups, &snapshot, entries));) {
        for (uint32_t i = 0; i < n; i++) {
            const struct group *g = entries[i];
            uint32_t key_group = key_group_of(table_hash(s->groups, g), how->key_groups);
            struct buf *value = snapshot_begin_record(
                how->writer, "groups", key_group, how->prefix, table_key(s->groups, g));
            if (set->distinct_count) buf_add(value, &g->id, ID_BYTES);
            agg_set_save(set, g, value);
            snapshot_end_record(how->writer);
        }
    }
    table_snapshot_end(s->groups, &snapshot);
}

static void put_values(const struct agg_distinct *d, const char *name, const struct agg_store *s,
    struct table *t, const struct agg_save *how)
{
    void *entries[TABLE_SNAPSHOT_ENTRIES];
    struct table_snapshot snapshot;
    size_t counts_bytes = d->spec_count * sizeof(int64_t);
    begin_table(how, name, t, VARIABLE_BYTES + counts_bytes, &snapshot);
    for (uint32_t n; (n = table_snapshot_next(t, &snapshot, entries));) {
        for (uint32_t i = 0; i < n; i++) {
            const struct distinct_entry *entry = entries[i];
            if (entry->group->id != entry->id) continue; /* of a group that is gone */
            uint32_t key_group = key_group_of(table_hash(s->groups, entry->group), how->key_groups);
            struct buf *value = snapshot_begin_record(
                how->writer, name, key_group, how->prefix, table_key(t, entry));
            buf_add(value, entry->counts, counts_bytes);
            snapshot_end_record(how->writer);
        }
    }
    table_snapshot_end(t, &snapshot);
}

static void name_of(uint32_t index, char out[24])
{
    snprintf(out, 24, "distinct%u", index);
}

bool agg_store_knows_changes(const struct agg_store *s, const struct agg_set *set)
{
    bool knows = table_knows_changes(s->groups);
    for (uint32_t i = 0; i < set->distinct_count; i++)
        knows &= table_knows_changes(s->distincts[i]);
    return knows;
}

void agg_set_snapshot(
    const struct agg_set *set, const struct agg_store *s, const struct agg_save *how)
{
    put_groups(set, s, how);
    for (uint32_t i = 0; i < set->distinct_count; i++) {
        char name[24];
        name_of(i, name);
        put_values(&set->distincts[i], name, s, s->distincts[i], how);
    }
}

/* ---- restore ---- */

/* Stored ids to the groups that have come of them. */
struct known_group {
    uint32_t interval; /* the table's */
    struct group *group;
};

struct restoring {
    struct agg_set *set;
    const struct agg_restore *how;
    struct table *groups_by_id; /* NULL without DISTINCT */
};

/* *store = NULL: the record belongs to a store that is gone. */
static struct err *cut_prefix(
    const struct agg_restore *how, struct slice *key, struct agg_store **store)
{
    if (key->n < how->prefix_bytes) FAIL(ERR_CORRUPT, "a stored group has a short key");
    struct slice prefix = {key->p, how->prefix_bytes};
    key->p += how->prefix_bytes;
    key->n -= how->prefix_bytes;
    return how->find_store(how->context, prefix, store);
}

static struct err *note_id(struct restoring *r, struct slice *value, struct group *g)
{
    if (value->n < ID_BYTES) FAIL(ERR_CORRUPT, "a stored group has no id");
    struct slice id = {value->p, ID_BYTES};
    value->p += ID_BYTES;
    value->n -= ID_BYTES;
    void *entry;
    bool created;
    TRY(table_upsert_one(r->groups_by_id, id, key_hash(id), &entry, &created));
    if (!created) FAIL(ERR_CORRUPT, "two groups were stored with one id");
    ((struct known_group *)entry)->group = g;
    return NULL;
}

static struct err *restore_group(struct restoring *r, const struct snapshot_record *record)
{
    struct slice key = record->key, value = record->value;
    struct agg_store *store;
    TRY(cut_prefix(r->how, &key, &store));
    if (!store) return NULL;
    if (store->key_width_bytes && key.n != store->key_width_bytes)
        FAIL(ERR_CORRUPT, "a stored group has a key of %zu bytes instead of %u", key.n,
            store->key_width_bytes);
    void *entry;
    bool created;
    TRY(table_upsert_one(store->groups, key, key_hash(key), &entry, &created));
    struct group *g = entry;
    if (!created) FAIL(ERR_CORRUPT, "a group was stored twice");
    g->id = ++r->set->last_id;
    if (r->groups_by_id) TRY(note_id(r, &value, g));
    return agg_set_load(r->set, g, value);
}

/* Decodes a value's key to `row`; *group = NULL when it is no group's. */
static struct err *read_value_key(struct restoring *r, const struct agg_distinct *d,
    struct slice key, struct batch *row, struct group **group)
{
    uint32_t width = key_codec_width_bytes(d->codec);
    if (width && key.n != width)
        FAIL(ERR_CORRUPT, "a stored DISTINCT value has a key of %zu bytes", key.n);
    batch_clear(row);
    TRY(key_decode(d->codec, key, row->columns, 0, row->arena));
    row->rows = 1;
    struct slice id = {row->columns[0]->data, ID_BYTES};
    const struct known_group *known = table_find_one(r->groups_by_id, id, key_hash(id));
    *group = known ? known->group : NULL;
    return NULL;
}

static struct err *restore_value(struct restoring *r, struct agg_distinct *d, uint32_t index,
    const struct snapshot_record *record, struct batch *row)
{
    struct slice key = record->key;
    struct agg_store *store;
    struct group *g = NULL;
    TRY(cut_prefix(r->how, &key, &store));
    if (!store) return NULL;
    if (record->value.n != d->spec_count * sizeof(int64_t))
        FAIL(ERR_CORRUPT, "a stored DISTINCT value has counts of %zu bytes", record->value.n);
    TRY(read_value_key(r, d, key, row, &g));
    if (!g) return NULL;
    memcpy(row->columns[0]->data, &g->id, ID_BYTES);
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

static struct err *restore_values(
    struct restoring *r, uint32_t index, const struct snapshot_reader *reader)
{
    struct agg_distinct *d = &r->set->distincts[index];
    struct batch *row = batch_new(d->schema, 1);
    char name[24];
    name_of(index, name);
    uint64_t cursor = 0;
    struct snapshot_record record;
    struct err *e = NULL;
    while (!e && snapshot_next(reader, name, &cursor, &record))
        e = restore_value(r, d, index, &record, row);
    batch_free(row);
    return e;
}

static struct err *restore_all(struct restoring *r, const struct snapshot_reader *reader)
{
    uint64_t cursor = 0;
    struct snapshot_record record;
    while (snapshot_next(reader, "groups", &cursor, &record)) TRY(restore_group(r, &record));
    for (uint32_t i = 0; i < r->set->distinct_count; i++) TRY(restore_values(r, i, reader));
    return NULL;
}

struct err *agg_set_restore(
    struct agg_set *set, const struct snapshot_reader *r, const struct agg_restore *how)
{
    struct restoring restoring = {set, how, NULL};
    if (set->distinct_count)
        restoring.groups_by_id = table_new(&(struct table_params){
            .key_width_bytes = ID_BYTES,
            .entry_bytes = sizeof(struct known_group),
            .budget = set->budget,
        });
    struct err *e = restore_all(&restoring, r);
    table_free(restoring.groups_by_id);
    return e;
}
