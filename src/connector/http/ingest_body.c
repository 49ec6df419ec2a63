#include "connector/http/ingest_body.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* ---- types */

struct body_type {
    const char *format, *type;
    const char *words[2]; /* one of them is in the subtype; none: any type */
};

static const struct body_type *find_type(const struct format_def *format)
{
    static const struct body_type types[] = {{"json", "application/json", {"json"}},
        {"csv", "text/csv", {"csv", "tab-separated-values"}},
        {NULL, "application/octet-stream", {NULL}}};
    const struct body_type *t = types;
    while (t->format && strcmp(t->format, format->name) != 0) t++;
    return t;
}

const char *ingest_body_type(const struct format_def *format)
{
    return find_type(format)->type;
}

/* Without parameters such as 'charset'. */
static struct slice plain_type(struct slice content_type)
{
    const char *semicolon = content_type.p ? memchr(content_type.p, ';', content_type.n) : NULL;
    if (semicolon) content_type.n = (size_t)(semicolon - content_type.p);
    return slice_trim(content_type);
}

static bool has_word(struct slice text, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.n; i++)
        if (slice_eq_nocase((struct slice){text.p + i, n}, slice_of(word))) return true;
    return false;
}

bool ingest_body_type_fits(const struct format_def *format, struct slice content_type)
{
    static const char *const general[] = {
        "", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"};
    const struct body_type *t = find_type(format);
    content_type = plain_type(content_type);
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (slice_eq_nocase(content_type, slice_of(general[i]))) return true;
    const char *slash = memchr(content_type.p, '/', content_type.n);
    if (!slash || !t->words[0]) return !t->words[0];
    content_type.n -= (size_t)(slash - content_type.p);
    content_type.p = slash;
    return has_word(content_type, t->words[0]) ||
           (t->words[1] && has_word(content_type, t->words[1]));
}

enum ingest_body_kind ingest_body_kind(const struct format_def *format, struct slice content_type)
{
    static const char *const lines[] = {"application/x-ndjson", "application/ndjson",
        "application/jsonl", "application/x-jsonlines", "application/json-lines"};
    if (strcmp(format->name, "raw") == 0) return INGEST_BODY_WHOLE;
    if (format->framing == FORMAT_LINES_CSV) return INGEST_BODY_CSV;
    if (strcmp(format->name, "json") != 0) return INGEST_BODY_LINES;
    content_type = plain_type(content_type);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (slice_eq_nocase(content_type, slice_of(lines[i]))) return INGEST_BODY_LINES;
    return INGEST_BODY_JSON;
}

/* ---- lines ---- */

static bool is_blank(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_space(s.p[i])) return false;
    return true;
}

/* Bytes of the line at the start of `rest`, without its end. */
static size_t line_bytes(const struct ingest_body *b, struct slice rest)
{
    size_t n = SIZE_MAX;
    if (b->kind == INGEST_BODY_CSV && b->format->record_end) {
        n = b->format->record_end(b->decoder, rest);
    } else {
        const char *end = memchr(rest.p, '\n', rest.n);
        if (end) n = (size_t)(end - rest.p);
    }
    return n < rest.n ? n : rest.n;
}

static uint32_t next_lines(struct ingest_body *b, struct slice *records, uint32_t max)
{
    uint32_t count = 0;
    while (count < max && b->at < b->bytes.n) {
        struct slice rest = {b->bytes.p + b->at, b->bytes.n - b->at};
        rest.n = line_bytes(b, rest);
        b->at += rest.n + (b->at + rest.n < b->bytes.n);
        if (!is_blank(rest)) records[count++] = rest;
    }
    return count;
}

/* ---- JSON: only where a value ends is found out here; what is in it is the decoder's business */

/* A byte order mark at the beginning is space, too. */
static size_t skip_space(struct slice s, size_t i)
{
    if (i == 0 && s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0) i = 3;
    while (i < s.n && is_space(s.p[i])) i++;
    return i;
}

/* Behind the string whose first quote is at i; SIZE_MAX: it has no end. */
static size_t string_end(struct slice s, size_t i)
{
    for (i++; i < s.n; i++) {
        if (s.p[i] == '"') return i + 1;
        if (s.p[i] == '\\') i++;
    }
    return SIZE_MAX;
}

/* Behind the object or array at i, by counting brackets outside of strings. */
static size_t brackets_end(struct slice s, size_t i)
{
    uint64_t depth = 0;
    while (i < s.n) {
        char c = s.p[i];
        if (c == '"') {
            i = string_end(s, i);
            if (i == SIZE_MAX) return SIZE_MAX;
            continue;
        }
        i++;
        depth += c == '{' || c == '[';
        if ((c == '}' || c == ']') && --depth == 0) return i;
    }
    return SIZE_MAX;
}

