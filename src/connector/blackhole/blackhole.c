#include "connector/connector.h"

static const struct option_def options[] = {{0}};

static struct err *open_sink(const struct connector_params *p, struct sink **out)
{
    (void)p;
    *out = mem_alloc(sizeof **out);
    return NULL;
}

static struct err *write_batch(struct sink *s, const struct batch *b)
{
    atomic_fetch_add_explicit(&s->counters.records, b->rows, memory_order_relaxed);
    return NULL;
}

static struct err *finish_sink(struct sink *s)
{
    (void)s;
    return NULL;
}

static void close_sink(struct sink *s)
{
    mem_free(s);
}

extern const struct connector_def blackhole_connector;
const struct connector_def blackhole_connector = {
    .name = "blackhole",
    .doc = "Drops every row; for measuring.",
    .flags = CONNECTOR_SINK,
    .options = options,
    .sink_open = open_sink,
    .write = write_batch,
    .finish = finish_sink,
    .sink_close = close_sink,
};
