/* ingest_recovery.h - what is in the folder of an ingest log when it is opened: reads all of it,
 * cuts off what was never acknowledged, refuses what was damaged. */
#pragma once
#include "connector/http/ingest_segment.h"

enum { INGEST_SEGMENTS_MAX = 1 << 16 };

struct ingest_recovery {
    struct env *env;
    const char *directory;
    uint64_t capacity_bytes; /* of the last segment, if there is space */
    /* Something that the user should know, in one sentence. */
    void (*say)(void *context, const char *message);
    void *context;
    /* out; on an error the segments opened so far, for the caller to close */
    struct ingest_segment *segments; /* mem_free */
    uint32_t count;                  /* 0: the log is new */
    uint64_t end;                    /* position behind the last record */
    struct ingest_slot slot;         /* as written now */
};

MUST_USE struct err *ingest_recovery_run(struct ingest_recovery *r);
