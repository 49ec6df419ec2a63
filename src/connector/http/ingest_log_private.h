/* ingest_log_private.h - what the files of an ingest log share: ingest_log.c opens it, appends to
 * it and reads it, ingest_log_marks.c knows who has read how far, ingest_log_commit.c is its
 * thread. */
#pragma once
#include "base/thread.h"
#include "connector/http/ingest_log.h"
#include "connector/http/ingest_reservation.h"

struct ingest_cursor {
    char *name;
    uint64_t hold;
    uint64_t seen;
    bool left; /* by its reader */
    void (*wake)(void *context);
    void *context;
    struct ingest_cursor *next;
};

/* What fails again and again is said once, until it succeeds. */
struct ingest_trouble {
    bool said;
    enum err_code code;
};

struct ingest_log {
    struct ingest_log_params params; /* texts are the log's own */
    struct env_file *lock;
    uint64_t lock_identity; /* nobody else's as long as `lock` is open */
    struct thread thread;
    bool has_thread;
    struct mutex mutex;
    struct condition changed; /* something for the thread to do */

    /* Under the mutex. Segments are removed and added by the thread alone. */
    struct ingest_segment *segments;
    uint32_t segment_count;
    uint64_t begin;  /* nobody needs what is before */
    uint64_t end;    /* synced */
    uint64_t queued; /* end, and the records that wait */
    struct ingest_append *first, **last;
    struct ingest_cursor *cursors;
    bool ready, moved, closing, refuses, is_full, is_unwritten;
    struct ingest_reservations reservations;

    uint64_t id; /* 0: nothing was ever written; changed by the thread alone */

    /* The thread's own. */
    uint64_t segment_bytes;  /* for records */
    struct ingest_slot slot; /* as written last */
    bool slot_is_synced;     /* else the other page alone is on disk for certain */
    char *buffer;
    size_t buffer_bytes;
    bool torn; /* a write failed: behind the end there may be records that were refused */
    struct ingest_trouble commits, slots, trims;
};

/* ingest_log.c */
void ingest_log__say(const struct ingest_log *l, const char *text);

/* ingest_log_marks.c */
/* Under the mutex: nobody needs what is before it. */
uint64_t ingest_log__needed_from(const struct ingest_log *l);
void ingest_log__free_marks(struct ingest_log *l);

/* ingest_log_commit.c */
void *ingest_log__run(void *log); /* the thread */
/* Before it runs: removes what an earlier process had noted that nobody needs. */
void ingest_log__finish_trim(struct ingest_log *l);
