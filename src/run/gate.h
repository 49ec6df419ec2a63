/* gate.h - the receiving half of an edge between tasks: merges the channels of all senders into one
 * input. The watermark is the minimum over channels that are neither idle nor ended; marks in
 * batches are rewritten to it. A channel whose barrier has come is not read until all have it. One
 * per receiving subtask and edge; used by that subtask's thread alone. */
#pragma once
#include "base/err.h"
#include "run/channel.h"

struct arena;
struct gate;

struct gate *gate_new(struct arena *a, struct channel **channels, uint32_t count); /* borrowed */

enum gate_status {
    GATE_BATCH, /* *batch is set; give it back with gate_return when it has been processed */
    GATE_TAKEN, /* a barrier or the end of a channel was read: the task may now have more to do */
    GATE_EMPTY, /* nothing to read now, or every channel with something waits at a barrier */
    GATE_END    /* every channel has ended */
};
enum gate_status gate_next(struct gate *g, struct batch **batch);
void gate_return(struct gate *g, struct batch *b);

bool gate_has_barrier(const struct gate *g); /* of one channel at least */
/* Every channel has delivered the barrier or has ended. */
bool gate_aligned(const struct gate *g);
void gate_release(struct gate *g); /* the checkpoint is taken: read on */
