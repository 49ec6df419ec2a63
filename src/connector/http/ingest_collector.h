/* ingest_collector.h - one http table of the process: takes bodies from its listener into its log,
 * for all sources that read it. */
#pragma once
#include "connector/connector.h"
#include "connector/http/ingest_body.h"
#include "connector/http/ingest_log.h"
#include "connector/ingest.h"

struct ingest_collector;
struct http_server;

/* A table as its options say, before anything is opened. Texts live in `a`. */
struct ingest_options {
    const char *table; /* short name */
    const char *format;
    const char *listen;
    bool listen_given;
    const char *path;
    const char *directory;
    const char *token; /* NULL: none */
    bool insecure;
    bool validate;
    uint64_t log_bytes_max;
    size_t body_bytes_max;
};
extern const struct option_def ingest_collector_options[];
/* Checks combinations too. */
MUST_USE struct err *ingest_collector_read_options(
    const struct connector_params *p, struct arena *a, struct ingest_options *out);

/* Opens the log. What it needs of params is copied. `say`: as in ingest_log_params. */
MUST_USE struct err *ingest_collector_open(const struct connector_params *p,
    const struct ingest_options *options, void (*say)(void *context, const char *message),
    void *context, struct ingest_collector **out);
/* Routes POSTs of a server to it; the server must outlive it. */
MUST_USE struct err *ingest_collector_listen(
    struct ingest_collector *c, struct http_server *server);
/* No POST is under way or will come. */
void ingest_collector_deafen(struct ingest_collector *c);
/* After deafen: stores what waits, answers it, and closes the log. */
void ingest_collector_close(struct ingest_collector *c);

const struct ingest_options *ingest_collector_settings(const struct ingest_collector *c);
struct ingest_log *ingest_collector_log(const struct ingest_collector *c);
void ingest_collector_figures(
    const struct ingest_collector *c, struct arena *a, struct ingest_table *out);

/* ---- ingest.c, for sources ---- */
/* The collector of this table, opened if it is new to the process. It lives as long as `in`. */
MUST_USE struct err *ingest_collector_find(
    struct ingest *in, const struct connector_params *p, struct ingest_collector **out);
/* The table's log, open or not, is no longer reserved for this job. */
void ingest_collector_forget(struct ingest *in, const struct connector_params *p);
