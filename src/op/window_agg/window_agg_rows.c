/* Rows into slices. Rows are first only assigned, mark by mark, until a mark makes a window fire;
 * then all of them are looked up and added at once, whatever slices they belong to. */
#include "base/check.h"
#include "op/window_agg/window_agg_state.h"

/* Assigns rows first .. last - 1, which see the same event time. */
static void assign(struct window_agg *w, uint32_t first, uint32_t last)
{
    struct slice_state *slice = NULL;
    const int64_t *starts = NULL;
    if (w->params->window.kind == WINDOW_ATTACHED && !w->op.ctx->combined)
        starts = w->in->columns[w->params->window.start_column]->data;
    for (uint32_t row = first; row < last;) {
        int64_t end = w->ends_ms[row];
        slice = slices_open(&w->slices, end, starts ? starts[row] : 0);
        uint32_t run = row;
        while (run < last && w->ends_ms[run] == end) w->row_slices[run++] = slice;
        if (!slice) {
            w->late_rows += run - row;
            for (uint32_t i = row; w->late && i < run; i++) w->late_ms[i] = w->slices.progress_ms;
        } else {
            if (slice->pending_rows == 0) w->dirty[w->dirty_count++] = slice;
            slice->pending_rows += run - row;
        }
        row = run;
    }
}

static struct err *null_time(const struct window_agg *w, const struct column *c)
{
    for (uint32_t row = 0; row < w->in->rows; row++) {
        if (column_is_valid(c, row)) continue;
        FAIL(ERR_INVALID_VALUE,
            "RowTime field should not be null, please convert it to a non-null long value.");
    }
    return NULL;
}

static struct err *find_ends(struct window_agg *w)
{
    const struct window_spec *spec = &w->params->window;
    const struct batch *b = w->in;
    if (w->op.ctx->combined) {
        memcpy(w->ends_ms, b->columns[w->end_column]->data, b->rows * sizeof *w->ends_ms);
        return NULL;
    }
    if (spec->kind == WINDOW_ATTACHED) {
        const struct column *c = b->columns[spec->end_column];
        if (c->has_nulls) TRY(null_time(w, c));
        memcpy(w->ends_ms, c->data, b->rows * sizeof *w->ends_ms);
        return NULL;
    }
    if (spec->proctime) {
        int64_t end = window_slice_end(&w->assigner, b->proctime_ms);
        for (uint32_t i = 0; i < b->rows; i++) w->ends_ms[i] = end;
        return NULL;
    }
    const struct column *c = b->columns[spec->time_column];
    if (c->has_nulls) TRY(null_time(w, c));
    window_slice_ends(&w->assigner, c->data, b->rows, w->ends_ms);
    return NULL;
}

/* Rows slice by slice into `order`; which keeps each slice's rows in order. */
static void sort_rows(struct window_agg *w, uint32_t last)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < w->dirty_count; i++) {
        w->dirty[i]->pending_first = at;
        at += w->dirty[i]->pending_rows;
    }
    for (uint32_t row = w->first_row; row < last; row++) {
        struct slice_state *slice = w->row_slices[row];
        if (slice) w->order[slice->pending_first++] = row;
    }
    for (uint32_t i = 0; i < w->dirty_count; i++)
        w->dirty[i]->pending_first -= w->dirty[i]->pending_rows;
}

/* Groups of the rows of one slice among several: their keys are gathered first. */
static struct err *find_groups(struct window_agg *w, const struct slice_state *slice)
{
    const uint32_t *rows = w->order + slice->pending_first;
    uint32_t count = slice->pending_rows, created;
    struct keys *g = &w->gathered;
    g->count = count;
    group_keys_gather(&w->keys, rows, count, g);
    TRY(agg_set_upsert(&w->set, slice->store, g, w->found, w->created, &created));
    for (uint32_t i = 0; i < count; i++) w->entries[rows[i]] = w->found[i];
    return NULL;
}

static struct err *merge_partials(struct window_agg *w, const uint32_t *rows, uint32_t count)
{
    const struct str *accs = w->in->columns[w->acc_column]->data;
    for (uint32_t i = 0; i < count; i++) {
        struct group *group = w->entries[rows[i]];
        TRY(agg_set_load(&w->set, w->partial, str_slice(&accs[rows[i]])));
        group->rows += w->partial->rows;
        TRY(agg_set_merge(&w->set, group, w->partial));
    }
    return NULL;
}

/* The whole batch, none of it late or taken back: the aggregates run over dense columns. */
static struct err *add_all(struct window_agg *w, struct agg_store *store)
{
    for (uint32_t row = 0; row < w->in->rows; row++) ((struct group *)w->entries[row])->rows = 1;
    return agg_set_add(&w->set, store, w->in, w->entries, NULL, w->in->rows);
}

static bool is_whole(const struct window_agg *w, uint32_t last)
{
    return w->first_row == 0 && last == w->in->rows && w->late_rows == 0 && !w->params->retract &&
           !w->op.ctx->combined;
}

static struct err *add_rows(
    struct window_agg *w, struct agg_store *store, const uint32_t *rows, uint32_t count)
{
    if (w->op.ctx->combined) return merge_partials(w, rows, count);
    for (uint32_t i = 0; i < count; i++) {
        struct group *group = w->entries[rows[i]];
        group->rows += row_kind_adds(batch_kind(w->in, rows[i])) ? 1 : -1;
    }
    return agg_set_add(&w->set, store, w->in, w->entries, rows, count);
}

