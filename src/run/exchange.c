#include "run/exchange.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "vec/key.h"

/* Texts of an open batch; past it the batch goes out however few its rows are. */
enum { BATCH_BYTES_MAX = 1 << 20 };

struct exchange {
    struct exchange_params params;
    struct key_codec *codec; /* PHYS_HASH */
    struct keys keys;
    uint32_t turn;        /* PHYS_REBALANCE: the next receiver */
    struct batch **open;  /* per receiver; NULL when nothing waits */
    uint32_t **rows;      /* per receiver: row numbers of the batch at hand, BATCH_ROWS_MAX each */
    uint32_t *row_counts; /* per receiver */
};

struct exchange *exchange_new(struct arena *a, const struct exchange_params *params)
{
    struct exchange *x = ARENA_NEW(a, struct exchange);
    x->params = *params;
    uint32_t n = params->receiver_count;
    x->open = ARENA_ARRAY(a, struct batch *, n);
    x->rows = ARENA_ARRAY(a, uint32_t *, n);
    x->row_counts = ARENA_ARRAY(a, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) x->rows[i] = ARENA_ARRAY(a, uint32_t, BATCH_ROWS_MAX);
    keys_init(&x->keys);
    if (params->edge->exchange == PHYS_HASH)
        x->codec = key_codec_new(a, params->schema, params->edge->keys, params->edge->key_count);
    return x;
}

void exchange_free(struct exchange *x)
{
    for (uint32_t i = 0; i < x->params.receiver_count; i++) batch_free(x->open[i]);
    keys_deinit(&x->keys);
}

static void send_open(struct exchange *x, uint32_t receiver)
{
    if (!x->open[receiver]) return;
    channel_send(x->params.channels[receiver],
        (struct message){.kind = MESSAGE_BATCH, .batch = x->open[receiver]});
    x->open[receiver] = NULL;
}

static struct batch *open_batch(struct exchange *x, uint32_t receiver, const struct batch *from)
{
    if (!x->open[receiver]) {
        x->open[receiver] = channel_take_batch(x->params.channels[receiver]);
        x->open[receiver]->proctime_ms = from->proctime_ms;
    }
    return x->open[receiver];
}

static struct err *append_rows(struct exchange *x, uint32_t receiver, const struct batch *from,
    const uint32_t *rows, uint32_t n)
{
    while (n > 0) {
        struct batch *to = open_batch(x, receiver, from);
        uint32_t room = to->capacity - to->rows, part = n < room ? n : room;
        batch_append(to, from, rows, part);
        TRY(arena_check(to->arena));
        rows += part;
        n -= part;
        if (to->rows == to->capacity || arena_used_bytes(to->arena) > BATCH_BYTES_MAX)
            send_open(x, receiver);
    }
    return NULL;
}

/* Splits rows first .. end - 1 into the receivers' row lists. */
static void part_rows(struct exchange *x, uint32_t first, uint32_t end)
{
    uint32_t n = x->params.receiver_count, groups = x->params.key_groups;
    for (uint32_t i = 0; i < n; i++) x->row_counts[i] = 0;
    uint32_t only = UINT32_MAX;
    switch (x->params.edge->exchange) {
    case PHYS_HASH:
        for (uint32_t row = first; row < end; row++) {
            uint32_t to = key_group_owner(key_group_of(x->keys.hashes[row], groups), groups, n);
            x->rows[to][x->row_counts[to]++] = row;
        }
        return;
    case PHYS_SINGLETON: only = 0; break;
    case PHYS_FORWARD: only = x->params.sender % n; break;
    case PHYS_REBALANCE: only = x->turn; break;
    }
    for (uint32_t row = first; row < end; row++) x->rows[only][x->row_counts[only]++] = row;
}

static struct err *send_rows(
    struct exchange *x, const struct batch *b, uint32_t first, uint32_t end)
{
    if (first == end) return NULL;
    part_rows(x, first, end);
    for (uint32_t i = 0; i < x->params.receiver_count; i++)
        TRY(append_rows(x, i, b, x->rows[i], x->row_counts[i]));
    return NULL;
}

struct err *exchange_batch(struct exchange *x, const struct batch *b)
{
    if (x->codec && b->rows > 0) keys_encode(&x->keys, x->codec, b);
    uint32_t first = 0;
    for (uint32_t m = 0; m < b->mark_count; m++) {
        TRY(send_rows(x, b, first, b->marks[m].rows));
        first = b->marks[m].rows;
        for (uint32_t i = 0; i < x->params.receiver_count; i++)
            batch_add_mark(open_batch(x, i, b), b->marks[m].watermark_ms);
    }
    TRY(send_rows(x, b, first, b->rows));
    x->turn = (x->turn + 1) % x->params.receiver_count;
    return NULL;
}

void exchange_flush(struct exchange *x, bool all)
{
    for (uint32_t i = 0; i < x->params.receiver_count; i++)
        if (all || channel_empty(x->params.channels[i])) send_open(x, i);
}

void exchange_barrier(struct exchange *x, uint64_t checkpoint_id)
{
    exchange_flush(x, true);
    for (uint32_t i = 0; i < x->params.receiver_count; i++)
        channel_send(x->params.channels[i],
            (struct message){.kind = MESSAGE_BARRIER, .checkpoint_id = checkpoint_id});
}

void exchange_end(struct exchange *x)
{
    exchange_flush(x, true);
    for (uint32_t i = 0; i < x->params.receiver_count; i++)
        channel_send(x->params.channels[i], (struct message){.kind = MESSAGE_END});
}

bool exchange_full(const struct exchange *x)
{
    for (uint32_t i = 0; i < x->params.receiver_count; i++)
        if (channel_full(x->params.channels[i])) return true;
    return false;
}

bool exchange_push(struct exchange *x)
{
    bool moved = false;
    for (uint32_t i = 0; i < x->params.receiver_count; i++)
        if (channel_flush(x->params.channels[i])) moved = true;
    return moved;
}
