#include "connector/connector.h"

#include "base/arena.h"
#include "base/check.h"

/* The list is made by meson.build, one word a connector. */
#define X(name) extern const struct connector_def name##_connector;
#include "connector_list.inc"
#undef X

static const struct connector_def *const connectors[] = {
#define X(name) &name##_connector,
#include "connector_list.inc"
#undef X
};
enum { CONNECTOR_COUNT = sizeof connectors / sizeof connectors[0] };

static const struct option_def common_options[] = {
    {"connector", OPTION_STRING, NULL, true, NULL, "Which connector reads or writes the table."},
    {"property-version", OPTION_INT, "1", false, "1..1", "Accepted."},
    {"scan.parallelism", OPTION_INT, NULL, false, "1..4096", "Workers that read the table."},
    {"sink.parallelism", OPTION_INT, NULL, false, "1..4096", "Workers that write the table."},
    {"scan.watermark.emit.strategy", OPTION_ENUM, "on-periodic", false, "on-periodic|on-event",
        "When watermarks are emitted."},
    {"scan.watermark.emit.on-event.gap", OPTION_INT, "1", false, "1..",
        "Rows between watermarks with on-event."},
    {"scan.watermark.idle-timeout", OPTION_DURATION, NULL, false, NULL,
        "A split without rows for so long no longer holds back watermarks."},
    {"scan.watermark.max-future", OPTION_DURATION, "0 ms", false, NULL,
        "A row further ahead of processing time does not advance the watermark; 0: off."},
    {"late.table", OPTION_STRING, NULL, false, NULL,
        "Name of a table that gets the rows of this one that an INSERT drops as late, by column "
        "name. If it has columns late_operator STRING and late_watermark TIMESTAMP_LTZ(3), they "
        "say which operator dropped the row, and how far its event time had come. Some INSERT of "
        "the script has to have a window that can drop them."},
    {"errors.table", OPTION_STRING, NULL, false, NULL,
        "Name of a table that gets the records that cannot be read, which then do not fail the "
        "job. It has any of these columns: error_time TIMESTAMP_LTZ(3), source STRING, `position` "
        "STRING, field STRING, reason STRING, payload BYTES."},
    {"scan.watermark.alignment.group", OPTION_STRING, NULL, false, NULL,
        "Tables whose watermarks are kept close together."},
    {"scan.watermark.alignment.max-drift", OPTION_DURATION, NULL, false, NULL,
        "How far a table of the group may be ahead."},
    {"scan.watermark.alignment.update-interval", OPTION_DURATION, "1 s", false, NULL,
        "How often the group is looked at."},
    {0}};
/* Added where the connector takes a format. */
static const struct option_def format_options[] = {
    {"format", OPTION_STRING, NULL, false, NULL, "How a record is written as bytes."},
    {"value.format", OPTION_STRING, NULL, false, NULL, "The same as format."}, {0}};

const struct connector_def *connector_find(struct slice name)
{
    for (size_t i = 0; i < CONNECTOR_COUNT; i++)
        if (slice_eq(name, slice_of(connectors[i]->name))) return connectors[i];
    return NULL;
}

const struct connector_def *const *connector_all(size_t *count)
{
    *count = CONNECTOR_COUNT;
    return connectors;
}

const struct option_def *connector_common_options(void)
{
    return common_options;
}

struct err *connector_resolve(
    const struct options *o, bool for_test, const struct connector_def **out)
{
    struct slice name;
    if (!option_find(o, "connector", &name))
        return err_hint(ERR(ERR_INVALID_OPTION, "the table has no option 'connector'"),
            "Add 'connector' = '...' to its WITH clause.");
    const struct connector_def *def = connector_find(name);
    if (def && (for_test || !(def->flags & CONNECTOR_TEST_ONLY))) {
        *out = def;
        return NULL;
    }
    const char *names[CONNECTOR_COUNT];
    size_t count = 0;
    struct buf list;
    buf_init(&list, 1024);
    for (size_t i = 0; i < CONNECTOR_COUNT; i++) {
        if ((connectors[i]->flags & CONNECTOR_TEST_ONLY) && !for_test) continue;
        names[count++] = connectors[i]->name;
        buf_printf(&list, "%s%s", list.n ? ", " : "", connectors[i]->name);
    }
    const char *nearest = str_nearest(name, names, count);
    struct err *e = def ? ERR(ERR_INVALID_OPTION, "connector '%.*s' exists only in weir test",
                              (int)name.n, name.p)
                        : ERR(ERR_INVALID_OPTION, "there is no connector '%.*s'; there are: %s",
                              (int)name.n, name.p, buf_cstr(&list));
    buf_free(&list);
    e = err_at(e, option_pos(o, "connector"));
    return nearest && !def ? err_hint(e, "Did you mean '%s'?", nearest) : e;
}

