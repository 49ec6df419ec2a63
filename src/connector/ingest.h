/* ingest.h - the http tables of a process: listeners shared by address, one ingest log per table
 * shared by the jobs that read it. Owned by whoever runs jobs (through struct harness); sources of
 * connector 'http' register with it when they are opened. */
#pragma once
#include "base/env.h"
#include "base/mem.h"

struct ingest;

struct ingest *ingest_new(struct env *env, struct mem_budget *budget);

/* All jobs that will read have been started: from now on POSTs are taken, and what was read may go.
 * Until then POSTs get 503, so that nobody hears of a path that is not there yet. */
void ingest_ready(struct ingest *in);
/* A job that may read and has checkpoints could not be started: what its tables hold is kept for
 * when it can, until logs are full. Before ingest_ready. */
void ingest_keep(struct ingest *in);
/* From now on POSTs get 503; logs stay readable. */
void ingest_refuse(struct ingest *in);
/* Answers what waits. After all jobs have been freed; NULL is allowed. */
void ingest_free(struct ingest *in);

/* For the lines printed at start and for /metrics; any thread. */
struct ingest_table {
    const char *table; /* short name */
    const char *url;   /* "http://127.0.0.1:8080/clicks" */
    const char *log_directory;
    const char *sample;       /* a body of made-up values that the table accepts, or "" */
    const char *content_type; /* of the sample */
    bool needs_token;
    uint64_t requests, records, bytes; /* accepted with 2xx */
    uint64_t refused;                  /* all other answers */
    uint64_t log_bytes;                /* of the bodies that are kept */
    uint64_t log_bytes_max;
    uint64_t unread_bytes; /* behind the slowest reader */
    bool log_is_full;      /* the last POST was refused because of it */
    bool log_is_unwritten; /* or because the disk is full, or the folder gone */
};
/* Texts live in `a`. */
void ingest_tables(
    const struct ingest *in, struct arena *a, struct ingest_table **tables, uint32_t *count);
/* Where each table from number `first` on listens, and a curl line that works. Gives how many there
 * are. */
uint32_t ingest_print_tables(const struct ingest *in, uint32_t first, struct buf *out);
