/* ingest_reservation.h - for whom a log is kept: jobs that go on from checkpoints in later
 * processes. Each has a file RESERVED-HASH in the log's folder, which holds its name, until it has
 * finished for good. As long as one of them is not in this process, nothing is trimmed.
 *
 * The owner's lock guards it. */
#pragma once
#include "base/env.h"

struct ingest_reservation {
    uint64_t hash;    /* of the name, and in the file's */
    char *job;        /* NULL: what the file says is not what its name says */
    uint32_t holders; /* readers of this process */
    struct ingest_reservation *next;
};

struct ingest_reservations {
    struct env *env;
    const char *directory;
    struct ingest_reservation *first;
};

/* Those of the folder; env and directory are set. */
MUST_USE struct err *ingest_reservations_load(struct ingest_reservations *r);
void ingest_reservations_free(struct ingest_reservations *r); /* files stay */
MUST_USE struct err *ingest_reservation_add(struct ingest_reservations *r, const char *job);
/* One holder less; the last one takes the file away. */
void ingest_reservation_drop(struct ingest_reservations *r, const char *job);
/* Of a job that is not here: takes the file away, read by ingest_reservations_load or not. */
void ingest_reservation_forget(struct ingest_reservations *r, const char *job);
/* One whose job is not here; NULL: there is none. */
const struct ingest_reservation *ingest_reservation_absent(const struct ingest_reservations *r);
/* Where its file is. */
char *ingest_reservation_path(const struct ingest_reservations *r, struct arena *a, uint64_t hash);