/* ---- formats */

/* "json." of "json.ignore-parse-errors", also after "value.": bytes to cut, 0 when it is none. */
static size_t prefix_size(struct slice key, struct slice format)
{
    size_t n = 0;
    if (key.n > 6 && memcmp(key.p, "value.", 6) == 0) n = 6;
    if (key.n <= n + format.n + 1 || memcmp(key.p + n, format.p, format.n) != 0 ||
        key.p[n + format.n] != '.')
        return 0;
    return n + format.n + 1;
}

struct err *connector_format(const struct connector_params *p, struct arena *a,
    const struct format_def **format, struct options *options)
{
    struct slice name;
    const struct options *all = p->options;
    if (!option_find(all, "format", &name) && !option_find(all, "value.format", &name))
        return err_hint(err_at(ERR(ERR_INVALID_OPTION, "the table has no option 'format'"),
                            option_pos(all, "connector")),
            "Add 'format' = 'json', 'csv' or 'raw' to its WITH clause.");
    *format = format_find(name);
    if (!*format) {
        size_t count;
        const struct format_def *const *formats = format_all(&count);
        struct buf list;
        buf_init(&list, 1024);
        for (size_t i = 0; i < count; i++)
            buf_printf(&list, "%s%s", i ? ", " : "", formats[i]->name);
        struct err *e = ERR(ERR_INVALID_OPTION,
            "Could not find any format factory for identifier '%.*s'; there are: %s", (int)name.n,
            name.p, buf_cstr(&list));
        buf_free(&list);
        return err_at(err_at(e, option_pos(all, "format")), option_pos(all, "value.format"));
    }
    struct option *pairs = ARENA_ARRAY(a, struct option, all->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        size_t cut = prefix_size(all->pairs[i].key, name);
        if (cut == 0) continue;
        pairs[count] = all->pairs[i];
        pairs[count].key.p += cut;
        pairs[count++].key.n -= cut;
    }
    *options = (struct options){pairs, count};
    return NULL;
}

const char *connector_short_name(const char *identifier)
{
    const char *name = identifier;
    for (int dots = 0; dots < 2; dots++) {
        name = strchr(name, '.');
        if (!name) return identifier;
        name++;
    }
    return name;
}

/* The columns that a record holds: all of the table's but the partition keys'. */
const struct schema *connector_record_schema(const struct connector_params *p, struct arena *a)
{
    const struct schema *table = p->table_schema;
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, table->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        bool is_key = false;
        for (uint32_t k = 0; k < p->partition_key_count; k++)
            is_key = is_key || p->partition_keys[k] == i;
        if (!is_key) fields[count++] = table->fields[i];
    }
    return schema_new(a, fields, count);
}

static struct err *check_format(const struct connector_params *p, struct arena *a)
{
    const struct format_def *format;
    struct options options;
    TRY(connector_format(p, a, &format, &options));
    const struct option_def *tables[] = {format->options, NULL};
    TRY(option_validate(&options, tables, NULL, 0, str_fmt(a, "format '%s'", format->name)));
    if (!format->validate) return NULL;
    const struct schema *record = connector_record_schema(p, a);
    struct format_params fp = {
        .options = &options, .schema = record, .table_schema = record, .zone = p->zone};
    return format->validate(&fp);
}

static struct err *check_all(
    const struct connector_params *p, const struct connector_def *def, struct arena *a)
{
    const struct options *all = p->options;
    struct option *pairs = ARENA_ARRAY(a, struct option, all->count + 1);
    struct options own = {pairs, 0};
    struct slice format = {NULL, 0};
    bool takes_format = def->flags & CONNECTOR_FORMAT;
    if (takes_format && !option_find(all, "format", &format))
        (void)option_find(all, "value.format", &format);
    for (uint32_t i = 0; i < all->count; i++)
        if (!format.p || prefix_size(all->pairs[i].key, format) == 0)
            pairs[own.count++] = all->pairs[i];
    const char **columns = ARENA_ARRAY(a, const char *, p->table_schema->count + 1);
    for (uint32_t i = 0; i < p->table_schema->count; i++)
        columns[i] = slice_to_cstr(a, p->table_schema->fields[i].name);
    const struct option_def *tables[] = {
        def->options, common_options, takes_format ? format_options : NULL, NULL};
    TRY(option_validate(
        &own, tables, columns, p->table_schema->count, str_fmt(a, "connector '%s'", def->name)));
    if (takes_format) TRY(check_format(p, a));
    return def->validate ? def->validate(p) : NULL;
}

struct err *connector_validate(const struct connector_params *p, const struct connector_def *def)
{
    struct arena *a = arena_new(4096);
    struct err *e = check_all(p, def, a);
    arena_free(a);
    return e;
}
