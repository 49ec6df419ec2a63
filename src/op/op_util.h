/* op_util.h - what every operator does the same way: being made, counting, stamping batches. */
#pragma once
#include <stdatomic.h>

#include "base/arena.h"
#include "connector/connector.h"
#include "op/op.h"
#include "type/timezone.h"

/* The struct whose first member is a struct op, from the task's arena. */
static inline void *op_new(struct op_ctx *ctx, const struct op_def *def, size_t size_bytes)
{
    struct op *op = arena_alloc(ctx->arena, size_bytes);
    op->def = def;
    op->ctx = ctx;
    op->timer_ms = OP_TIMER_NONE;
    atomic_store_explicit(&op->counters.watermark_ms, WATERMARK_NONE, memory_order_relaxed);
    return op;
}

/* One writer, so that plain load and store are enough. */
static inline void op_count(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + more, memory_order_relaxed);
}
static inline void op_set_watermark(struct op *op, int64_t watermark_ms)
{
    atomic_store_explicit(&op->counters.watermark_ms, watermark_ms, memory_order_relaxed);
}
/* INT64_MAX: no window holds rows. */
static inline void op_set_next_fire(struct op *op, int64_t fire_ms)
{
    fire_ms = fire_ms == INT64_MAX ? 0 : fire_ms;
    atomic_store_explicit(&op->counters.next_fire_ms, fire_ms, memory_order_relaxed);
}
static inline void op_set_state_bytes(struct op *op)
{
    size_t bytes = atomic_load_explicit(&op->ctx->budget->used_bytes, memory_order_relaxed);
    atomic_store_explicit(&op->counters.state_bytes, bytes, memory_order_relaxed);
}

/* The last event time, as a value of type `type`, that is not further ahead of processing time than
 * max_future_ms. A TIMESTAMP is local time. */
static inline int64_t op_last_event_time(const struct op_ctx *ctx, const struct type *type,
    int64_t now_ms, int64_t max_future_ms, struct time_zone_cache *cache)
{
    bool local = type->kind == TYPE_TIMESTAMP && ctx->zone;
    return (local ? timezone_to_local(ctx->zone, now_ms, cache) : now_ms) + max_future_ms;
}

/* op_def.passes_rows of those that always do. */
static inline bool op_always_passes(const void *params)
{
    (void)params;
    return true;
}

/* Emits and counts. */
MUST_USE static inline struct err *op_emit(struct op *op, struct batch *b, struct emit *out)
{
    op_count(&op->counters.rows_out, b->rows);
    for (uint32_t i = 0; i < b->mark_count; i++) {
        if (b->marks[i].watermark_ms != WATERMARK_IDLE)
            op_set_watermark(op, b->marks[i].watermark_ms);
    }
    return emit_batch(out, b);
}

/* The last watermark of `from`, after all rows of `to`; and that it is idle if it ends with that:
 * rows after it would have made it active again. For operators whose output of a batch is one step.
 */
static inline void op_copy_last_marks(struct batch *to, const struct batch *from)
{
    for (uint32_t i = from->mark_count; i > 0; i--) {
        if (from->marks[i - 1].watermark_ms == WATERMARK_IDLE) continue;
        batch_add_mark(to, from->marks[i - 1].watermark_ms);
        break;
    }
    const struct mark *last = from->mark_count ? &from->marks[from->mark_count - 1] : NULL;
    if (last && last->watermark_ms == WATERMARK_IDLE && last->rows == from->rows)
        batch_add_mark(to, WATERMARK_IDLE);
}

/* A batch that has the same rows as `from` but marks and maybe a schema of its own: `to` was made
 * with batch_new and is cleared by the next call. */
static inline void op_borrow_rows(struct batch *to, const struct batch *from)
{
    batch_clear(to);
    for (uint32_t i = 0; i < to->schema->count; i++) to->columns[i] = from->columns[i];
    to->rows = from->rows;
    to->insert_only = from->insert_only;
    if (!from->insert_only) memcpy(to->kinds, from->kinds, from->rows);
    to->proctime_ms = from->proctime_ms;
    to->origin = from->origin;
    to->first_position = from->first_position;
}
