#include "cli/reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "cli/command.h"
#include "cli/reference_forms.h"
#include "cli/report.h"
#include "connector/connector.h"
#include "func/agg.h"
#include "server/server.h"

const char reference_help[] =
    "weir reference - prints the SQL reference, as Markdown\n"
    "\n"
    "  weir reference                           all of it\n"
    "  weir reference functions                 operators, functions and aggregates\n"
    "  weir reference functions SPLIT_INDEX     one of them\n"
    "  weir reference split_index               the same: whatever has this name\n"
    "  weir reference connectors filesystem     what it does and its options\n"
    "  weir reference late.table                one option or configuration key\n"
    "  weir reference execution.checkpointing   all that begin so\n"
    "  weir reference metrics                   what /metrics of a running process shows\n"
    "  weir reference > reference.md\n"
    "\n"
    "Sections: functions, connectors, formats, config, metrics, statements (windows too).\n"
    "Exit codes: 0 ok, 1 there is no such entry, 2 wrong usage.\n";

enum section_id {
    OPERATORS,
    FUNCTIONS,
    AGGREGATES,
    CONNECTORS,
    TABLE_OPTIONS,
    FORMATS,
    CONFIG,
    METRICS,
    STATEMENTS
};

static void print_form(FILE *out, const void *item);
static void print_func(FILE *out, const void *item);
static void print_agg(FILE *out, const void *item);
static void print_connector(FILE *out, const void *item);
static void print_format(FILE *out, const void *item);
static void print_key(FILE *out, const void *item);
static void print_metric(FILE *out, const void *item);
static void print_statement(FILE *out, const void *item);

/* `word` is how the command line calls it; several sections may share one. */
static const struct section {
    const char *word;
    const char *title;
    const char *intro;
} sections[] = {
    [OPERATORS] = {"functions", "Operators",
        "Both sides are cast to a type they share; NULL on one side makes the result NULL unless "
        "the "
        "text says otherwise."},
    [FUNCTIONS] = {"functions", "Functions",
        "A NULL argument makes the result NULL unless the text says otherwise."},
    [AGGREGATES] = {"functions", "Aggregates",
        "They skip NULL unless the text says otherwise; `f over 1, 2` is the result for rows with "
        "these values. DISTINCT may stand before the argument and FILTER (WHERE condition) "
        "after the call."},
    [CONNECTORS] = {"connectors", "Connectors",
        "Named by the option 'connector' of a table. In names of options # stands for a column."},
    [TABLE_OPTIONS] = {"connectors", "Options of every table",
        "Beside those of its connector; scan.* and *.table are of sources, sink.* of sinks."},
    [FORMATS] = {"formats", "Formats",
        "Named by the option 'format' of a table; a format's options have its name in front: "
        "'json.ignore-parse-errors'."},
    [CONFIG] = {"config", "Configuration",
        "Set by SET 'key' = 'value' or by weir run -D key=value. Accepted: known from Flink and "
        "not "
        "needed here."},
    [METRICS] = {"metrics", "Metrics",
        "On `/metrics` of a running process, in the text format of Prometheus. Those whose name "
        "begins with flink_ have the names and labels of Flink's reporter, and, as there, their "
        "TYPE is gauge, also of counters, which only grow. Figures of tasks are those of each "
        "subtask; figures of operators are of all subtasks together, and their subtask_index is "
        "0."},
    [STATEMENTS] = {"statements", "Statements and windows", NULL},
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0], ENTRIES_MAX = 1024 };

/* One thing that has a name. */
struct entry {
    const char *name;
    const char *const *aliases; /* NULL-terminated, or NULL */
    enum section_id section;
    void (*print)(FILE *out, const void *item);
    const void *item;
};

struct entries {
    struct entry *items;
    size_t count;
};

static void add_entry(struct entries *all, const struct entry *entry)
{
    if (all->count < ENTRIES_MAX) all->items[all->count++] = *entry;
}

