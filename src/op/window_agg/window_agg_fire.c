/* A window's result: the groups of its slices, added up, row by row into the output batch. */
#include "base/check.h"
#include "op/window_agg/window_agg_state.h"

/* Indexes of the slices inside the window that ends at end_ms. */
static uint32_t slices_of_window(const struct window_agg *w, int64_t end_ms, uint32_t *first)
{
    const struct window_spec *spec = &w->params->window;
    int64_t start = spec->kind == WINDOW_ATTACHED ? end_ms - 1 : window_start_of(spec, end_ms);
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->slices.count; i++) {
        int64_t end = w->slices.items[i]->end_ms;
        if (end <= start || end > end_ms) continue;
        if (n++ == 0) *first = i;
    }
    return n;
}

/* CUMULATE: the period's first slice takes over the later ones, once and for all. */
static struct err *cumulate(struct window_agg *w, uint32_t first, uint32_t count)
{
    struct slice_state *base = w->slices.items[first];
    for (uint32_t i = 1; i < count; i++) {
        struct slice_state *slice = w->slices.items[first + 1];
        TRY(agg_set_merge_store(&w->set, base->store, slice->store));
        slices_close(&w->slices, slice);
    }
    w->firing_store = base->store;
    w->firing_owned = false;
    return NULL;
}

/* HOP: slices are shared by several windows, so their sum is a store of its own. */
static struct err *add_up(struct window_agg *w, uint32_t first, uint32_t count)
{
    w->firing_owned = count > 1;
    w->firing_store = count > 1 ? slices_take_store(&w->slices) : w->slices.items[first]->store;
    for (uint32_t i = 0; count > 1 && i < count; i++)
        TRY(agg_set_merge_store(&w->set, w->firing_store, w->slices.items[first + i]->store));
    return NULL;
}

/* A row contributes with the first window that it is in. */
static void count_contributed(struct window_agg *w, uint32_t first, uint32_t count)
{
    uint64_t rows = 0;
    for (uint32_t i = first; i < first + count; i++) {
        rows += w->slices.items[i]->fresh_rows;
        w->slices.items[i]->fresh_rows = 0;
    }
    op_count(&w->op.counters.contributed_rows, rows);
    op_count(&w->op.counters.pending_rows, 0 - rows);
}

struct err *window_agg__begin_firing(struct window_agg *w)
{
    const struct window_spec *spec = &w->params->window;
    int64_t end = slices_next_end(&w->slices);
    uint32_t first = 0, count = slices_of_window(w, end, &first);
    ASSERT(count > 0);
    w->firing = true;
    w->firing_end_ms = end;
    w->firing_start_ms = spec->kind == WINDOW_ATTACHED ? w->slices.items[first]->start_ms
                                                       : window_start_of(spec, end);
    w->firing_cursor = 0;
    count_contributed(w, first, count);
    return spec->kind == WINDOW_CUMULATE ? cumulate(w, first, count) : add_up(w, first, count);
}

static void end_firing(struct window_agg *w)
{
    w->firing = false;
    if (w->firing_owned) slices_give_store(&w->slices, w->firing_store);
    w->firing_store = NULL;
    slices_settle(&w->slices, w->firing_end_ms);
}

static void put_property(
    struct window_agg *w, enum window_property property, struct column *c, uint32_t n)
{
    int64_t v = 0;
    switch (property) {
    case WINDOW_START: v = w->firing_start_ms; break;
    case WINDOW_END: v = w->firing_end_ms; break;
    case WINDOW_ROWTIME: v = window_rowtime_ms(&w->assigner, w->firing_end_ms); break;
    case WINDOW_PROCTIME: v = w->slices.progress_ms; break;
    }
    int64_t *to = (int64_t *)c->data + w->out->rows;
    for (uint32_t i = 0; i < n; i++) to[i] = v;
}

static struct err *put_rows(struct window_agg *w, uint32_t n)
{
    struct batch *out = w->out;
    uint32_t keys = w->params->key_count, first = out->rows;
    for (uint32_t i = 0; keys && i < n; i++)
        TRY(key_decode(w->keys.codec, table_key(w->firing_store->groups, w->groups[i]),
            out->columns, first + i, out->arena));
    struct column *const *results = out->columns + keys;
    TRY(agg_set_result(&w->set, w->groups, n, results, first, out->arena));
    for (uint32_t i = 0; i < w->params->property_count; i++)
        put_property(w, w->params->properties[i], out->columns[keys + w->set.count + i], n);
    out->rows += n;
    return arena_check(out->arena);
}

struct err *window_agg__fill(struct window_agg *w)
{
    uint32_t room = w->out->capacity - w->out->rows, n = 0;
    struct group *g = NULL;
    while (n < room && (g = table_next(w->firing_store->groups, &w->firing_cursor)))
        if (g->rows != 0) w->groups[n++] = g;
    if (n) TRY(put_rows(w, n));
    if (n < room) end_firing(w);
    return NULL;
}
