/* harness.h - what params->harness points to: the doors through which the program itself, not the
 * world outside, gives rows to a job and takes its results. One per job; the caller owns it and
 * keeps it alive until the job's sources and sinks are closed. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct batch;
struct test_store;

/* Takes the rows of a SELECT at the top of a script (connector 'collect'). Called on the worker's
 * thread that runs the sink; the batch is borrowed for the call. An error fails the job. */
struct collector {
    struct err *(*on_batch)(void *context, const struct batch *b);
    void (*on_finish)(void *context); /* all rows have been given; may be NULL */
    void *context;
};

struct harness {
    struct test_store *store; /* connector 'test' (connector/test/test.h); NULL: no such tables */
    struct collector *collector; /* connector 'collect'; NULL: rows are dropped */
    /* A bounded query of `weir test`: its sources end with the last event fed so far. */
    bool sources_end;
};
