#include "cli/status.h"

#include <string.h>

#include "base/human.h"
#include "cli/report.h"
#include "connector/connector.h"
#include "op/sink/sink.h"
#include "op/source/source.h"
#include "run/job.h"
#include "type/datetime.h"

/* Rates are averaged over at least this long, so that they can be read. */
enum { RATE_NS_MIN = 500000000 };
#define WATERMARK_SHOWN_MAX INT64_C(253402300800000) /* year 10000; the end of input is beyond */

static const char *source_name(const struct phys_node *n)
{
    if (n->op != &source_op) return n->op->name;
    return connector_short_name(((const struct source_params *)n->params)->table.name);
}

static const char *sink_name(const struct phys_node *n)
{
    if (n->op != &sink_op) return n->op->name;
    return connector_short_name(((const struct sink_params *)n->params)->table.name);
}

/* Why nothing seems to happen, from the outside in: no input, no room, or no event time. */
static const char *reason(const struct status *s, const struct job *j,
    const struct job_stats *stats, const struct phys_graph *g, struct arena *a)
{
    struct job_checkpoint_stats checkpoints;
    job_checkpoint_stats(j, &checkpoints);
    if (checkpoints.sources_paused) return "space: the disk of its checkpoints is full";
    for (uint32_t i = 0; i < g->node_count; i++)
        if (stats->nodes[i].disk_full_ms)
            return str_fmt(a, "space on the full disk of %s", sink_name(&g->nodes[i]));
    if (stats->tasks_waiting_output > 0) return "a sink that takes no more";
    if (s->in_per_second > 0) return NULL;
    for (uint32_t i = 0; i < g->node_count; i++)
        if (stats->nodes[i].is_source) return str_fmt(a, "rows of %s", source_name(&g->nodes[i]));
    return NULL;
}

static void add_up(struct status *s, const struct job_stats *stats)
{
    s->rows_in = s->rows_out = s->late_rows = s->bad_records = 0;
    s->watermark_ms = INT64_MAX;
    s->disk_full = false;
    for (uint32_t i = 0; i < stats->node_count; i++) {
        const struct job_node_stats *n = &stats->nodes[i];
        if (n->is_source) s->rows_in += n->rows_out;
        s->disk_full |= n->disk_full_ms != 0;
        if (n->is_sink && !n->is_side) s->rows_out += n->rows_in;
        s->late_rows += n->late_rows;
        s->bad_records += n->bad_records;
        if (n->watermark_ms != WATERMARK_NONE && n->watermark_ms < s->watermark_ms)
            s->watermark_ms = n->watermark_ms;
    }
    if (s->watermark_ms == INT64_MAX) s->watermark_ms = WATERMARK_NONE;
}

void status_look(struct status *s, const struct job *j, const struct phys_graph *g, uint64_t now_ns,
    struct arena *a)
{
    struct job_stats stats;
    uint64_t rows_in = s->rows_in, rows_out = s->rows_out;
    job_stats(j, a, &stats);
    add_up(s, &stats);
    if (now_ns - s->looked_ns >= RATE_NS_MIN) {
        double seconds = (double)(now_ns - s->looked_ns) / 1e9;
        s->in_per_second = (double)(s->rows_in - s->seen_in) / seconds;
        s->out_per_second = (double)(s->rows_out - s->seen_out) / seconds;
        s->seen_in = s->rows_in;
        s->seen_out = s->rows_out;
        s->looked_ns = now_ns;
    }
    bool moved = rows_in != s->rows_in || rows_out != s->rows_out;
    s->waits_for = moved ? NULL : reason(s, j, &stats, g, a);
    s->elapsed_ns = now_ns - s->started_ns;
}

void status_print(const struct status *s, bool shows_rows, struct buf *out)
{
    char a[HUMAN_CHARS], b[HUMAN_CHARS];
    buf_printf(out, "in %s/s (%s)", human_count((uint64_t)(s->in_per_second + 0.5), a),
        human_count(s->rows_in, b));
    if (!shows_rows)
        buf_printf(out, "  out %s/s (%s)", human_count((uint64_t)(s->out_per_second + 0.5), a),
            human_count(s->rows_out, b));
    if (s->late_rows > 0) buf_printf(out, "  late %s", human_count(s->late_rows, a));
    if (s->bad_records > 0) buf_printf(out, "  bad %s", human_count(s->bad_records, a));
    if (s->watermark_ms != WATERMARK_NONE && s->watermark_ms < WATERMARK_SHOWN_MAX) {
        char text[DATETIME_CHARS_MAX];
        struct timestamp t = {.ms = s->watermark_ms};
        buf_printf(out, "  watermark %.*s", (int)datetime_format_timestamp(text, t, 0), text);
    }
    if (s->waits_for) buf_printf(out, "  waits for %s", s->waits_for);
}

void status_summary(const struct status *s, struct buf *out)
{
    char a[HUMAN_CHARS];
    buf_printf(out, "%s row%s in", human_count(s->rows_in, a), s->rows_in == 1 ? "" : "s");
    buf_printf(out, ", %s out", human_count(s->rows_out, a));
    buf_printf(out, ", %s late", human_count(s->late_rows, a));
    buf_printf(out, ", %s bad", human_count(s->bad_records, a));
    buf_printf(out, ", %s", human_duration((int64_t)(s->elapsed_ns / 1000000), a));
    double seconds = (double)s->elapsed_ns / 1e9;
    if (seconds > 0.2)
        buf_printf(out, " (%s/s)", human_count((uint64_t)((double)s->rows_in / seconds), a));
}