static void add_functions(struct entries *all)
{
    size_t count;
    const struct func_def *const *funcs = func_all(&count);
    for (size_t i = 0; i < count; i++) {
        bool is_operator = funcs[i]->flags & FUNC_OPERATOR;
        add_entry(all, &(struct entry){funcs[i]->name, funcs[i]->aliases,
                           is_operator ? OPERATORS : FUNCTIONS, print_func, funcs[i]});
    }
    for (const struct reference_form *f = reference_lazy_forms(); f->name; f++)
        add_entry(all, &(struct entry){f->name, NULL, OPERATORS, print_form, f});
    const struct agg_def *const *aggs = agg_all(&count);
    for (size_t i = 0; i < count; i++)
        add_entry(
            all, &(struct entry){aggs[i]->name, aggs[i]->aliases, AGGREGATES, print_agg, aggs[i]});
}

static void add_tables(struct entries *all)
{
    size_t count;
    const struct connector_def *const *connectors = connector_all(&count);
    for (size_t i = 0; i < count; i++)
        if (!(connectors[i]->flags & CONNECTOR_TEST_ONLY))
            add_entry(all, &(struct entry){connectors[i]->name, NULL, CONNECTORS, print_connector,
                               connectors[i]});
    const struct format_def *const *formats = format_all(&count);
    for (size_t i = 0; i < count; i++)
        add_entry(all, &(struct entry){formats[i]->name, NULL, FORMATS, print_format, formats[i]});
    for (const struct option_def *d = connector_common_options(); d->name; d++)
        add_entry(all, &(struct entry){d->name, NULL, TABLE_OPTIONS, print_key, d});
    for (const struct option_def *d = config_table(); d->name; d++)
        add_entry(all, &(struct entry){d->name, NULL, CONFIG, print_key, d});
}

static void add_metrics(struct entries *all, struct arena *a)
{
    struct server_metric_doc doc;
    for (size_t i = 0; server_metric_doc(i, &doc); i++) {
        struct server_metric_doc *copy = ARENA_NEW(a, struct server_metric_doc);
        *copy = doc;
        add_entry(all, &(struct entry){str_fmt(a, "%s%s", doc.prefix, doc.name), NULL, METRICS,
                           print_metric, copy});
    }
}

static void add_statements(struct entries *all)
{
    size_t count;
    const struct reference_statement *statements = reference_statements(&count);
    for (size_t i = 0; i < count; i++) {
        const struct reference_form *f = &statements[i].form;
        if (f->doc) add_entry(all, &(struct entry){f->name, NULL, STATEMENTS, print_statement, f});
    }
}

/* ---- one entry ---- */

/* Words of a program stand in a block of their own, so that nothing in them is Markdown. */
static void print_block(FILE *out, const char *text)
{
    if (!text) return;
    fprintf(out, "\n```sql\n%s\n```\n", text);
}

static void print_call(FILE *out, const char *const *aliases, const char *signature,
    const char *doc, const char *example)
{
    char also[256] = "";
    size_t n = 0;
    for (size_t i = 0; aliases && aliases[i] && n < sizeof also; i++)
        n += (size_t)snprintf(also + n, sizeof also - n, "%s`%s`%s", i == 0 ? "Also called " : ", ",
            aliases[i], aliases[i + 1] ? "" : ".");
    fprintf(out, "\n### `%s`\n\n", signature);
    report_wrapped(out, "", "", doc);
    if (also[0]) {
        fputc('\n', out);
        report_wrapped(out, "", "", also);
    }
    print_block(out, example);
}

static void print_form(FILE *out, const void *item)
{
    const struct reference_form *f = item;
    print_call(out, NULL, f->signature, f->doc, f->example);
}

static void print_func(FILE *out, const void *item)
{
    const struct func_def *f = item;
    print_call(out, f->aliases, f->signature_doc, f->doc, f->example);
}

static void print_agg(FILE *out, const void *item)
{
    const struct agg_def *a = item;
    print_call(out, a->aliases, a->signature_doc, a->doc, a->example);
}

static const char *type_word(enum option_type type)
{
    switch (type) {
    case OPTION_STRING: return "text";
    case OPTION_BOOL: return "true or false";
    case OPTION_INT: return "integer";
    case OPTION_DOUBLE: return "number";
    case OPTION_DURATION: return "duration";
    case OPTION_SIZE: return "size";
    case OPTION_ENUM: return "";
    }
    return "";
}

