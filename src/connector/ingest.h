/* ingest.h - the http tables of a process: listeners shared by address, one ingest log per table
 * shared by the jobs that read it. Owned by whoever runs jobs (through struct harness); sources of
 * connector 'http' register with it when they are opened. */
#pragma once
#include "base/env.h"
#include "base/mem.h"

struct ingest;

struct ingest *ingest_new(struct env *env, struct mem_budget *budget);

/* From now on POSTs get 503; logs stay readable. */
void ingest_refuse(struct ingest *in);
/* After all jobs have been freed. */
void ingest_free(struct ingest *in);

/* For the lines printed at start and for /metrics; any thread. */
struct ingest_table {
    const char *table; /* short name */
    const char *url;   /* "http://127.0.0.1:8080/clicks" */
    const char *log_directory;
    const char *sample; /* a body of made-up values that the table accepts, or "" */
    bool needs_token;
    uint64_t requests, records, bytes; /* accepted with 2xx */
    uint64_t refused;                  /* all other answers */
    uint64_t log_bytes;                /* on disk now */
    uint64_t log_bytes_max;
    uint64_t unread_bytes; /* behind the slowest reader */
};
/* Texts live in `a`. */
void ingest_tables(
    const struct ingest *in, struct arena *a, struct ingest_table **tables, uint32_t *count);