static size_t value_end(struct slice s, size_t i)
{
    if (s.p[i] == '{' || s.p[i] == '[') return brackets_end(s, i);
    if (s.p[i] == '"') return string_end(s, i);
    size_t first = i;
    while (i < s.n && !is_space(s.p[i]) && !memchr(",]}[{\"", s.p[i], 6)) i++;
    return i > first ? i : SIZE_MAX;
}

/* The element at b->at, and what comes after it. False: this is no array to its end. */
static bool next_element(struct ingest_body *b, struct slice *record, bool *found)
{
    struct slice s = b->bytes;
    size_t start = skip_space(s, b->at), end;
    *found = false;
    if (b->record == 0) start = skip_space(s, start + 1); /* behind '[' */
    if (b->record == 0 && start < s.n && s.p[start] == ']') {
        b->at = s.n;
        return skip_space(s, start + 1) == s.n;
    }
    if (start >= s.n || (end = value_end(s, start)) == SIZE_MAX) return false;
    *record = (struct slice){s.p + start, end - start};
    *found = true;
    b->at = skip_space(s, end);
    if (b->at >= s.n) return false;
    char c = s.p[b->at++];
    if (c == ',') return skip_space(s, b->at) < s.n;
    b->at = skip_space(s, b->at);
    return c == ']' && b->at == s.n;
}

/* *whole: it was an array to its end, so far. */
static uint32_t next_elements(
    struct ingest_body *b, struct slice *records, uint32_t max, bool *whole)
{
    uint32_t count = 0;
    *whole = true;
    while (count < max && *whole && b->at < b->bytes.n) {
        bool found;
        *whole = next_element(b, &records[count], &found);
        b->record += found;
        count += found;
    }
    return count;
}

/* What has no end is one record with all that follows. */
static uint32_t next_values(struct ingest_body *b, struct slice *records, uint32_t max)
{
    struct slice s = b->bytes;
    uint32_t count = 0;
    while (count < max) {
        size_t start = skip_space(s, b->at);
        b->at = start;
        if (start == s.n) break;
        size_t end = value_end(s, start);
        if (end == SIZE_MAX) end = s.n;
        records[count++] = (struct slice){s.p + start, end - start};
        b->at = end;
    }
    return count;
}

/* ---- all of them ---- */

uint32_t ingest_body_next(struct ingest_body *b, struct slice *records, uint32_t max)
{
    uint32_t count = 0;
    bool whole;
    if (b->at >= b->bytes.n || max == 0) return 0;
    switch (b->kind) {
    case INGEST_BODY_LINES:
    case INGEST_BODY_CSV: count = next_lines(b, records, max); break;
    case INGEST_BODY_JSON:
        if (format_is_array(b->format, b->bytes)) return next_elements(b, records, max, &whole);
        count = next_values(b, records, max);
        break;
    case INGEST_BODY_WHOLE:
    default: /* a number from a file */
        records[count++] = b->bytes;
        b->at = b->bytes.n;
        break;
    }
    b->record += count;
    return count;
}

uint32_t ingest_body_count(struct ingest_body *b)
{
    enum { SOME = 256 };
    struct slice records[SOME];
    bool whole = true;
    bool array = b->kind == INGEST_BODY_JSON && format_is_array(b->format, b->bytes);
    uint32_t count = 0, some = SOME;
    b->at = 0;
    b->record = 0;
    while (some == SOME && whole) {
        some = array ? next_elements(b, records, SOME, &whole) : ingest_body_next(b, records, SOME);
        count += some;
    }
    if (!whole) {
        b->kind = INGEST_BODY_WHOLE;
        count = 1;
    }
    b->at = 0;
    b->record = 0;
    return count;
}

/* ---- event time ---- */

uint32_t ingest_event_time(const struct schema *schema)
{
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->fields[i].type->time_attribute == TIME_ROWTIME) return i;
    return UINT32_MAX;
}

bool ingest_lacks_time(const struct batch *b, uint32_t first, uint32_t column)
{
    if (column == UINT32_MAX || !b->columns[column]->has_nulls) return false;
    for (uint32_t i = first; i < b->rows; i++)
        if (!column_is_valid(b->columns[column], i)) return true;
    return false;
}

void ingest_bad_time(struct bad_records *bad, uint32_t column)
{
    format_bad_record(bad, 0, column, 0, "the event time is missing or NULL");
}
