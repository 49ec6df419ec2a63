#include "base/arena.h"
#include "base/utf8.h"
#include "format/csv/csv.h"

static bool fail(struct csv_splitter *s, size_t offset, const char *reason)
{
    s->offset = offset;
    s->reason = reason;
    return false;
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* What \c stands for outside of Java: tab, line ends and NUL have letters, the rest itself. */
static char escaped(char c)
{
    return c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
}

static bool add_field(struct csv_splitter *s, struct slice text, size_t offset)
{
    if (text.n > CSV_FIELD_BYTES_MAX) return fail(s, offset, "a field is longer than 1 MiB");
    if (s->count == CSV_FIELDS_MAX) return fail(s, offset, "more than 4096 fields");
    s->fields[s->count++] = (struct csv_field){text, (uint32_t)offset};
    return true;
}

/* The text without doubled quotes and escapes. */
static struct slice unescape(
    const struct csv_dialect *d, struct slice raw, bool quoted, struct arena *a)
{
    char *out = arena_alloc_raw(a, raw.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == d->escape && i + 1 < raw.n)
            out[n++] = escaped(raw.p[++i]);
        else if (quoted && c == d->quote)
            out[n++] = raw.p[i++]; /* the second of the pair is passed over */
        else
            out[n++] = c;
    }
    return (struct slice){out, n};
}

/* A field whose opening quote is at *at; leaves *at behind what follows it. */
static bool take_quoted(struct csv_splitter *s, struct slice record, size_t *at, struct arena *a)
{
    const struct csv_dialect *d = &s->dialect;
    size_t begin = *at + 1, i = begin;
    bool plain = true;
    for (;; i++) {
        if (i >= record.n) return fail(s, *at, "a quoted field is not closed");
        if (record.p[i] == d->escape) {
            plain = false;
            i++;
        } else if (record.p[i] == d->quote) {
            if (i + 1 >= record.n || record.p[i + 1] != d->quote) break;
            plain = false;
            i++;
        }
    }
    struct slice text = {record.p + begin, i - begin};
    if (!plain) text = unescape(d, text, true, a);
    for (i++; i < record.n && record.p[i] != d->delimiter; i++)
        if ((unsigned char)record.p[i] > ' ')
            return fail(s, i, "a delimiter is missing after a quoted field");
    s->last_is_blank = text.n == 0;
    size_t offset = *at;
    *at = i;
    return add_field(s, text, offset);
}

static bool take_escaped(struct csv_splitter *s, struct slice record, size_t *at, size_t *end)
{
    const struct csv_dialect *d = &s->dialect;
    size_t i = *at;
    for (; i < record.n && record.p[i] != d->delimiter; i++)
        if (record.p[i] == d->escape && ++i == record.n)
            return fail(s, i, "the record ends after an escape character");
    *end = i;
    return true;
}

static bool take_plain(struct csv_splitter *s, struct slice record, size_t *at, struct arena *a)
{
    const struct csv_dialect *d = &s->dialect;
    size_t offset = *at, end;
    if (d->escape >= 0) {
        if (!take_escaped(s, record, at, &end)) return false;
    } else {
        const char *next = memchr(record.p + offset, d->delimiter, record.n - offset);
        end = next ? (size_t)(next - record.p) : record.n;
    }
    *at = end;
    struct slice text = {record.p + offset, end - offset};
    s->last_is_blank = text.n <= 8 && slice_trim(text).n == 0;
    if (d->trim) text = slice_trim(text);
    if (d->escape >= 0 && memchr(text.p, d->escape, text.n)) text = unescape(d, text, false, a);
    return add_field(s, text, offset);
}

static bool take_fields(struct csv_splitter *s, struct slice record, struct arena *a)
{
    const struct csv_dialect *d = &s->dialect;
    for (size_t at = 0;; at++) { /* over the delimiter */
        size_t first = at;
        while (d->trim && first < record.n && record.p[first] == ' ') first++;
        if (first < record.n && record.p[first] == d->quote) {
            at = first;
            if (!take_quoted(s, record, &at, a)) return false;
        } else if (!take_plain(s, record, &at, a)) {
            return false;
        }
        if (at >= record.n) return true;
    }
}

/* Line ends inside an unquoted field end the record in Jackson; the rest would be lost. */
static bool check_line_ends(struct csv_splitter *s, struct slice record)
{
    if (!memchr(record.p, '\n', record.n) && !memchr(record.p, '\r', record.n)) return true;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct csv_field *f = &s->fields[i];
        if (f->offset < record.n && record.p[f->offset] == s->dialect.quote) continue;
        for (size_t k = 0; k < f->text.n; k++)
            if (is_line_end(f->text.p[k]) && s->dialect.escape < 0)
                return fail(s, f->offset + k, "something follows the end of the line");
    }
    return true;
}

enum csv_split csv_split(struct csv_splitter *s, struct slice record, struct arena *a)
{
    s->count = 0;
    if (record.n >= 3 && memcmp(record.p, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
        record.p += 3;
        record.n -= 3;
    }
    while (record.n && is_line_end(record.p[record.n - 1])) record.n--;
    if (record.n > CSV_RECORD_BYTES_MAX) {
        fail(s, 0, "the record is longer than 8 MiB");
        return CSV_MALFORMED;
    }
    if (!utf8_valid(record)) {
        fail(s, 0, "invalid UTF-8");
        return CSV_MALFORMED;
    }
    if (s->dialect.comments) {
        struct slice text = slice_trim(record);
        if (text.n && text.p[0] == '#') return CSV_NOTHING;
    }
    if (record.n == 0) {
        fail(s, 0, "the record is empty");
        return CSV_MALFORMED;
    }
    bool good = take_fields(s, record, a) && check_line_ends(s, record);
    return good ? CSV_FIELDS : CSV_MALFORMED;
}
