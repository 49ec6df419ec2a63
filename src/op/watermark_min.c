#include "op/watermark_min.h"

#include "base/arena.h"
#include "base/check.h"

void watermark_min_init(struct watermark_min *w, struct arena *a, uint32_t inputs)
{
    ASSERT(inputs > 0);
    w->inputs = ARENA_ARRAY(a, int64_t, inputs);
    w->idle = ARENA_ARRAY(a, bool, inputs);
    for (uint32_t i = 0; i < inputs; i++) w->inputs[i] = WATERMARK_NONE;
    w->count = inputs;
    w->combined_ms = WATERMARK_NONE;
    w->all_idle = false;
}

/* The minimum over active inputs; WATERMARK_NONE when one of them has none yet, WATERMARK_IDLE when
 * no input is active. */
static int64_t minimum(const struct watermark_min *w)
{
    int64_t least = WATERMARK_IDLE;
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->idle[i]) continue;
        if (least == WATERMARK_IDLE || w->inputs[i] < least) least = w->inputs[i];
    }
    return least;
}

static bool advance(struct watermark_min *w, int64_t to_ms, int64_t *out)
{
    if (to_ms <= w->combined_ms) return false;
    w->combined_ms = to_ms;
    *out = to_ms;
    return true;
}

bool watermark_min_update(
    struct watermark_min *w, uint32_t input, int64_t watermark_ms, int64_t *out)
{
    ASSERT(input < w->count);
    if (watermark_ms == WATERMARK_IDLE) {
        if (w->idle[input]) return false;
        w->idle[input] = true;
        int64_t least = minimum(w);
        if (least != WATERMARK_IDLE) return advance(w, least, out);
        w->all_idle = true;
        *out = WATERMARK_IDLE;
        return true;
    }
    w->idle[input] = false;
    bool was_idle = w->all_idle;
    w->all_idle = false;
    if (watermark_ms > w->inputs[input]) w->inputs[input] = watermark_ms;
    if (advance(w, minimum(w), out)) return true;
    /* Out of idleness without progress: downstream learns it from the watermark it knows. */
    if (!was_idle || w->combined_ms == WATERMARK_NONE) return false;
    *out = w->combined_ms;
    return true;
}

void watermark_min_active(struct watermark_min *w, uint32_t input)
{
    w->idle[input] = false;
    w->all_idle = false;
}
