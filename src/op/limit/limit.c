/* LIMIT by arrival. Over insert-only input a counter is enough. Over updating input all rows are
 * kept in order of arrival, and rows offset .. offset + count - 1 are the result: one that goes is
 * taken back and the next one moves in (Flink plans it as a Top-N without order; its OFFSET emits
 * wrong changelogs, ours does not). Taking back searches the rows from the oldest, O(rows). */
#include "op/limit/limit.h"

#include <inttypes.h>

#include "base/hash.h"
#include "op/codec.h"
#include "op/op_util.h"
#include "vec/row_codec.h"

enum { ROW_BYTES_MAX = 1 << 30 };

struct kept_row {
    uint64_t hash;
    char *bytes;
    size_t size_bytes;
};

struct limit {
    struct op op;
    const struct limit_params *params;
    uint64_t seen; /* insert-only: rows so far */
    struct heap *heap;
    struct kept_row *rows; /* updating: in order of arrival */
    size_t count;
    size_t capacity;
    struct buf scratch;
    uint32_t *picked;
    const struct batch *in;
    uint32_t row; /* next input row */
    struct batch *out;
};

static bool limit_passes_rows(const void *params)
{
    return !((const struct limit_params *)params)->retract;
}

static struct err *limit_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct limit *l = op_new(ctx, &limit_op, sizeof *l);
    *op = &l->op;
    l->params = params;
    l->heap = heap_new(ctx->budget);
    buf_init(&l->scratch, ROW_BYTES_MAX);
    l->picked = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    l->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    return NULL;
}

static void limit_close(struct op *op)
{
    struct limit *l = (struct limit *)op;
    mem_budget_give(op->ctx->budget, l->capacity * sizeof *l->rows);
    mem_free(l->rows);
    heap_free(l->heap);
    buf_free(&l->scratch);
    batch_free(l->out);
}

/* ---- insert-only ---- */

static struct err *pass(struct limit *l, const struct batch *b, struct emit *out)
{
    uint64_t first = l->params->offset,
             last = UINT64_MAX - first > l->params->count ? first + l->params->count : UINT64_MAX;
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->rows; i++, l->seen++)
        if (l->seen >= first && l->seen < last) l->picked[n++] = i;
    batch_clear(l->out);
    for (uint32_t i = 0; i < l->out->schema->count; i++)
        column_gather_shallow(l->out->columns[i], 0, b->columns[i], l->picked, n, l->out->arena);
    l->out->rows = n;
    l->out->proctime_ms = b->proctime_ms;
    op_count(&l->op.counters.filtered_rows, b->rows - n);
    op_copy_last_marks(l->out, b);
    return n || l->out->mark_count ? op_emit(&l->op, l->out, out) : NULL;
}

/* ---- updating ---- */

static bool is_visible(const struct limit *l, size_t index)
{
    return index >= l->params->offset && index - l->params->offset < l->params->count;
}

static struct err *put(struct limit *l, size_t index, enum row_kind kind)
{
    const struct kept_row *row = &l->rows[index];
    const unsigned char *p = (const unsigned char *)row->bytes;
    struct reader r = {p, p + row->size_bytes};
    struct batch *out = l->out;
    TRY(row_decode(&r, out->columns, out->schema->count, out->rows, out->arena));
    batch_set_kind(out, out->rows, kind);
    out->rows++;
    return NULL;
}

static struct err *append(struct limit *l, struct slice bytes)
{
    struct mem_budget *budget = l->op.ctx->budget;
    if (l->count == l->capacity) {
        size_t more = l->capacity ? l->capacity : 16;
        if (!mem_budget_take(budget, more * sizeof *l->rows))
            return mem_budget_fail(budget, more * sizeof *l->rows);
        l->capacity += more;
        l->rows = mem_realloc(l->rows, l->capacity * sizeof *l->rows);
    }
    char *copy = heap_take(l->heap, bytes.n + 1);
    if (!copy) return mem_budget_fail(budget, bytes.n + 1);
    if (bytes.n) memcpy(copy, bytes.p, bytes.n);
    l->rows[l->count++] = (struct kept_row){hash_bytes(bytes.p, bytes.n, 0), copy, bytes.n};
    return NULL;
}

static struct err *add(struct limit *l, struct slice bytes)
{
    TRY(append(l, bytes));
    return is_visible(l, l->count - 1) ? put(l, l->count - 1, ROW_INSERT) : NULL;
}

static size_t find(const struct limit *l, struct slice bytes)
{
    uint64_t hash = hash_bytes(bytes.p, bytes.n, 0);
    size_t i = 0;
    for (; i < l->count; i++) {
        const struct kept_row *row = &l->rows[i];
        if (row->hash == hash && row->size_bytes == bytes.n &&
            memcmp(row->bytes, bytes.p, bytes.n) == 0)
            break;
    }
    return i;
}

