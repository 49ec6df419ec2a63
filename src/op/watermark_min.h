/* watermark_min.h - event time of several inputs: the minimum over those that are not idle (Flink's
 * StatusWatermarkValve). Used by multi-input operators and by the gate of a task. One thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "vec/batch.h"

struct arena;

struct watermark_min {
    int64_t *inputs; /* last watermark of each input, WATERMARK_NONE before the first */
    bool *idle;
    uint32_t count;
    int64_t combined_ms; /* last value given out, WATERMARK_NONE before the first */
    bool all_idle;
};

void watermark_min_init(struct watermark_min *w, struct arena *a, uint32_t inputs);
/* Input `input` says watermark_ms, or WATERMARK_IDLE. True when the result changed: *out is then
 * the new minimum, or WATERMARK_IDLE when every input has become idle. An input that has ended sent
 * WATERMARK_MAX. */
bool watermark_min_update(
    struct watermark_min *w, uint32_t input, int64_t watermark_ms, int64_t *out);
/* A row from an idle input makes it active again; its old watermark counts once more. Never moves
 * the result. */
void watermark_min_active(struct watermark_min *w, uint32_t input);
