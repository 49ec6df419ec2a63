#include "connector/http/ingest_sample.h"

#include "base/arena.h"
#include "base/mem.h"
#include "type/value.h"

enum { SAMPLE_BYTES_MAX = 16 << 10 };
#define DAY_MS INT64_C(86400000)

static struct value make_text(struct arena *a, const struct type_field *f)
{
    struct slice text = slice_of(str_fmt(a, "%.*s 1", (int)f->name.n, f->name.p));
    size_t most = (size_t)f->type->precision;
    if (text.n > most) text.n = most;
    return (struct value){.text = text};
}

static struct value make(struct arena *a, const struct type_field *f, int64_t now_ms);

/* Types are at most TYPE_DEPTH_MAX deep. */
static struct value make_row(struct arena *a, const struct type *t, int64_t now_ms)
{
    struct value v = {.list = {ARENA_ARRAY(a, struct value, t->field_count + 1), t->field_count}};
    for (uint32_t i = 0; i < t->field_count; i++) v.list.items[i] = make(a, &t->fields[i], now_ms);
    return v;
}

static struct value make(struct arena *a, const struct type_field *f, int64_t now_ms)
{
    const struct type *t = f->type;
    bool wide = t->precision > 3;
    switch (t->kind) {
    case TYPE_BOOLEAN: return (struct value){.boolean = true};
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT: return (struct value){.i64 = 1};
    case TYPE_FLOAT: return (struct value){.f32 = 1.5f};
    case TYPE_DOUBLE: return (struct value){.f64 = 1.5};
    case TYPE_DECIMAL: return (struct value){.wide = 1};
    case TYPE_VARCHAR:
    case TYPE_VARBINARY: return make_text(a, f);
    case TYPE_BINARY:
    case TYPE_CHAR: {
        struct slice text = {arena_alloc(a, (size_t)t->precision + 1), (size_t)t->precision};
        memset((char *)(uintptr_t)text.p, 'a', text.n);
        return (struct value){.text = text};
    }
    case TYPE_DATE: return (struct value){.i64 = now_ms / DAY_MS};
    case TYPE_TIME: return (struct value){.i64 = now_ms % DAY_MS / 1000 * 1000};
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        if (wide) return (struct value){.wide = (i128)now_ms * 1000000};
        return (struct value){.i64 = t->precision == 3 ? now_ms : now_ms / 1000 * 1000};
    case TYPE_ROW: return make_row(a, t, now_ms);
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET: return (struct value){.list = {NULL, 0}};
    case TYPE_NULL:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: break;
    }
    return value_null();
}

static struct err *encode(const struct format_def *format, const struct format_params *params,
    const struct batch *b, struct buf *out)
{
    struct encoder *encoder;
    size_t end;
    TRY(format->encoder_new(params, &encoder));
    struct err *e = format->encode(encoder, b, 0, 1, out, &end);
    format->encoder_free(encoder);
    return e;
}

struct err *ingest_sample(const struct format_def *format, const struct format_params *params,
    int64_t now_ms, struct arena *a, const char **out)
{
    struct batch *b = batch_new(params->schema, 1);
    struct buf text;
    buf_init(&text, SAMPLE_BYTES_MAX);
    for (uint32_t i = 0; i < params->schema->count; i++) {
        struct value v = make(b->arena, &params->schema->fields[i], now_ms);
        column_set_value(b->columns[i], 0, &v, b->arena);
    }
    b->rows = 1;
    b->insert_only = true;
    struct err *e = format->encoder_new ? encode(format, params, b, &text) : NULL;
    bool shown = !text.overflow && !memchr(text.p ? text.p : "", '\0', text.n);
    *out = shown ? slice_to_cstr(a, buf_slice(&text)) : "";
    buf_free(&text);
    batch_free(b);
    return e;
}
