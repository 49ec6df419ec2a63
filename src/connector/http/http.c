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
    .doc = "Events that are POSTed, kept in a log on disk until they have been read.",
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
};
