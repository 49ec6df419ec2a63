#include "run/gate.h"

#include "base/arena.h"
#include "base/check.h"
#include "op/watermark_min.h"
#include "vec/batch.h"

struct input_channel {
    struct channel *channel;
    bool blocked; /* its barrier has come */
    bool ended;
};

struct gate {
    struct input_channel *channels;
    uint32_t count;
    uint32_t next;    /* channels are read in turn */
    uint32_t current; /* the channel of the batch given out */
    uint32_t blocked_count;
    uint32_t ended_count;
    bool end_told;
    struct watermark_min watermark;
};

struct gate *gate_new(struct arena *a, struct channel **channels, uint32_t count)
{
    struct gate *g = ARENA_NEW(a, struct gate);
    g->count = count;
    g->channels = ARENA_ARRAY(a, struct input_channel, count);
    for (uint32_t i = 0; i < count; i++) g->channels[i].channel = channels[i];
    watermark_min_init(&g->watermark, a, count);
    return g;
}

/* Each channel's own marks become marks of the combined watermark; those that change nothing go. */
static void combine_marks(struct gate *g, uint32_t channel, struct batch *b)
{
    if (b->rows > 0) watermark_min_active(&g->watermark, channel);
    uint32_t kept = 0;
    bool rows_follow = b->mark_count > 0 && b->marks[b->mark_count - 1].rows < b->rows;
    for (uint32_t i = 0; i < b->mark_count; i++) {
        int64_t combined_ms;
        if (watermark_min_update(&g->watermark, channel, b->marks[i].watermark_ms, &combined_ms))
            b->marks[kept++] = (struct mark){b->marks[i].rows, combined_ms};
    }
    b->mark_count = kept;
    if (rows_follow) watermark_min_active(&g->watermark, channel);
}

/* True when *batch is set. */
static bool read_channel(struct gate *g, uint32_t index, struct batch **batch)
{
    struct input_channel *in = &g->channels[index];
    struct message m;
    if (in->blocked || in->ended || !channel_receive(in->channel, &m)) return false;
    switch (m.kind) {
    case MESSAGE_BATCH:
        combine_marks(g, index, m.batch);
        g->current = index;
        *batch = m.batch;
        return true;
    case MESSAGE_BARRIER:
        in->blocked = true;
        g->blocked_count++;
        return false;
    case MESSAGE_END:
        in->ended = true;
        g->ended_count++;
        return false;
    }
    UNREACHABLE();
}

enum gate_status gate_next(struct gate *g, struct batch **batch)
{
    uint32_t taken = g->blocked_count + g->ended_count;
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t index = (g->next + i) % g->count;
        if (!read_channel(g, index, batch)) continue;
        g->next = (index + 1) % g->count;
        return GATE_BATCH;
    }
    if (g->ended_count == g->count && !g->end_told) {
        g->end_told = true;
        return GATE_END;
    }
    return g->blocked_count + g->ended_count > taken ? GATE_TAKEN : GATE_EMPTY;
}

void gate_return(struct gate *g, struct batch *b)
{
    channel_return(g->channels[g->current].channel, b);
}

bool gate_has_barrier(const struct gate *g)
{
    return g->blocked_count > 0;
}

bool gate_aligned(const struct gate *g)
{
    return g->blocked_count + g->ended_count == g->count;
}

void gate_release(struct gate *g)
{
    for (uint32_t i = 0; i < g->count; i++) g->channels[i].blocked = false;
    g->blocked_count = 0;
}
