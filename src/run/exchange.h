/* exchange.h - the sending half of an edge between tasks: parts rows by key group (or sends them
 * all to one subtask, or in turn) and hands marks, barriers and the end to every receiver. One per
 * sending subtask and edge; used by that subtask's thread alone. */
#pragma once
#include "base/err.h"
#include "phys/phys.h"
#include "run/channel.h"

struct exchange;

struct exchange_params {
    const struct phys_input *edge;
    const struct schema *schema; /* of the rows that are sent */
    uint32_t sender;             /* this subtask's number */
    uint32_t receiver_count;
    uint32_t key_groups;
    struct channel **channels; /* receiver_count of them; borrowed */
};

struct exchange *exchange_new(struct arena *a, const struct exchange_params *params);
void exchange_free(struct exchange *x); /* not the channels */

/* Copies the rows of b into the open batches of their receivers; full ones are sent, and those
 * whose texts have become large. ERR_OUT_OF_MEMORY when the job's budget has no room for the texts.
 */
MUST_USE struct err *exchange_batch(struct exchange *x, const struct batch *b);
/* Sends the open batches: all of them, or only those whose receiver has nothing left to read. */
void exchange_flush(struct exchange *x, bool all);
void exchange_barrier(struct exchange *x, uint64_t checkpoint_id);
void exchange_end(struct exchange *x);
bool exchange_full(const struct exchange *x);
bool exchange_push(struct exchange *x); /* moves backlogs into the rings; true when some moved */
