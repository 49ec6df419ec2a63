#include "run/channel.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/mem.h"
#include "run/waker.h"
#include "vec/batch.h"

enum {
    RING_SLOTS = 16, /* with 2,048 rows of 50 bytes: 1.6 MB on the way, still within L3 */
    RETURN_SLOTS = 32,
    LARGE_BYTES =
        CHANNEL_BYTES_MAX / RING_SLOTS /* less cannot add up to what makes a sender wait */
};

struct channel {
    const struct schema *schema;
    uint32_t batch_rows;
    struct mem_budget *budget;
    struct waker *sender;
    struct waker *receiver;

    _Alignas(64) _Atomic uint64_t sent; /* messages published; written by the sender */
    _Atomic uint64_t reused;            /* returned batches taken back; written by the sender */
    uint64_t sent_bytes;                /* sender's own: texts of all batches so far */
    struct message *backlog;            /* sender's own: messages past the ring's capacity */
    size_t backlog_first;
    size_t backlog_count;
    size_t backlog_capacity;

    _Alignas(64) _Atomic uint64_t received; /* written by the receiver */
    _Atomic uint64_t received_bytes;        /* written by the receiver */
    _Atomic uint64_t returned;              /* written by the receiver */

    _Alignas(64) struct message ring[RING_SLOTS];
    struct batch *returns[RETURN_SLOTS];
};

struct channel *channel_new(const struct schema *schema, uint32_t batch_rows,
    struct mem_budget *budget, struct waker *sender, struct waker *receiver)
{
    struct channel *c = mem_alloc_aligned(64, sizeof *c);
    c->schema = schema;
    c->batch_rows = batch_rows;
    c->budget = budget;
    c->sender = sender;
    c->receiver = receiver;
    return c;
}

void channel_free(struct channel *c)
{
    if (!c) return;
    struct message m;
    channel_flush(c);
    do {
        while (channel_receive(c, &m))
            if (m.kind == MESSAGE_BATCH) batch_free(m.batch);
    } while (channel_flush(c));
    for (uint64_t i = c->reused; i < c->returned; i++) batch_free(c->returns[i % RETURN_SLOTS]);
    mem_free(c->backlog);
    mem_free(c);
}

static struct batch *new_batch(struct channel *c)
{
    struct batch *b = batch_new(c->schema, c->batch_rows);
    arena_charge(b->arena, c->budget);
    return b;
}

struct batch *channel_take_batch(struct channel *c)
{
    uint64_t reused = atomic_load_explicit(&c->reused, memory_order_relaxed);
    /* Acquire pairs with the release in channel_return: the slot's content is visible. */
    if (reused == atomic_load_explicit(&c->returned, memory_order_acquire)) return new_batch(c);
    struct batch *b = c->returns[reused % RETURN_SLOTS];
    /* Release pairs with the acquire in channel_return: the slot has been read. */
    atomic_store_explicit(&c->reused, reused + 1, memory_order_release);
    batch_clear(b);
    return b;
}

static bool ring_put(struct channel *c, struct message m)
{
    uint64_t sent = atomic_load_explicit(&c->sent, memory_order_relaxed);
    /* Acquire pairs with the release in channel_receive: the slot is free again. */
    if (sent - atomic_load_explicit(&c->received, memory_order_acquire) == RING_SLOTS) return false;
    c->ring[sent % RING_SLOTS] = m;
    /* Release pairs with the acquire in channel_receive: the message and its batch are visible. */
    atomic_store_explicit(&c->sent, sent + 1, memory_order_release);
    return true;
}

static void backlog_add(struct channel *c, struct message m)
{
    if (c->backlog_first + c->backlog_count == c->backlog_capacity) {
        c->backlog_capacity = c->backlog_capacity ? c->backlog_capacity * 2 : 16;
        c->backlog = mem_realloc(c->backlog, c->backlog_capacity * sizeof *c->backlog);
    }
    c->backlog[c->backlog_first + c->backlog_count++] = m;
}

bool channel_flush(struct channel *c)
{
    bool moved = false;
    while (c->backlog_count > 0 && ring_put(c, c->backlog[c->backlog_first])) {
        c->backlog_first++;
        c->backlog_count--;
        moved = true;
    }
    if (c->backlog_count == 0) c->backlog_first = 0;
    if (moved) waker_notify(c->receiver);
    return moved;
}

void channel_send(struct channel *c, struct message m)
{
    if (m.kind == MESSAGE_BATCH) {
        m.size_bytes = arena_used_bytes(m.batch->arena);
        c->sent_bytes += m.size_bytes;
    }
    if (c->backlog_count > 0 || !ring_put(c, m)) {
        backlog_add(c, m);
        channel_flush(c);
        return;
    }
    waker_notify(c->receiver);
}

bool channel_full(const struct channel *c)
{
    /* Relaxed: an old count only makes the sender wait a little longer. */
    return c->backlog_count > 0 ||
           c->sent_bytes - atomic_load_explicit(&c->received_bytes, memory_order_relaxed) >
               CHANNEL_BYTES_MAX;
}

bool channel_empty(const struct channel *c)
{
    return atomic_load_explicit(&c->sent, memory_order_relaxed) ==
           atomic_load_explicit(&c->received, memory_order_relaxed);
}

bool channel_receive(struct channel *c, struct message *m)
{
    uint64_t received = atomic_load_explicit(&c->received, memory_order_relaxed);
    uint64_t sent = atomic_load_explicit(&c->sent, memory_order_acquire); /* pairs with ring_put */
    if (received == sent) return false;
    *m = c->ring[received % RING_SLOTS];
    atomic_store_explicit(
        &c->received, received + 1, memory_order_release); /* pairs with ring_put */
    if (m->kind == MESSAGE_BATCH)
        atomic_fetch_add_explicit(&c->received_bytes, m->size_bytes, memory_order_relaxed);
    /* The sender sleeps only when the ring was full, half empty is the moment to go on, or when
     * large texts were on their way. */
    if (sent - received == RING_SLOTS / 2 ||
        (m->kind == MESSAGE_BATCH && m->size_bytes >= LARGE_BYTES))
        waker_notify(c->sender);
    return true;
}

void channel_return(struct channel *c, struct batch *b)
{
    uint64_t returned = atomic_load_explicit(&c->returned, memory_order_relaxed);
    /* Acquire pairs with the release in channel_take_batch: the slot has been read. */
    if (returned - atomic_load_explicit(&c->reused, memory_order_acquire) == RETURN_SLOTS) {
        batch_free(b);
        return;
    }
    c->returns[returned % RETURN_SLOTS] = b;
    atomic_store_explicit(
        &c->returned, returned + 1, memory_order_release); /* channel_take_batch */
}
