#include "op/explain.h"

#include <inttypes.h>

static struct slice column_name(const struct schema *s, uint32_t column)
{
    return column < s->count ? s->fields[column].name : SLICE("?");
}

void explain_columns(
    const struct schema *s, const uint32_t *columns, uint32_t count, struct buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_add_cstr(out, ", ");
        buf_add_slice(out, column_name(s, columns[i]));
    }
}

void explain_fields(const struct schema *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (i) buf_add_cstr(out, ", ");
        buf_add_slice(out, s->fields[i].name);
    }
}

void explain_keys(const struct schema *s, const uint32_t *columns, uint32_t count, struct buf *out)
{
    if (count == 0) return;
    buf_add_cstr(out, "groupBy=[");
    explain_columns(s, columns, count, out);
    buf_add_cstr(out, "], ");
}

void explain_agg(
    const struct agg_spec *spec, const struct schema *input, struct slice name, struct buf *out)
{
    buf_add_cstr(out, spec->call.def->name);
    if (spec->call.retract) buf_add_cstr(out, "_RETRACT");
    buf_add_cstr(out, spec->distinct ? "(DISTINCT " : "(");
    if (spec->call.arg_count == 0) buf_add_char(out, '*');
    explain_columns(input, spec->args, spec->call.arg_count, out);
    buf_add_char(out, ')');
    if (spec->filter_column >= 0) {
        buf_add_cstr(out, " FILTER ");
        buf_add_slice(out, column_name(input, (uint32_t)spec->filter_column));
    }
    if (name.n == 0) return;
    buf_add_cstr(out, " AS ");
    buf_add_slice(out, name);
}

/* Flink's TimeUtils.formatWithHighestUnit: "1 min", "90 s", "500 ms". */
static void add_duration(int64_t ms, struct buf *out)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ms % units[i].ms) continue;
        buf_printf(out, "%" PRId64 " %s", ms / units[i].ms, units[i].name);
        return;
    }
}

static void add_attribute(const char *name, int64_t ms, struct buf *out)
{
    buf_printf(out, ", %s=[", name);
    add_duration(ms, out);
    buf_add_char(out, ']');
}

static void add_time(const struct window_spec *w, const struct schema *input, struct buf *out)
{
    if (w->kind == WINDOW_ATTACHED) {
        buf_add_cstr(out, "win_start=[");
        buf_add_slice(out, column_name(input, (uint32_t)w->start_column));
        buf_add_cstr(out, "], win_end=[");
        buf_add_slice(out, column_name(input, (uint32_t)w->end_column));
    } else {
        buf_add_cstr(out, "time_col=[");
        buf_add_slice(out,
            w->time_column >= 0 ? column_name(input, (uint32_t)w->time_column) : SLICE("proctime"));
    }
    buf_add_char(out, ']');
}

void explain_window(const struct window_spec *w, const struct schema *input, struct buf *out)
{
    static const char *const names[] = {
        [WINDOW_TUMBLE] = "TUMBLE(",
        [WINDOW_HOP] = "HOP(",
        [WINDOW_CUMULATE] = "CUMULATE(",
        [WINDOW_ATTACHED] = "WINDOW(",
    };
    buf_add_cstr(out, names[w->kind]);
    add_time(w, input, out);
    switch (w->kind) {
    case WINDOW_TUMBLE: add_attribute("size", w->size_ms, out); break;
    case WINDOW_HOP:
        add_attribute("size", w->size_ms, out);
        add_attribute("slide", w->slide_ms, out);
        break;
    case WINDOW_CUMULATE:
        add_attribute("max_size", w->size_ms, out);
        add_attribute("step", w->slide_ms, out);
        break;
    case WINDOW_ATTACHED: break;
    }
    if (w->offset_ms) add_attribute("offset", w->offset_ms, out);
    buf_add_char(out, ')');
}
