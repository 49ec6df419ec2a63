#include "run/waker.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAKER_RUNNING, WAKER_PARKED };

static long futex(_Atomic uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
    return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

void waker_notify(struct waker *w)
{
    /* The fence pairs with the one in waker_prepare: either we see PARKED, or the worker's second
     * look for work sees what we published before this call. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&w->state, memory_order_relaxed) != WAKER_PARKED) return;
    if (atomic_exchange_explicit(&w->state, WAKER_RUNNING, memory_order_acq_rel) == WAKER_PARKED)
        futex(&w->state, FUTEX_WAKE, 1, NULL);
}

void waker_prepare(struct waker *w)
{
    atomic_store_explicit(&w->state, WAKER_PARKED, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with waker_notify */
}

void waker_cancel(struct waker *w)
{
    atomic_store_explicit(&w->state, WAKER_RUNNING, memory_order_relaxed);
}

void waker_sleep(struct waker *w, uint64_t timeout_ns)
{
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000u), .tv_nsec = (long)(timeout_ns % 1000000000u)};
    futex(&w->state, FUTEX_WAIT, WAKER_PARKED, timeout_ns == UINT64_MAX ? NULL : &timeout);
    waker_cancel(w);
}
