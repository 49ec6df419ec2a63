#include "connector/print/print.h"

#include <errno.h>
#include <stdio.h>

#include "connector/connector.h"

enum { OUTPUT_BYTES_MAX = 64 << 20, PREFIX_BYTES_MAX = 256 };

struct print_sink {
    struct sink base;
    FILE *out;
    char prefix[PREFIX_BYTES_MAX];
    struct buf text;
};

static const struct option_def options[] = {
    {"print-identifier", OPTION_STRING, NULL, false, NULL, "Text in front of every row."},
    {"standard-error", OPTION_BOOL, "false", false, NULL, "Print to standard error."}, {0}};

/* Flink's PrintSinkOutputWriter: "id:2> ", "id> ", "2> " or nothing. */
static void make_prefix(const struct connector_params *p, char *out)
{
    struct slice id = option_string(p->options, options, "print-identifier");
    int n = (int)(id.n < PREFIX_BYTES_MAX / 2 ? id.n : PREFIX_BYTES_MAX / 2);
    if (p->parallelism > 1)
        snprintf(
            out, PREFIX_BYTES_MAX, "%.*s%s%u> ", n, id.p ? id.p : "", n ? ":" : "", p->subtask + 1);
    else if (n)
        snprintf(out, PREFIX_BYTES_MAX, "%.*s> ", n, id.p);
}

static struct err *open_sink(const struct connector_params *p, struct sink **out)
{
    struct print_sink *s = mem_alloc(sizeof *s);
    s->out = option_bool(p->options, options, "standard-error") ? stderr : stdout;
    make_prefix(p, s->prefix);
    buf_init(&s->text, OUTPUT_BYTES_MAX);
    *out = &s->base;
    return NULL;
}

/* One call to stdio a batch, so that lines of several workers do not mix. */
static struct err *write_out(struct print_sink *s)
{
    if (s->text.overflow)
        FAIL(ERR_LIMIT_EXCEEDED, "a batch of printed rows is larger than %d bytes",
            OUTPUT_BYTES_MAX);
    size_t n = fwrite(s->text.p, 1, s->text.n, s->out);
    if (n == s->text.n && fflush(s->out) == 0) return NULL;
    if (errno == EPIPE) FAIL(ERR_CANCELED, "nobody reads the printed rows any more");
    FAIL(ERR_IO, "cannot print rows: %s", strerror(errno));
}

static struct err *write_batch(struct sink *base, const struct batch *b)
{
    struct print_sink *s = (struct print_sink *)base;
    buf_clear(&s->text);
    for (uint32_t row = 0; row < b->rows; row++) {
        buf_add_cstr(&s->text, s->prefix);
        print_row(b, row, &s->text);
        buf_add_char(&s->text, '\n');
    }
    if (b->rows == 0) return NULL;
    atomic_fetch_add_explicit(&base->counters.records, b->rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&base->counters.bytes, s->text.n, memory_order_relaxed);
    return write_out(s);
}

static struct err *finish_sink(struct sink *s)
{
    (void)s;
    return NULL;
}

static void close_sink(struct sink *base)
{
    struct print_sink *s = (struct print_sink *)base;
    buf_free(&s->text);
    mem_free(s);
}

extern const struct connector_def print_connector;
const struct connector_def print_connector = {
    .name = "print",
    .doc = "Prints every row.",
    .flags = CONNECTOR_SINK,
    .options = options,
    .sink_open = open_sink,
    .write = write_batch,
    .finish = finish_sink,
    .sink_close = close_sink,
};
