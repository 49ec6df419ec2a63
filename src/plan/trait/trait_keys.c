/* trait_keys.c - keys of changelogs (Flink's FlinkRelMdUpsertKeys). */
#include "base/arena.h"
#include "plan/trait/trait.h"

static void add_key(struct trait_keys *keys, const uint32_t *columns, uint32_t count)
{
    if (keys->count < TRAIT_KEYS_MAX)
        keys->keys[keys->count++] = (struct trait_key){columns, count};
}

static void sort(uint32_t *v, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && v[k - 1] > v[k]; k--) {
            uint32_t swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
}

static void of_scan(struct arena *a, const struct logic *l, struct trait_keys *out)
{
    const struct logic_table *t = l->scan.table;
    if (t->primary_key_count == 0) return;
    uint32_t *columns = ARENA_ARRAY(a, uint32_t, t->primary_key_count);
    for (uint32_t i = 0; i < t->primary_key_count; i++) {
        uint32_t at = 0;
        while (at < l->schema->count && l->scan.columns[at] != t->primary_key[i]) at++;
        if (at == l->schema->count) return;
        columns[i] = at;
    }
    sort(columns, t->primary_key_count);
    add_key(out, columns, t->primary_key_count);
}

/* A key lives on where each of its columns passes through unchanged; a column given twice gives
 * one key with its first place. */
static void of_project(struct arena *a, const struct logic *l, struct trait_keys *out)
{
    struct trait_keys below = {0};
    trait_keys(a, l->inputs[0], &below);
    for (uint32_t i = 0; i < below.count; i++) {
        const struct trait_key *key = &below.keys[i];
        uint32_t *columns = ARENA_ARRAY(a, uint32_t, key->count + 1);
        uint32_t found = 0;
        for (uint32_t k = 0; k < key->count; k++)
            for (uint32_t at = 0; at < l->schema->count; at++) {
                const struct expr *e = l->project.exprs[at];
                if (e->kind != EXPR_COLUMN || e->column != key->columns[k]) continue;
                columns[found++] = at;
                break;
            }
        if (found < key->count) continue;
        sort(columns, found);
        add_key(out, columns, found);
    }
}

static uint32_t *first_columns(struct arena *a, uint32_t count)
{
    uint32_t *columns = ARENA_ARRAY(a, uint32_t, count + 2);
    for (uint32_t i = 0; i < count; i++) columns[i] = i;
    return columns;
}

/* Cumulating windows of one period share their start, and so do windows attached to them. */
static bool names_window(const struct logic *l, enum window_property property)
{
    enum window_kind kind = l->window.window.kind;
    bool shared_start = kind == WINDOW_CUMULATE || kind == WINDOW_ATTACHED;
    return property != WINDOW_START || !shared_start;
}

/* The keys of the group and one bound of the window. */
static void of_window_aggregate(struct arena *a, const struct logic *l, struct trait_keys *out)
{
    uint32_t keys = l->window.aggregate.key_count;
    uint32_t first = keys + l->window.aggregate.call_count;
    for (uint32_t i = 0; i < l->window.property_count; i++) {
        if (!names_window(l, l->window.properties[i])) continue;
        uint32_t *columns = first_columns(a, keys);
        columns[keys] = first + i;
        add_key(out, columns, keys + 1);
    }
}

/* The keys of the input and the window's end, which only one of a row's windows has. */
static void of_window_table(struct arena *a, const struct logic *l, struct trait_keys *out)
{
    struct trait_keys below = {0};
    trait_keys(a, l->inputs[0], &below);
    for (uint32_t i = 0; i < below.count; i++) {
        uint32_t count = below.keys[i].count;
        uint32_t *columns = ARENA_ARRAY(a, uint32_t, count + 1);
        if (count) memcpy(columns, below.keys[i].columns, count * sizeof *columns);
        columns[count] = l->schema->count - 2;
        add_key(out, columns, count + 1);
    }
}

void trait_keys(struct arena *a, const struct logic *l, struct trait_keys *out)
{
    switch (l->kind) {
    case LOGIC_SCAN: of_scan(a, l, out); return;
    case LOGIC_PROJECT: of_project(a, l, out); return;
    case LOGIC_AGGREGATE:
        add_key(out, first_columns(a, l->aggregate.key_count), l->aggregate.key_count);
        return;
    case LOGIC_WINDOW_AGGREGATE: of_window_aggregate(a, l, out); return;
    case LOGIC_WINDOW_TABLE: of_window_table(a, l, out); return;
    case LOGIC_FILTER:
    case LOGIC_WATERMARK:
    case LOGIC_LIMIT:
    case LOGIC_SINK: trait_keys(a, l->inputs[0], out); return;
    case LOGIC_VALUES:
    case LOGIC_SIDE:
    case LOGIC_UNION: return;
    }
}

bool trait_has_key_within(const struct trait_keys *keys, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        bool within = true;
        for (uint32_t k = 0; k < keys->keys[i].count; k++) {
            bool found = false;
            for (uint32_t c = 0; c < count; c++) found |= columns[c] == keys->keys[i].columns[k];
            within &= found;
        }
        if (within) return true;
    }
    return false;
}
