#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

struct err *thread_start(struct thread *t, const char *name, void *(*body)(void *), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&t->handle, NULL, body, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) FAIL(ERR_INTERNAL, "cannot start thread '%s': %s", name, strerror(code));
    pthread_setname_np(t->handle, name);
    return NULL;
}

void thread_join(struct thread *t)
{
    pthread_join(t->handle, NULL);
}

void thread_sleep(uint64_t ns)
{
    struct timespec left = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) continue;
}

void mutex_init(struct mutex *m)
{
    int code = pthread_mutex_init(&m->handle, NULL);
    ASSERT(code == 0);
}

void mutex_deinit(struct mutex *m)
{
    pthread_mutex_destroy(&m->handle);
}

void mutex_lock(struct mutex *m)
{
    int code = pthread_mutex_lock(&m->handle);
    ASSERT(code == 0);
}

void mutex_unlock(struct mutex *m)
{
    int code = pthread_mutex_unlock(&m->handle);
    ASSERT(code == 0);
}

void condition_init(struct condition *c)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int code = pthread_cond_init(&c->handle, &attributes);
    ASSERT(code == 0);
    pthread_condattr_destroy(&attributes);
}

void condition_deinit(struct condition *c)
{
    pthread_cond_destroy(&c->handle);
}

void condition_broadcast(struct condition *c)
{
    pthread_cond_broadcast(&c->handle);
}

void condition_wait(struct condition *c, struct mutex *m, uint64_t timeout_ns)
{
    if (timeout_ns == UINT64_MAX) {
        pthread_cond_wait(&c->handle, &m->handle);
        return;
    }
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t ns = (uint64_t)at.tv_nsec + timeout_ns % 1000000000u;
    at.tv_sec += (time_t)(timeout_ns / 1000000000u + ns / 1000000000u);
    at.tv_nsec = (long)(ns % 1000000000u);
    pthread_cond_timedwait(&c->handle, &m->handle, &at);
}
