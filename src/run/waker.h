/* waker.h - parks one worker thread until somebody has something for it. An event count: the worker
 * announces that it will sleep, looks for work once more, then sleeps; whoever makes work
 * afterwards sees the announcement and wakes it. One owner thread; waker_notify from any thread. A
 * system call happens only when the worker really sleeps. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

struct waker {
    _Atomic uint32_t state; /* enum in waker.c */
};

void waker_notify(struct waker *w);
/* Announces sleep; the caller must look for work again before waker_sleep. */
void waker_prepare(struct waker *w);
void waker_cancel(struct waker *w); /* there was work after all */
/* Until notified or timeout_ns have passed; UINT64_MAX: no timeout. */
void waker_sleep(struct waker *w, uint64_t timeout_ns);
