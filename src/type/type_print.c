/* Types as text, Flink's asSummaryString. */
#include "base/arena.h"
#include "base/check.h"
#include "type/type.h"

static const char *const names[] = {
#define X(kind, name) [kind] = name,
    TYPE_KIND_LIST(X)
#undef X
};

static void add_number(struct buf *out, int32_t v)
{
    char text[NUM_I64_CHARS];
    buf_add(out, text, num_format_i64(text, v));
}

static void add_precision(struct buf *out, const struct type *t)
{
    buf_add_char(out, '(');
    add_number(out, t->precision);
    if (t->kind == TYPE_DECIMAL) {
        buf_add_cstr(out, ", ");
        add_number(out, t->scale);
    }
    buf_add_char(out, ')');
}

static bool has_precision(enum type_kind kind)
{
    return kind == TYPE_DECIMAL || (kind >= TYPE_CHAR && kind <= TYPE_VARBINARY) ||
           (kind >= TYPE_TIME && kind <= TYPE_TIMESTAMP_LTZ);
}

static void print(const struct type *t, bool with_time_attribute, struct buf *out, int depth);

static void print_fields(const struct type *t, bool attributes, struct buf *out, int depth)
{
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (i) buf_add_cstr(out, ", ");
        buf_add_char(out, '`');
        struct slice name = t->fields[i].name;
        for (size_t k = 0; k < name.n; k++) {
            buf_add_char(out, name.p[k]);
            if (name.p[k] == '`') buf_add_char(out, '`');
        }
        buf_add_cstr(out, "` ");
        print(t->fields[i].type, attributes, out, depth + 1);
    }
}

static void print_children(const struct type *t, bool attributes, struct buf *out, int depth)
{
    buf_add_cstr(out, names[t->kind]);
    buf_add_char(out, '<');
    if (t->kind == TYPE_ROW) print_fields(t, attributes, out, depth);
    if (t->kind == TYPE_MAP) {
        print(t->key, attributes, out, depth + 1);
        buf_add_cstr(out, ", ");
    }
    if (t->kind != TYPE_ROW) print(t->element, attributes, out, depth + 1);
    buf_add_char(out, '>');
}

static void print(const struct type *t, bool with_time_attribute, struct buf *out, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    bool longest = t->precision == TYPE_LENGTH_MAX;
    if (t->kind >= TYPE_ARRAY)
        print_children(t, with_time_attribute, out, depth);
    else if (t->kind == TYPE_VARCHAR && longest)
        buf_add_cstr(out, "STRING");
    else if (t->kind == TYPE_VARBINARY && longest)
        buf_add_cstr(out, "BYTES");
    else {
        buf_add_cstr(out, names[t->kind]);
        if (has_precision(t->kind) || t->kind == TYPE_INTERVAL_SECOND) add_precision(out, t);
    }
    if (!t->nullable) buf_add_cstr(out, " NOT NULL");
    if (!with_time_attribute) return;
    if (t->time_attribute == TIME_ROWTIME) buf_add_cstr(out, " *ROWTIME*");
    if (t->time_attribute == TIME_PROCTIME) buf_add_cstr(out, " *PROCTIME*");
}

void type_print(const struct type *t, bool with_time_attribute, struct buf *out)
{
    print(t, with_time_attribute, out, 0);
}

/* ---- as in messages of the validator ---- */

static const char *standard_name(enum type_kind kind)
{
    if (kind == TYPE_INTEGER) return "INTEGER";
    if (kind == TYPE_TIMESTAMP_LTZ) return "TIMESTAMP_WITH_LOCAL_TIME_ZONE";
    return names[kind];
}

static void print_standard(const struct type *t, struct buf *out, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (t->kind == TYPE_ROW) {
        buf_add_cstr(out, "RecordType(");
        for (uint32_t i = 0; i < t->field_count; i++) {
            if (i) buf_add_cstr(out, ", ");
            print_standard(t->fields[i].type, out, depth + 1);
            buf_add_char(out, ' ');
            buf_add_slice(out, t->fields[i].name);
        }
        buf_add_char(out, ')');
        return;
    }
    if (t->kind >= TYPE_ARRAY) {
        if (t->kind == TYPE_MAP) {
            buf_add_char(out, '(');
            print_standard(t->key, out, depth + 1);
            buf_add_cstr(out, ", ");
        }
        print_standard(t->element, out, depth + 1);
        buf_printf(out, "%s %s", t->kind == TYPE_MAP ? ")" : "", standard_name(t->kind));
        return;
    }
    buf_add_cstr(out, standard_name(t->kind));
    if (has_precision(t->kind)) add_precision(out, t);
}

void type_print_standard(const struct type *t, struct buf *out)
{
    print_standard(t, out, 0);
}

enum { TYPE_TEXT_MAX = 1 << 20 };

static const char *buf_to_cstr(struct arena *a, struct buf *b)
{
    const char *text = slice_to_cstr(a, buf_slice(b));
    buf_free(b);
    return text;
}

const char *type_to_cstr(struct arena *a, const struct type *t)
{
    struct buf b;
    buf_init(&b, TYPE_TEXT_MAX);
    type_print(t, false, &b);
    return buf_to_cstr(a, &b);
}

const char *type_to_standard_cstr(struct arena *a, const struct type *t)
{
    struct buf b;
    buf_init(&b, TYPE_TEXT_MAX);
    type_print_standard(t, &b);
    return buf_to_cstr(a, &b);
}
