#include "format/format.h"

/* The list is made by meson.build, one word a format. */
#define X(name) extern const struct format_def name##_format;
#include "format_list.inc"
#undef X

static const struct format_def *const formats[] = {
#define X(name) &name##_format,
#include "format_list.inc"
#undef X
};
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

const struct format_def *format_find(struct slice name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (slice_eq(name, slice_of(formats[i]->name))) return formats[i];
    return NULL;
}

const struct format_def *const *format_all(size_t *count)
{
    *count = FORMAT_COUNT;
    return formats;
}

void format_bad_record(
    struct bad_records *bad, uint32_t record, uint32_t column, size_t offset, const char *fmt, ...)
{
    if (bad->count < BAD_RECORDS_MAX) {
        struct bad_record *b = &bad->records[bad->count];
        b->record = record;
        b->column = column;
        b->offset = offset < UINT32_MAX ? (uint32_t)offset : UINT32_MAX;
        va_list args;
        va_start(args, fmt);
        vsnprintf(b->reason, sizeof b->reason, fmt, args);
        va_end(args);
    }
    bad->count++;
}
