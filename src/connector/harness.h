/* harness.h - what params->harness points to: the doors through which the program itself, not the
 * world outside, gives rows to a job and takes its results. One per job; the caller owns it and
 * keeps it alive until the job's sources and sinks are closed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct batch;
struct ingest; /* connector/ingest.h */
struct test_store;
struct test_table;

/* Takes the rows of a SELECT at the top of a script (connector 'collect'). Called on the worker's
 * thread that runs the sink; the batch is borrowed for the call. An error fails the job. */
struct collector {
    struct err *(*on_batch)(void *context, const struct batch *b);
    void (*on_finish)(void *context); /* all rows have been given; may be NULL */
    void *context;
};

struct harness {
    struct ingest *ingest;    /* connector 'http'; NULL: no such tables */
    struct test_store *store; /* connector 'test' (connector/test/test.h); NULL: no such tables */
    struct collector *collector; /* connector 'collect'; NULL: rows are dropped */
    /* A bounded query of `weir test`: its sources end when they have given every event they may
     * give. Read at each poll: the owner sets it when all that was fed has been processed. */
    bool sources_end;
    /* limited: sources of this job hand out events up to this number (0: none yet), and not past
     * what the store has released. Read at each poll. The owner raises it step by step, so
     * that a job that starts late or replays sees the rows of several tables in the order in which
     * they were fed. */
    bool limited;
    uint64_t limit;
    /* Tables that end for this job, with their last event within the limit (`end`). Read at each
     * poll. */
    const struct test_table *const *ended;
    size_t ended_count;
};