/* "a|b|c" as `a`, `b`, `c`: a bar would end the cell of the table. */
static void print_values(FILE *out, const char *values)
{
    for (const char *p = values; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        fprintf(out, "%s`%.*s`", p == values ? "" : ", ", (int)strcspn(p, "|"), p);
}

static void print_type(FILE *out, const struct option_def *d)
{
    fputs(type_word(d->type), out);
    if (d->type == OPTION_ENUM)
        print_values(out, d->values);
    else if (d->values)
        fprintf(out, " %s", d->values);
}

static void print_default(FILE *out, const struct option_def *d)
{
    if (d->default_text && *d->default_text)
        fprintf(out, ", default `%s`", d->default_text);
    else
        fputs(d->required ? ", required" : "", out);
}

static void print_option(FILE *out, const struct option_def *d, const char *prefix)
{
    fprintf(out, "- `%s%s` (", prefix, d->name);
    print_type(out, d);
    print_default(out, d);
    fputs(")\n", out);
    report_wrapped(out, "  ", "  ", d->doc);
}

static void print_options(FILE *out, const struct option_def *table, const char *prefix)
{
    fputs(table->name ? "\n" : "\nNo options of its own.\n", out);
    for (const struct option_def *d = table; d->name; d++) print_option(out, d, prefix);
}

static void print_connector(FILE *out, const void *item)
{
    const struct connector_def *c = item;
    bool source = c->flags & CONNECTOR_SOURCE, sink = c->flags & CONNECTOR_SINK;
    fprintf(out, "\n### %s\n\n%s.%s\n\n", c->name,
        source && sink ? "Source and sink"
        : source       ? "Source"
                       : "Sink",
        c->flags & CONNECTOR_FORMAT ? " Needs a `format`." : "");
    report_wrapped(out, "", "", c->doc);
    print_options(out, c->options, "");
}

static void print_format(FILE *out, const void *item)
{
    const struct format_def *f = item;
    char prefix[64];
    snprintf(prefix, sizeof prefix, "%s.", f->name);
    fprintf(out, "\n### %s\n\n", f->name);
    report_wrapped(out, "", "", f->doc);
    print_options(out, f->options, prefix);
}

static void print_key(FILE *out, const void *item)
{
    print_option(out, item, "");
}

static void print_metric(FILE *out, const void *item)
{
    const struct server_metric_doc *m = item;
    fprintf(out, "- `%s%s` (%s)\n", m->prefix, m->name, m->kind);
    report_wrapped(out, "  ", "  ", m->doc);
    if (!m->labels[0] && !m->variant) return;
    char labels[256];
    snprintf(labels, sizeof labels, "Labels: %s%s%s", m->labels,
        m->labels[0] && m->variant ? ", " : "", m->variant ? m->variant : "");
    report_wrapped(out, "  ", "  ", labels);
}

static void print_statement(FILE *out, const void *item)
{
    const struct reference_form *f = item;
    fprintf(out, "\n### %s\n\n`%s`\n\n", f->name, f->signature);
    report_wrapped(out, "", "", f->doc);
    print_block(out, f->example);
}

/* ---- sections ---- */

static void print_refused(FILE *out)
{
    fputs("\n### Not supported yet\n\nParsed and refused by name:", out);
    const char *comma = "";
#define X(kind, text)                            \
    if (!reference_runs(AST_STATEMENT_##kind)) { \
        fprintf(out, "%s %s", comma, text);      \
        comma = ",";                             \
    }
    AST_STATEMENTS(X)
#undef X
    fputs(".\n", out);
}

static void print_section(FILE *out, const struct entries *all, enum section_id id)
{
    const struct section *s = &sections[id];
    fprintf(out, "\n## %s\n", s->title);
    if (s->intro) {
        fputc('\n', out);
        report_wrapped(out, "", "", s->intro);
    }
    if (id == CONFIG || id == METRICS || id == TABLE_OPTIONS) fputc('\n', out);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].section == id) all->items[i].print(out, all->items[i].item);
    if (id == STATEMENTS) print_refused(out);
}

