/* virtual.h - the world a test sees: a clock that only the file moves, random numbers from a seed,
 * files as they are. */
#pragma once
#include "base/env.h"

#define SLT_START_MS INT64_C(1767225600000) /* 2026-01-01 00:00:00 UTC */

struct slt_env {
    struct env base; /* what jobs get */
    struct env_def def;
    struct env *real;
    int64_t now_ms;
    uint64_t random; /* state */
};

/* Both clocks, the wall's and the monotonic one, stand at SLT_START_MS. */
void slt_env_init(struct slt_env *e, struct env *real, uint64_t seed);
/* The next number of a stream; the same seed gives the same ones (splitmix64, S. Vigna). */
uint64_t slt_random(uint64_t *state);
