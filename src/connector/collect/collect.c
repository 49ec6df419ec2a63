#include "base/check.h"
#include "connector/connector.h"
#include "connector/harness.h"

/* The sink of a SELECT at the top of a script: batches go to the collector of the job's harness. */
struct collect_sink {
    struct sink base;
    struct collector *collector; /* borrowed; NULL: rows are dropped */
};

static const struct option_def options[] = {{0}};

static struct err *open_sink(const struct connector_params *p, struct sink **out)
{
    struct collect_sink *s = mem_alloc(sizeof *s);
    if (p->harness) s->collector = ((struct harness *)p->harness)->collector;
    *out = &s->base;
    return NULL;
}

static struct err *write_batch(struct sink *base, const struct batch *b)
{
    struct collect_sink *s = (struct collect_sink *)base;
    atomic_fetch_add_explicit(&base->counters.records, b->rows, memory_order_relaxed);
    return s->collector ? s->collector->on_batch(s->collector->context, b) : NULL;
}

static struct err *finish_sink(struct sink *base)
{
    struct collect_sink *s = (struct collect_sink *)base;
    if (s->collector && s->collector->on_finish) s->collector->on_finish(s->collector->context);
    return NULL;
}

static void close_sink(struct sink *s)
{
    mem_free(s);
}

extern const struct connector_def collect_connector;
const struct connector_def collect_connector = {
    .name = "collect",
    .doc = "Results of SELECT; not for tables.",
    .flags = CONNECTOR_SINK | CONNECTOR_TEST_ONLY,
    .options = options,
    .sink_open = open_sink,
    .write = write_batch,
    .finish = finish_sink,
    .sink_close = close_sink,
};
