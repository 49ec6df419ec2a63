#include "connector/filesystem/line_reader.h"

#include "base/check.h"
#include "base/mem.h"

enum { FIRST_BYTES = 1 << 20, LINE_PADDING = 64 };

/* Bytes from the front move down, so the record that is cut off at the end can be completed. */
static void make_room(struct line_reader *r)
{
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    if (r->end < r->capacity) return;
    r->capacity *= 2;
    r->buffer = mem_realloc(r->buffer, r->capacity + LINE_PADDING);
}

static struct err *fill(struct line_reader *r)
{
    size_t got;
    make_room(r);
    TRY(byte_reader_read(r->bytes, r->buffer + r->end, r->capacity - r->end, &got));
    r->end += got;
    r->file_ended = got == 0;
    memset(r->buffer + r->end, 0, LINE_PADDING);
    return NULL;
}

static void consume(struct line_reader *r, size_t n)
{
    r->begin += n;
    r->offset += n;
}

/* Passes over everything up to and with the next '\n'; memory does not grow. */
static struct err *skip_line(struct line_reader *r)
{
    for (;;) {
        const char *at = memchr(r->buffer + r->begin, '\n', r->end - r->begin);
        if (at) {
            consume(r, (size_t)(at + 1 - (r->buffer + r->begin)));
            return NULL;
        }
        consume(r, r->end - r->begin);
        if (r->file_ended) return NULL;
        TRY(fill(r));
    }
}

struct err *line_reader_open(struct line_reader *r, struct env *env, const char *path,
    uint64_t offset, uint64_t stop, bool aligned, const struct format_def *format,
    const struct decoder *decoder)
{
    if (!aligned) offset--;
    memset(r, 0, sizeof *r);
    r->format = format;
    r->decoder = decoder;
    r->offset = offset;
    r->stop = stop;
    r->line = 1;
    r->capacity = FIRST_BYTES;
    r->buffer = mem_alloc(r->capacity + LINE_PADDING);
    struct err *e = byte_reader_open(env, path, offset, &r->bytes);
    if (!e && !aligned) e = skip_line(r);
    if (e) line_reader_close(r);
    return e;
}

void line_reader_keep_heads(struct line_reader *r, size_t bytes)
{
    r->head = mem_alloc(bytes);
    r->head_bytes_max = bytes;
}

void line_reader_close(struct line_reader *r)
{
    byte_reader_close(r->bytes);
    mem_free(r->buffer);
    mem_free(r->head);
    memset(r, 0, sizeof *r);
}

/* Bytes of the record at the front without its '\n', or SIZE_MAX when its end is not there. */
static size_t record_size(const struct line_reader *r)
{
    struct slice rest = {r->buffer + r->begin, r->end - r->begin};
    if (r->format->record_end) return r->format->record_end(r->decoder, rest);
    const char *at = memchr(rest.p, '\n', rest.n);
    return at ? (size_t)(at - rest.p) : SIZE_MAX;
}

static struct err *oversized(struct line_reader *r, bool skip)
{
    if (!skip)
        return err_hint(ERR(ERR_BAD_RECORD, "line %llu at byte %llu is longer than 8 MiB",
                            (unsigned long long)r->line, (unsigned long long)r->offset),
            "json and csv leave such records out with their option 'ignore-parse-errors'.");
    r->head_bytes = r->end - r->begin;
    if (r->head_bytes > r->head_bytes_max) r->head_bytes = r->head_bytes_max;
    if (r->head_bytes) memcpy(r->head, r->buffer + r->begin, r->head_bytes);
    r->oversized++;
    r->line++;
    return skip_line(r);
}

struct err *line_reader_next(struct line_reader *r, struct slice *records, uint32_t max,
    bool skip_oversized, uint32_t *count, bool *ended)
{
    *count = 0;
    *ended = false;
    while (*count < max) {
        if (r->offset >= r->stop) break;
        size_t n = record_size(r);
        size_t left = r->end - r->begin;
        if (n == SIZE_MAX && r->file_ended) {
            if (left == 0) break;
            n = left; /* the last line has no end */
        }
        if (n == SIZE_MAX && left <= LINE_RECORD_BYTES_MAX) {
            if (*count > 0) return NULL; /* filling the buffer would move them */
            TRY(fill(r));
            continue;
        }
        if (n == SIZE_MAX || n > LINE_RECORD_BYTES_MAX) {
            if (*count > 0) return NULL;
            return oversized(r, skip_oversized);
        }
        struct slice record = {r->buffer + r->begin, n};
        bool alone = format_is_array(r->format, record);
        if (alone && *count > 0) return NULL;
        records[(*count)++] = record;
        consume(r, n < left ? n + 1 : n);
        r->line++;
        if (alone) return NULL;
    }
    *ended = *count == 0;
    return NULL;
}
