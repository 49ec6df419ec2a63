/* stopwatch.h - how long something has been so, and is. One thread turns it on and off, others read
 * it at any time: it is one word, so they never see half of a turn. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Off: twice the ns it was on, thus even. On: that less twice the ns of the start, plus one. */
struct stopwatch {
    _Atomic int64_t word;
};

/* now_ns: monotonic. */
static inline void stopwatch_turn(struct stopwatch *s, bool on, uint64_t now_ns)
{
    int64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    int64_t turn = 2 * (int64_t)now_ns - 1;
    if ((word & 1) == on) return;
    atomic_store_explicit(&s->word, on ? word - turn : word + turn, memory_order_relaxed);
}

static inline uint64_t stopwatch_ns(const struct stopwatch *s, uint64_t now_ns)
{
    int64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    int64_t ns = word & 1 ? (word - 1) / 2 + (int64_t)now_ns : word / 2;
    return ns > 0 ? (uint64_t)ns : 0; /* turned on after the caller had read the clock */
}
