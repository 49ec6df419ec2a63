#include "base/arena.h"
#include "connector/http/http_source.h"
#include "connector/http/ingest_collector.h"

static struct err *validate(const struct connector_params *p)
{
    struct ingest_options options;
    struct arena *a = arena_new(1024);
    struct err *e = ingest_collector_read_options(p, a, &options);
    arena_free(a);
    if (!e && p->partition_key_count > 0)
        e = ERR(ERR_INVALID_DEFINITION, "an http table has no PARTITIONED BY");
    return e;
}

/* Another 'log.dir' is found out by the log's name, which positions have. */
static const char *const run_options[] = {"listen", "path", "log.dir", "log.max-bytes",
    "max-body-bytes", "token", "insecure", "validate", NULL};

extern const struct connector_def http_connector;
const struct connector_def http_connector = {
    .name = "http",
    .doc = "Events that are POSTed: JSON objects and arrays, NDJSON, CSV, or with 'raw' the whole "
           "body. 200 and {\"stored\":N,\"validated\":false} mean that N records are on disk, "
           "synced, in the table's log; every job that reads the table reads that log, with a "
           "cursor of its own, and finds the bad ones among them. \"validated\":true: with "
           "'validate' all could be decoded.\n"
           "Nothing was kept, post it again after Retry-After: 429 (the log is full), 507 (the "
           "disk is full), 503 (the job is stopping), or faster: 408. Do not repeat: 400 (with "
           "'validate': which line, field, and why), 401 (token), 413 (body too large), 415 (the "
           "Content-Type is of another format), 421 (foreign Host). 404 lists the paths. Without "
           "an answer nobody knows: the body was kept whole or not at all.\n"
           "A bad record does not fail the job: it is counted and, with 'errors.table', written "
           "there.",
    .flags =
        CONNECTOR_SOURCE | CONNECTOR_FORMAT | CONNECTOR_WATERMARK_PUSH_DOWN | CONNECTOR_NEEDS_TIME,
    .options = ingest_collector_options,
    .run_options = run_options,
    .validate = validate,
    .source_open = http_source_open,
    .poll = http_source_poll,
    .source_snapshot = http_source_snapshot,
    .source_restore = http_source_restore,
    .source_checkpoint_complete = http_source_checkpoint_complete,
    .source_drain = http_source_drain,
    .source_close = http_source_close,
    .source_finished = http_source_finished,
};