/* The common case: all rows of the batch belong to one slice, none is late. */
static struct err *add_one_slice(struct window_agg *w, struct slice_state *slice, uint32_t last)
{
    uint32_t created, first = w->first_row, count = last - first;
    TRY(group_keys_upsert(
        &w->keys, &w->set, slice->store, first, count, w->entries, w->created, &created));
    if (is_whole(w, last)) return add_all(w, slice->store);
    for (uint32_t i = 0; i < count; i++) w->kept[i] = first + i;
    return add_rows(w, slice->store, w->kept, count);
}

static struct err *add_slices(struct window_agg *w, uint32_t last)
{
    sort_rows(w, last);
    for (uint32_t i = 0; i < w->dirty_count; i++) TRY(find_groups(w, w->dirty[i]));
    /* Only DISTINCT needs to know the slice; else the groups are enough. */
    for (uint32_t i = 0; w->set.distinct_count && i < w->dirty_count; i++)
        TRY(add_rows(w, w->dirty[i]->store, w->order + w->dirty[i]->pending_first,
            w->dirty[i]->pending_rows));
    if (w->set.distinct_count) return NULL;
    if (is_whole(w, last)) return add_all(w, w->dirty[0]->store);
    uint32_t n = 0;
    for (uint32_t row = w->first_row; row < last; row++) {
        w->kept[n] = row;
        n += w->row_slices[row] != NULL;
    }
    return add_rows(w, w->dirty[0]->store, w->kept, n);
}

static uint64_t partial_rows(const struct window_agg *w, uint32_t row)
{
    const struct str *accs = w->in->columns[w->acc_column]->data;
    int64_t rows;
    memcpy(&rows, str_bytes(&accs[row]), sizeof rows); /* see agg_set_save */
    return (uint64_t)(rows < 0 ? -rows : rows);
}

static void count_fresh(struct window_agg *w, uint32_t last)
{
    uint64_t all = 0;
    for (uint32_t i = 0; !w->op.ctx->combined && i < w->dirty_count; i++) {
        w->dirty[i]->fresh_rows += w->dirty[i]->pending_rows;
        all += w->dirty[i]->pending_rows;
    }
    for (uint32_t row = w->first_row; w->op.ctx->combined && row < last; row++) {
        if (!w->row_slices[row]) continue;
        uint64_t rows = partial_rows(w, row);
        w->row_slices[row]->fresh_rows += rows;
        all += rows;
    }
    op_count(&w->op.counters.pending_rows, all);
}

static void count_late(struct window_agg *w, uint32_t last)
{
    uint64_t late = w->late_rows;
    if (late && w->op.ctx->combined) {
        late = 0;
        for (uint32_t row = w->first_row; row < last; row++)
            if (!w->row_slices[row]) late += partial_rows(w, row);
    }
    if (late) op_count(&w->op.counters.late_rows, late);
}

static struct err *give_late(struct window_agg *w, uint32_t last)
{
    const struct window_agg_params *p = w->params;
    struct batch *late = w->late;
    uint32_t n = 0;
    for (uint32_t row = w->first_row; row < last; row++) {
        w->kept[n] = row;
        n += w->row_slices[row] == NULL;
    }
    batch_clear(late);
    for (uint32_t i = 0; i < p->late_count; i++)
        column_gather_shallow(
            late->columns[i], 0, w->in->columns[p->late[i]], w->kept, n, late->arena);
    int64_t *watermarks_ms = late->columns[p->late_count]->data;
    for (uint32_t i = 0; i < n; i++) watermarks_ms[i] = w->late_ms[w->kept[i]];
    late->rows = n;
    late->proctime_ms = w->in->proctime_ms;
    return emit_batch(w->op.ctx->side, late);
}

static struct err *add_assigned(struct window_agg *w, uint32_t last)
{
    count_late(w, last);
    count_fresh(w, last);
    struct err *e = w->late_rows && w->late ? give_late(w, last) : NULL;
    if (e) return e;
    if (w->dirty_count == 1 && w->late_rows == 0)
        e = add_one_slice(w, w->dirty[0], last);
    else if (w->dirty_count)
        e = add_slices(w, last);
    for (uint32_t i = 0; i < w->dirty_count; i++) w->dirty[i]->pending_rows = 0;
    w->dirty_count = w->late_rows = 0;
    w->first_row = last;
    return e;
}

struct err *window_agg__take_rows(struct window_agg *w)
{
    const struct batch *b = w->in;
    if (w->row == 0 && w->mark == 0 && b->rows) {
        TRY(find_ends(w));
        group_keys_encode(&w->keys, b);
    }
    bool fires = false;
    while (!fires && w->mark < b->mark_count) {
        const struct mark *m = &b->marks[w->mark++];
        assign(w, w->row, m->rows);
        w->row = m->rows;
        w->idle = m->watermark_ms == WATERMARK_IDLE;
        if (w->params->window.proctime) {
            if (!w->idle) w->mark_ms = m->watermark_ms;
            continue;
        }
        if (w->idle || m->watermark_ms <= w->slices.progress_ms) continue;
        w->mark_ms = m->watermark_ms;
        w->slices.progress_ms = m->watermark_ms;
        fires = m->watermark_ms >= w->slices.next_fire_ms;
    }
    if (!fires) {
        assign(w, w->row, b->rows);
        w->row = b->rows;
    }
    return add_assigned(w, w->row);
}
