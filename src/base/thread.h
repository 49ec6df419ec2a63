/* thread.h - thin wrappers over POSIX threads. Only base/, http/, run/, server/, cli/ and
 * the ingest log of connector/http use them. */
#pragma once
#include <pthread.h>
#include <stdint.h>

#include "base/err.h"

struct thread {
    pthread_t handle;
};
struct mutex {
    pthread_mutex_t handle;
};
struct condition {
    pthread_cond_t handle; /* waits by the monotonic clock */
};

/* name: at most 15 bytes, shown by ps and gdb. Signals stay with the calling thread. */
MUST_USE struct err *thread_start(
    struct thread *t, const char *name, void *(*body)(void *), void *argument);
void thread_join(struct thread *t);

/* By real time, whatever the clock of env does; where there is nobody to wait for. */
void thread_sleep(uint64_t ns);

void mutex_init(struct mutex *m);
void mutex_deinit(struct mutex *m);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

void condition_init(struct condition *c);
void condition_deinit(struct condition *c);
void condition_broadcast(struct condition *c);
/* Spurious wake-ups happen. timeout_ns is relative; UINT64_MAX: none. */
void condition_wait(struct condition *c, struct mutex *m, uint64_t timeout_ns);
