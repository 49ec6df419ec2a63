/* ingest_log.h - bodies as they were posted, on disk before they are acknowledged, until every
 * reader has done with them. One thread of the log's own writes and syncs, for all that wait at
 * once; everything else may be called from any thread.
 *
 * Files: segments (ingest_segment.h), LOCK and reservations in a folder. A commit is: records
 * written, synced, slot written, requests answered. So when the process ends at any moment, what
 * was answered is there, and what is there behind the slot's position was synced or never answered.
 */
#pragma once
#include "connector/http/ingest_scan.h"

struct ingest_log;
struct ingest_cursor;

struct ingest_log_params {
    struct env *env;
    const char *directory;
    const char *owner; /* "table 'clicks'", for messages */
    uint64_t bytes_max;
    size_t body_bytes_max;  /* at most a quarter of bytes_max */
    uint64_t segment_bytes; /* 0: 64 MiB, or less with a small bytes_max */
    /* One sentence for the user; any thread. May be NULL. */
    void (*say)(void *context, const char *message);
    void *context;
};

/* Reads what is there. ERR_CORRUPT: an acknowledged record is damaged. ERR_IO names the process
 * that has the folder. */
MUST_USE struct err *ingest_log_open(
    const struct ingest_log_params *params, struct ingest_log **out);
void ingest_log_close(struct ingest_log *l); /* commits what waits; cursors are gone */

/* ---- writing ---- */

enum ingest_result {
    INGEST_STORED,
    INGEST_DISK_FULL,
    INGEST_UNWRITTEN /* the disk refused it; said */
};

/* The caller's until `done`, with the bytes of its body. */
struct ingest_append {
    struct slice body; /* not empty, at most body_bytes_max */
    uint32_t kind;
    uint32_t count;
    int64_t arrived_ms;
    /* On the log's thread. */
    void (*done)(struct ingest_append *a, enum ingest_result result);
    struct ingest_append *next; /* the log's */
};

enum ingest_queued { INGEST_QUEUED, INGEST_LOG_FULL, INGEST_LOG_REFUSES };
/* Only with INGEST_QUEUED will `done` be called. */
enum ingest_queued ingest_log_append(struct ingest_log *l, struct ingest_append *a);
/* From now on nothing is taken; what was taken is stored. */
void ingest_log_refuse(struct ingest_log *l);

/* ---- reading ---- */

/* Tells this log from others; 0 as long as nothing was ever written to it. */
uint64_t ingest_log_id(struct ingest_log *l);

/* A reader's mark: nothing from there on is trimmed. Takes over the mark that a reader of the same
 * name left; else it is at the log's beginning. wake(context) is called after each commit, on the
 * log's thread, until ingest_log_leave. */
struct ingest_cursor *ingest_log_enter(
    struct ingest_log *l, const char *name, void (*wake)(void *context), void *context);
/* Before a reader enters that goes on from checkpoints in later processes: until
 * ingest_log_release, a process without that job trims nothing (ingest_reservation.h). */
MUST_USE struct err *ingest_log_reserve(struct ingest_log *l, const char *job);
/* Its reader has finished for good. */
void ingest_log_release(struct ingest_log *l, const char *job);
/* A job that is not here had finished before. */
void ingest_log_forget(struct ingest_log *l, const char *job);
/* Moves the mark, only forwards. */
void ingest_log_hold(struct ingest_log *l, struct ingest_cursor *c, uint64_t position);
/* What is before the reader's place is only counted (unread_bytes). */
void ingest_log_seen(struct ingest_log *l, struct ingest_cursor *c, uint64_t position);
/* keep: its mark stays for a later reader of that name. */
void ingest_log_leave(struct ingest_log *l, struct ingest_cursor *c, bool keep);
uint64_t ingest_log_held(struct ingest_log *l, const struct ingest_cursor *c);

/* Nothing is trimmed before this is called once: until then readers may still be on their way. */
void ingest_log_ready(struct ingest_log *l);

/* Where records are: *first is the oldest that is still there, *end behind the last synced one. */
void ingest_log_range(struct ingest_log *l, uint64_t *first, uint64_t *end);
/* Behind the last one taken, which may still be on its way to the disk. */
uint64_t ingest_log_taken(struct ingest_log *l);

/* The record at `position`, which the caller's cursor holds; as ingest_scan_next. INGEST_BLANK: it
 * is not there yet. ERR_CORRUPT names file and byte. */
MUST_USE struct err *ingest_log_read(struct ingest_log *l, struct ingest_scan *scan,
    uint64_t position, bool keep, struct ingest_record *out, enum ingest_parse *parse);

struct ingest_log_stats {
    uint64_t disk_bytes;   /* of the files */
    uint64_t held_bytes;   /* of records that are there */
    uint64_t unread_bytes; /* behind the slowest reader */
    bool is_full;          /* the last append was refused because of it */
    bool is_unwritten;     /* the last one that was tried was not INGEST_STORED */
};
void ingest_log_stats(struct ingest_log *l, struct ingest_log_stats *out);