/* Every row behind the gone one moves up by one: at most one leaves the result and one enters. */
static struct err *take_back(struct limit *l, struct slice bytes)
{
    size_t at = find(l, bytes), first = l->params->offset;
    if (at == l->count) return NULL; /* nobody knows it */
    size_t leaves = at < first ? first : at;
    if (leaves < l->count && is_visible(l, leaves)) {
        TRY(put(l, leaves, ROW_DELETE));
        bool full = l->params->count < l->count && l->count - l->params->count > first;
        if (full) TRY(put(l, first + l->params->count, ROW_INSERT));
    }
    heap_give(l->heap, l->rows[at].bytes, l->rows[at].size_bytes + 1);
    l->count--;
    memmove(&l->rows[at], &l->rows[at + 1], (l->count - at) * sizeof *l->rows);
    return NULL;
}

static struct err *run(struct limit *l, struct emit *out)
{
    const struct batch *b = l->in;
    do {
        batch_clear(l->out);
        l->out->proctime_ms = b->proctime_ms;
        uint32_t room = l->op.ctx->batch_rows > 1 ? l->op.ctx->batch_rows : 2;
        for (; l->row < b->rows && l->out->rows + 2 <= room; l->row++) {
            buf_clear(&l->scratch);
            row_encode(b, l->row, &l->scratch);
            bool adds = row_kind_adds(batch_kind(b, l->row));
            TRY(adds ? add(l, buf_slice(&l->scratch)) : take_back(l, buf_slice(&l->scratch)));
        }
        l->op.pending = l->row < b->rows;
        if (!l->op.pending) op_copy_last_marks(l->out, b);
        if (l->out->rows || l->out->mark_count) TRY(op_emit(&l->op, l->out, out));
    } while (l->op.pending && !emit_full(out));
    op_set_state_bytes(&l->op);
    return NULL;
}

static struct err *limit_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct limit *l = (struct limit *)op;
    op_count(&op->counters.rows_in, b->rows);
    if (!l->params->retract) return pass(l, b, out);
    op_count(&op->counters.contributed_rows, b->rows);
    l->in = b;
    l->row = 0;
    return run(l, out);
}

static struct err *limit_resume(struct op *op, struct emit *out)
{
    return run((struct limit *)op, out);
}

/* State "seen": u64. State "rows": key u64 place, value the row, in order. The operator runs with
 * parallelism 1, so union records do. */
static struct err *limit_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct limit *l = (struct limit *)op;
    snapshot_begin_op(w, op->ctx->uid, limit_op.state_version);
    snapshot_put_union(
        w, "seen", SLICE(""), (struct slice){(const char *)&l->seen, sizeof l->seen});
    for (size_t i = 0; i < l->count; i++) {
        uint64_t place = i;
        snapshot_put_union(w, "rows", (struct slice){(const char *)&place, sizeof place},
            (struct slice){l->rows[i].bytes, l->rows[i].size_bytes});
    }
    return NULL;
}

static struct err *limit_restore(struct op *op, const struct snapshot_reader *r)
{
    struct limit *l = (struct limit *)op;
    bool found;
    TRY(snapshot_reader_check(r, limit_op.state_version, &found));
    uint64_t cursor = 0;
    struct snapshot_record record;
    if (found && snapshot_next(r, "seen", &cursor, &record)) {
        if (record.value.n != sizeof l->seen) FAIL(ERR_CORRUPT, "a stored count is damaged");
        memcpy(&l->seen, record.value.p, sizeof l->seen);
    }
    cursor = 0;
    while (found && snapshot_next(r, "rows", &cursor, &record)) TRY(append(l, record.value));
    return NULL;
}

/* ---- parameters as text ---- */

static void limit_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)inputs, (void)output;
    const struct limit_params *p = params;
    buf_printf(out, "offset=[%" PRIu64 "]", p->offset);
    if (p->count != UINT64_MAX) buf_printf(out, ", fetch=[%" PRIu64 "]", p->count);
}

static void limit_encode(const void *params, struct buf *out)
{
    const struct limit_params *p = params;
    codec_open(out);
    codec_write_i64(out, "offset", (int64_t)p->offset);
    codec_write_i64(out, "count", p->count == UINT64_MAX ? -1 : (int64_t)p->count);
    codec_write_bool(out, "retract", p->retract);
    codec_write_bool(out, "update_before", p->generate_update_before);
    codec_close(out);
}

static struct err *limit_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    (void)a;
    struct limit_params *p = params;
    int64_t offset, count;
    if (input_count != 1 || !output || output->count != inputs[0]->count)
        FAIL(ERR_CORRUPT, "a limit has one input of the same columns");
    TRY(codec_enter(r));
    TRY(codec_read_i64(r, "offset", 0, INT64_MAX, &offset));
    TRY(codec_read_i64(r, "count", -1, INT64_MAX, &count));
    p->offset = (uint64_t)offset;
    p->count = count < 0 ? UINT64_MAX : (uint64_t)count;
    TRY(codec_read_bool(r, "retract", &p->retract));
    TRY(codec_read_bool(r, "update_before", &p->generate_update_before));
    return codec_leave(r);
}

const struct op_def limit_op = {
    .name = "Limit",
    .state_version = 1,
    .params_size_bytes = sizeof(struct limit_params),
    .passes_rows = limit_passes_rows,
    .open = limit_open,
    .on_batch = limit_on_batch,
    .resume = limit_resume,
    .snapshot = limit_snapshot,
    .restore = limit_restore,
    .close = limit_close,
    .explain = limit_explain,
    .encode = limit_encode,
    .decode = limit_decode,
};