static bool has_name(const struct entry *e, struct slice name)
{
    if (slice_eq_nocase(slice_of(e->name), name)) return true;
    for (size_t i = 0; e->aliases && e->aliases[i]; i++)
        if (slice_eq_nocase(slice_of(e->aliases[i]), name)) return true;
    return false;
}

static bool is_in(const struct entry *e, const char *word)
{
    return !word || strcmp(sections[e->section].word, word) == 0;
}

/* "execution.checkpointing" and "execution.checkpointing.*" stand for all that begins so. */
static bool has_prefix(const struct entry *e, struct slice name)
{
    if (name.n > 2 && name.p[name.n - 1] == '*') name.n -= 2;
    struct slice whole = slice_of(e->name);
    return whole.n > name.n && whole.p[name.n] == '.' &&
           slice_eq_nocase((struct slice){whole.p, name.n}, name);
}

static bool print_all(const struct entries *all, const char *word, struct slice name,
    bool (*is_meant)(const struct entry *e, struct slice name))
{
    bool found = false;
    for (size_t i = 0; i < all->count; i++) {
        const struct entry *e = &all->items[i];
        if (!is_in(e, word) || !is_meant(e, name)) continue;
        e->print(stdout, e->item);
        found = true;
    }
    return found;
}

/* Prints all entries of a name, in the section `word` or, when it is NULL, in any. */
static int print_named(const struct entries *all, const char *word, struct slice name)
{
    if (print_all(all, word, name, has_name) || print_all(all, word, name, has_prefix))
        return COMMAND_OK;
    const char *names[ENTRIES_MAX + SECTION_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (is_in(&all->items[i], word)) names[count++] = all->items[i].name;
    for (size_t i = 0; !word && i < SECTION_COUNT; i++) names[count++] = sections[i].word;
    const char *nearest = str_nearest(name, names, count);
    fprintf(stderr, "weir reference: there is no '%.*s'%s%s%s%s%s\n", (int)name.n, name.p,
        word ? " in " : "", word ? word : "", nearest ? "; did you mean '" : "",
        nearest ? nearest : "", nearest ? "'?" : "");
    if (!nearest)
        fprintf(stderr, "'weir reference%s%s' lists what there is\n", word ? " " : "",
            word ? word : "");
    return COMMAND_FAILED;
}

static bool is_section(const char *word)
{
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (strcmp(sections[i].word, word) == 0) return true;
    return false;
}

/* A statement's name has blanks: what is left of the command line, joined. */
static struct slice join_words(struct arena *a, int count, char **words)
{
    const char *text = words[0];
    for (int i = 1; i < count; i++) text = str_fmt(a, "%s %s", text, words[i]);
    return slice_of(text);
}

static int print_reference(struct arena *a, int argc, char **argv)
{
    struct entries all = {.items = ARENA_ARRAY(a, struct entry, ENTRIES_MAX)};
    add_functions(&all);
    add_tables(&all);
    add_metrics(&all, a);
    add_statements(&all);
    const char *word = argc > 1 && is_section(argv[1]) ? argv[1] : NULL;
    int first = word ? 2 : 1;
    if (first < argc) return print_named(&all, word, join_words(a, argc - first, argv + first));
    if (!word)
        fputs("# SQL reference\n\nWritten by `weir reference` from the tables in the code.\n",
            stdout);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (!word || strcmp(sections[i].word, word) == 0)
            print_section(stdout, &all, (enum section_id)i);
    return COMMAND_OK;
}

int reference_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(reference_help, stdout);
            return COMMAND_OK;
        }
        if (strncmp(argv[i], "--", 2) == 0) {
            fprintf(stderr, "weir reference: unknown option '%s'\nTry 'weir reference --help'.\n",
                argv[i]);
            return COMMAND_USAGE;
        }
    }
    struct arena *a = arena_new(1 << 16);
    int code = print_reference(a, argc, argv);
    arena_free(a);
    return code;
}
