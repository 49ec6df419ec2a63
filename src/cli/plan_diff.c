#include "cli/plan_diff.h"

#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "phys/phys.h"

enum {
    TEXT_BYTES_MAX = 16 << 20,
    SHOWN_MAX = 16,       /* lines; more than that is another script */
    LINES_MAX = 2048,     /* compared; what follows is left out */
    LINE_CHARS_MAX = 160, /* of a line shown */
    VALUE_CHARS_MAX = 100
};

struct lines {
    struct slice items[LINES_MAX];
    uint32_t count;
};

static void split(struct slice text, struct lines *out)
{
    out->count = 0;
    while (text.n > 0 && out->count < LINES_MAX) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        if (n > 0) out->items[out->count++] = (struct slice){text.p, n};
        n += end != NULL;
        text = (struct slice){text.p + n, text.n - n};
    }
}

static bool contains(const struct lines *l, struct slice line)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (slice_eq(l->items[i], line)) return true;
    return false;
}

static void show_line(struct buf *out, char sign, struct slice line)
{
    bool cut = line.n > LINE_CHARS_MAX;
    buf_printf(
        out, "  %c %.*s%s\n", sign, (int)(cut ? LINE_CHARS_MAX : line.n), line.p, cut ? " .." : "");
}

/* Lines of `a` that `b` does not have. */
static uint32_t show_missing(
    struct buf *out, char sign, const struct lines *a, const struct lines *b, uint32_t shown)
{
    for (uint32_t i = 0; i < a->count && shown < SHOWN_MAX; i++) {
        if (contains(b, a->items[i])) continue;
        show_line(out, sign, a->items[i]);
        shown++;
    }
    return shown;
}

/* ---- parameters ---- */

static size_t common_prefix(struct slice a, struct slice b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n]) n++;
    return n;
}

static size_t common_suffix(struct slice a, struct slice b, size_t prefix)
{
    size_t n = 0;
    while (n < a.n - prefix && n < b.n - prefix && a.p[a.n - 1 - n] == b.p[b.n - 1 - n]) n++;
    return n;
}

/* Back to the start of the member or the element that contains `at`; of a pair of an option, to its
 * key. */
static size_t member_start(struct slice json, size_t at)
{
    bool in_text = false;
    size_t start = 0, opened = 0, commas = 0;
    for (size_t i = 0; i < at && i < json.n; i++) {
        if (json.p[i] == '\\' && in_text)
            i++;
        else if (json.p[i] == '"')
            in_text = !in_text;
        else if (!in_text && (json.p[i] == '{' || json.p[i] == '['))
            start = opened = i + 1, commas = 0;
        else if (!in_text && json.p[i] == ',')
            start = i + 1, commas++;
    }
    return commas == 1 && json.p[opened] == '"' ? opened : start;
}

static void show_value(struct buf *out, char sign, struct slice json, size_t from, size_t suffix)
{
    size_t end = json.n - suffix;
    while (end < json.n && json.p[end] != ',' && json.p[end] != '}' && json.p[end] != ']') end++;
    size_t n = end > from ? end - from : 0;
    bool cut = n > VALUE_CHARS_MAX;
    if (option_is_secret((struct slice){json.p + from, n})) {
        buf_printf(out, "  %c   (a secret)\n", sign);
        return;
    }
    buf_printf(out, "  %c   %.*s%s\n", sign, (int)(cut ? VALUE_CHARS_MAX : n), json.p + from,
        cut ? " .." : "");
}

static void show_params(
    struct buf *out, const struct phys_node *n, struct slice before, struct slice now)
{
    size_t prefix = common_prefix(before, now), suffix = common_suffix(before, now, prefix);
    size_t from = member_start(now, prefix);
    buf_printf(out, "    %s\n", n->op->name);
    show_value(out, '-', before, from, suffix);
    show_value(out, '+', now, from, suffix);
}

static void encode_node(const struct phys_node *n, struct buf *out)
{
    buf_clear(out);
    n->op->encode(n->params, out);
}

static void compare_params(
    const struct phys_graph *before, const struct phys_graph *now, struct buf *out)
{
    struct buf a, b;
    buf_init(&a, TEXT_BYTES_MAX);
    buf_init(&b, TEXT_BYTES_MAX);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < now->node_count && i < before->node_count && shown < 4; i++) {
        if (before->nodes[i].op != now->nodes[i].op) continue;
        encode_node(&before->nodes[i], &a);
        encode_node(&now->nodes[i], &b);
        if (slice_eq(buf_slice(&a), buf_slice(&b))) continue;
        show_params(out, &now->nodes[i], buf_slice(&a), buf_slice(&b));
        shown++;
    }
    if (shown == 0)
        buf_add_cstr(out, "    the names or types of columns, or how rows are spread\n");
    buf_free(&a);
    buf_free(&b);
}

static bool compare_zones(
    const struct phys_graph *before, const struct phys_graph *now, struct buf *out)
{
    const char *a = before->zone ? before->zone : "", *b = now->zone ? now->zone : "";
    if (strcmp(a, b) == 0) return false;
    buf_printf(
        out, "  - 'table.local-time-zone' = '%s'\n  + 'table.local-time-zone' = '%s'\n", a, b);
    return true;
}

void plan_diff(const struct phys_graph *before, const struct phys_graph *now, struct buf *out)
{
    struct buf texts[2];
    for (int i = 0; i < 2; i++) {
        buf_init(&texts[i], TEXT_BYTES_MAX);
        phys_explain(i ? now : before, false, &texts[i]);
    }
    struct lines *lines = mem_alloc(2 * sizeof *lines);
    for (int i = 0; i < 2; i++) split(buf_slice(&texts[i]), &lines[i]);
    uint32_t shown = show_missing(out, '-', &lines[0], &lines[1], 0);
    shown =
        show_missing(out, '+', &lines[1], &lines[0], shown > SHOWN_MAX / 2 ? SHOWN_MAX / 2 : shown);
    if (!compare_zones(before, now, out) && shown == 0) compare_params(before, now, out);
    mem_free(lines);
    for (int i = 0; i < 2; i++) buf_free(&texts[i]);
}
