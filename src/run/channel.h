/* channel.h - a bounded queue of messages from one subtask to another: single producer, single
 * consumer, no locks. Batches travel forward and come back empty for reuse. Sending never blocks
 * and never fails: what is past the ring's capacity waits in a backlog of the sender, who is
 * expected to produce no more while channel_full() is true. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct channel;
struct mem_budget;
struct schema;
struct waker;

enum message_kind {
    MESSAGE_BATCH,   /* rows and marks */
    MESSAGE_BARRIER, /* everything before it belongs to checkpoint `checkpoint_id` */
    MESSAGE_END      /* nothing follows */
};

struct message {
    enum message_kind kind;
    struct batch *batch; /* MESSAGE_BATCH: the receiver gives it back with channel_return */
    uint64_t checkpoint_id;
    size_t size_bytes; /* of the batch's texts; the channel's own */
};

/* Texts on their way at most, before the sender is to wait. */
enum { CHANNEL_BYTES_MAX = 4 << 20 };

/* The wakers and the budget outlive the channel. Texts in its batches are charged to the budget. */
struct channel *channel_new(const struct schema *schema, uint32_t batch_rows,
    struct mem_budget *budget, struct waker *sender, struct waker *receiver);
void channel_free(struct channel *c);

/* ---- sender's thread ---- */
/* An empty batch for the next message. */
struct batch *channel_take_batch(struct channel *c);
void channel_send(struct channel *c, struct message m);
/* Moves the backlog into the ring as far as there is room. True when something moved. */
bool channel_flush(struct channel *c);
bool channel_full(const struct channel *c);  /* produce no more for now */
bool channel_empty(const struct channel *c); /* the receiver has read everything: it may starve */

/* ---- receiver's thread ---- */
bool channel_receive(struct channel *c, struct message *m); /* false: nothing there */
void channel_return(struct channel *c, struct batch *b);
