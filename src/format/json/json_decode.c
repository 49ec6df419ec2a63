#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "format/base64.h"
#include "format/json/json.h"
#include "format/json/member.h"
#include "format/json/tape.h"
#include "type/decimal.h"

/* The type tree of the schema, with what decoding a ROW needs. */
struct node {
    const struct type *type;
    struct node **children; /* as the column's */
    struct member_names *names;
    uint64_t *seen; /* per field: number of the object that had it last */
    uint64_t object;
    uint32_t *key_slots; /* scratch of large maps, made when first needed */
};

enum outcome {
    GOOD,
    BAD_VALUE, /* well-formed, but not of the column's type: NULL with ignore-parse-errors */
    MALFORMED
};

struct json_decoder {
    struct decoder base;
    struct arena *arena;
    struct tape tape;
    struct node root;
    bool ignore_errors;
    bool fail_on_missing;
    enum iso_style style;
    struct arena *out_arena; /* of the batch being filled */
    struct buf text;         /* scratch */
    uint32_t column;         /* being read, for errors */
};

enum { TEXT_BYTES_MAX = 2 * TAPE_RECORD_BYTES_MAX, KEY_SLOTS = 32 * 1024, SMALL_MAP = 16 };

static enum outcome read_value(
    struct json_decoder *d, struct node *node, struct column *c, uint32_t row);

static enum outcome malformed(bool good)
{
    return good ? GOOD : MALFORMED;
}

static enum outcome bad_value(struct json_decoder *d, size_t offset, const char *reason)
{
    tape_fail(&d->tape, offset, reason);
    return BAD_VALUE;
}

/* ---- NULL */

static void set_null(struct column *c, uint32_t row)
{
    column_set_null(c, row);
    if (c->layout == LAYOUT_STR) memset((struct str *)c->data + row, 0, sizeof(struct str));
    if (c->layout == LAYOUT_SPAN) ((struct span *)c->data)[row] = (struct span){0, 0};
    if (c->layout != LAYOUT_ROW) return;
    for (uint32_t i = 0; i < c->child_count; i++) set_null(c->children[i], row);
}

/* ---- numbers */

static bool take_i64(struct slice text, const struct tape_number *n, int64_t *out)
{
    if (!n->fraction) {
        uint64_t limit = (uint64_t)INT64_MAX + n->negative;
        if (!n->exact || n->digits > limit) return false;
        *out = (int64_t)(n->negative ? 0 - n->digits : n->digits);
        return true;
    }
    /* As Jackson's getLongValue of a number with a fraction: through double, cut off. */
    double v = tape_number_double(text, n);
    if (!(v >= -0x1p63 && v < 0x1p63)) return false;
    *out = (int64_t)v;
    return true;
}

static bool store_integer(struct column *c, uint32_t row, int64_t v)
{
    switch (c->layout) {
    case LAYOUT_I8: ((int8_t *)c->data)[row] = (int8_t)v; return v == (int8_t)v;
    case LAYOUT_I16: ((int16_t *)c->data)[row] = (int16_t)v; return v == (int16_t)v;
    case LAYOUT_I32: ((int32_t *)c->data)[row] = (int32_t)v; return v == (int32_t)v;
    case LAYOUT_I64: ((int64_t *)c->data)[row] = v; return true;
    case LAYOUT_BOOL:
    case LAYOUT_I128:
    case LAYOUT_F32:
    case LAYOUT_F64:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

/* The unescaped text of a string token; escapes go to the scratch buffer. */
static enum outcome read_text(struct json_decoder *d, struct slice *out)
{
    struct slice raw = tape_string(&d->tape);
    *out = raw;
    if (!tape_has_escapes(&d->tape, raw)) return GOOD;
    if (!tape_check_escapes(&d->tape, raw)) return MALFORMED;
    buf_clear(&d->text);
    if (!buf_reserve(&d->text, raw.n + 1)) return bad_value(d, 0, "text is too long");
    *out = (struct slice){d->text.p, tape_unescape(raw, d->text.p)};
    return GOOD;
}

/* A scalar that must be a number; anything else well-formed is a bad value. */
static enum outcome read_number(struct json_decoder *d, struct slice *text, struct tape_number *n)
{
    uint32_t token = d->tape.next;
    size_t offset = tape_offset(&d->tape);
    char c = tape_peek(&d->tape);
    if (c == '-' || (c >= '0' && c <= '9')) {
        *text = tape_scalar(&d->tape);
        if (tape_number(*text, n)) return GOOD;
        d->tape.next = token;
    }
    if (!tape_skip(&d->tape)) return MALFORMED;
    return bad_value(d, offset, "not a number");
}

static enum outcome read_integer(struct json_decoder *d, struct column *c, uint32_t row)
{
    size_t offset = tape_offset(&d->tape);
    int64_t v = 0;
    if (tape_peek(&d->tape) == '"') {
        struct slice text;
        enum outcome o = read_text(d, &text);
        if (o != GOOD) return o;
        if (!num_parse_i64(slice_trim(text), &v))
            return bad_value(d, offset, "the text is not a whole number");
    } else {
        struct slice text;
        struct tape_number n;
        enum outcome o = read_number(d, &text, &n);
        if (o != GOOD) return o;
        if (n.fraction && (c->layout == LAYOUT_I8 || c->layout == LAYOUT_I16))
            return bad_value(d, offset, "the number has a fraction");
        if (!take_i64(text, &n, &v)) return bad_value(d, offset, "the number is out of range");
    }
    if (!store_integer(c, row, v)) return bad_value(d, offset, "the number is out of range");
    return GOOD;
}

static enum outcome read_float(struct json_decoder *d, struct column *c, uint32_t row)
{
    size_t offset = tape_offset(&d->tape);
    bool wide = c->layout == LAYOUT_F64;
    double *f64 = (double *)c->data + row;
    float *f32 = (float *)c->data + row;
    struct slice text;
    if (tape_peek(&d->tape) == '"') {
        enum outcome o = read_text(d, &text);
        if (o != GOOD) return o;
        text = slice_trim(text);
        bool good = text.n <= TAPE_NUMBER_CHARS_MAX &&
                    (wide ? num_parse_double_java(text, f64) : num_parse_float_java(text, f32));
        return good ? GOOD : bad_value(d, offset, "the text is not a number");
    }
    struct tape_number n;
    enum outcome o = read_number(d, &text, &n);
    if (o != GOOD) return o;
    if (wide)
        *f64 = tape_number_double(text, &n);
    else
        *f32 = tape_number_float(text, &n);
    return GOOD;
}

static enum outcome read_decimal(struct json_decoder *d, struct column *c, uint32_t row)
{
    size_t offset = tape_offset(&d->tape);
    i128 *out = (i128 *)c->data + row;
    struct slice text;
    if (tape_peek(&d->tape) == '"') {
        enum outcome o = read_text(d, &text);
        if (o != GOOD) return o;
        text = slice_trim(text);
        if (text.n > TAPE_NUMBER_CHARS_MAX)
            return bad_value(d, offset, "a number is longer than 128 characters");
    } else {
        struct tape_number n;
        enum outcome o = read_number(d, &text, &n);
        if (o != GOOD) return o;
    }
    switch (decimal_parse(text, c->type->precision, c->type->scale, out)) {
    case DECIMAL_PARSE_OK: return GOOD;
    case DECIMAL_PARSE_OVERFLOW: set_null(c, row); return GOOD; /* as DecimalData */
    case DECIMAL_PARSE_INVALID: return bad_value(d, offset, "the text is not a number");
    }
    UNREACHABLE();
}

static enum outcome read_boolean(struct json_decoder *d, struct column *c, uint32_t row)
{
    size_t offset = tape_offset(&d->tape);
    uint8_t *out = (uint8_t *)c->data + row;
    char first = tape_peek(&d->tape);
    if (first == '"') { /* Boolean.parseBoolean: anything but "true" is false */
        struct slice text;
        enum outcome o = read_text(d, &text);
        *out = o == GOOD && slice_eq_nocase(slice_trim(text), SLICE("true"));
        return o;
    }
    if (!tape_skip(&d->tape)) return MALFORMED;
    *out = first == 't';
    return first == '{' || first == '[' ? bad_value(d, offset, "not a truth value") : GOOD;
}

/* ---- text, bytes, times */

static enum outcome read_string(struct json_decoder *d, struct column *c, uint32_t row)
{
    struct str *out = (struct str *)c->data + row;
    struct tape *t = &d->tape;
    char first = tape_peek(t);
    if (first == '"') {
        struct slice raw = tape_string(t);
        if (!tape_has_escapes(t, raw)) {
            *out = str_view(raw.p, (uint32_t)raw.n);
            return GOOD;
        }
        if (!tape_check_escapes(t, raw)) return MALFORMED;
        char *text = arena_alloc_raw(d->out_arena, raw.n);
        *out = str_view(text, (uint32_t)tape_unescape(raw, text));
        return GOOD;
    }
    buf_clear(&d->text);
    if (first == '{' || first == '[') {
        if (!tape_render(t, &d->text)) return MALFORMED;
        if (d->text.overflow) return bad_value(d, 0, "text is too long");
        *out = str_copy(d->out_arena, d->text.p, (uint32_t)d->text.n);
        return GOOD;
    }
    uint32_t token = t->next;
    if (!tape_skip(t)) return MALFORMED;
    t->next = token;
    struct slice text = tape_scalar(t);
    *out = str_view(text.p, (uint32_t)text.n);
    return GOOD;
}

/* The text of a string; other well-formed values are bad. */
static enum outcome read_quoted(struct json_decoder *d, struct slice *text)
{
    size_t offset = tape_offset(&d->tape);
    if (tape_peek(&d->tape) == '"') return read_text(d, text);
    if (!tape_skip(&d->tape)) return MALFORMED;
    return bad_value(d, offset, "text in quotes is expected");
}

static enum outcome read_bytes(struct json_decoder *d, struct column *c, uint32_t row)
{
    size_t offset = tape_offset(&d->tape), size;
    struct slice text;
    enum outcome o = read_quoted(d, &text);
    if (o != GOOD) return o;
    char *bytes = arena_alloc_raw(d->out_arena, text.n / 4 * 3 + 1);
    if (!base64_decode(text, bytes, &size)) return bad_value(d, offset, "not base 64");
    ((struct str *)c->data)[row] = str_view(bytes, (uint32_t)size);
    return GOOD;
}

static enum outcome read_time(struct json_decoder *d, struct column *c, uint32_t row)
{
    size_t offset = tape_offset(&d->tape);
    struct slice text;
    struct timestamp ts;
    enum outcome o = read_quoted(d, &text);
    if (o != GOOD) return o;
    int32_t *i32 = (int32_t *)c->data + row;
    if (c->type->kind == TYPE_DATE) {
        if (!iso_parse_date(text, i32)) return bad_value(d, offset, "not a date yyyy-MM-dd");
    } else if (c->type->kind == TYPE_TIME) {
        if (!iso_parse_time(text, false, true, i32))
            return bad_value(d, offset, "not a time HH:mm:ss");
    } else {
        bool zulu = c->type->kind == TYPE_TIMESTAMP_LTZ;
        if (!iso_parse_timestamp(text, d->style, zulu, &ts))
            return bad_value(d, offset,
                d->style == ISO_SQL
                    ? zulu ? "not a time yyyy-MM-dd HH:mm:ssZ" : "not a time yyyy-MM-dd HH:mm:ss"
                : zulu ? "not a time yyyy-MM-ddTHH:mm:ssZ"
                       : "not a time yyyy-MM-ddTHH:mm:ss");
        if (c->layout == LAYOUT_I128)
            ((i128 *)c->data)[row] = datetime_to_ns(ts);
        else
            ((int64_t *)c->data)[row] = ts.ms;
    }
    return GOOD;
}

/* ---- nested values */

/* Row number of the next element; the span's children have room for it. */
static uint32_t add_element(struct json_decoder *d, struct column *c)
{
    uint32_t at = c->child_rows++;
    if (at >= c->children[0]->capacity) {
        c->child_rows--;
        column_reserve_children(c, at + 1, d->out_arena);
        c->child_rows++;
    }
    return at;
}

static bool enter(struct tape *t)
{
    if (t->depth == TAPE_DEPTH_MAX) return tape_fail_here(t, "nested deeper than 64 levels");
    t->next++;
    t->depth++;
    return true;
}

/* A value of another shape than the column's. */
static enum outcome wrong_shape(struct json_decoder *d, const char *reason)
{
    size_t offset = tape_offset(&d->tape);
    if (!tape_skip(&d->tape)) return MALFORMED;
    return bad_value(d, offset, reason);
}

/* After a bad value the rest of the array or object is still checked, so that a malformed record
 * is never taken for one with a bad value. */
static enum outcome read_array(
    struct json_decoder *d, struct node *node, struct column *c, uint32_t row)
{
    struct tape *t = &d->tape;
    if (tape_peek(t) != '[') return wrong_shape(d, "an array is expected");
    if (!enter(t)) return MALFORMED;
    struct span span = {c->child_rows, 0};
    bool closed = tape_take(t, ']');
    while (!closed) {
        enum outcome o = read_value(d, node->children[0], c->children[0], add_element(d, c));
        if (o != GOOD) return o;
        closed = tape_take(t, ']');
        if (!closed && !tape_take(t, ','))
            return malformed(tape_fail_here(t, "',' or ']' is missing"));
    }
    span.count = c->child_rows - span.first;
    ((struct span *)c->data)[row] = span;
    t->depth--;
    return GOOD;
}

/* A member's raw name and its colon. */
static enum outcome read_name(struct tape *t, struct slice *raw, uint32_t position)
{
    if (tape_peek(t) != '"')
        return malformed(tape_fail_here(t, "a member's name in quotes is missing"));
    if (position >= TAPE_MEMBERS_MAX)
        return malformed(tape_fail_here(t, "an object has more than 10000 members"));
    size_t offset = tape_offset(t);
    *raw = tape_string(t);
    if (raw->n > TAPE_KEY_BYTES_MAX)
        return malformed(tape_fail(t, offset, "a name is longer than 64 KiB"));
    if (!tape_take(t, ':')) return malformed(tape_fail_here(t, "':' is missing after a name"));
    return GOOD;
}

/* Row of an equal key among the span's entries so far, or UINT32_MAX. */
static uint32_t find_key(
    struct node *node, const struct column *keys, struct span span, struct str key, struct arena *a)
{
    const struct str *all = keys->data;
    if (span.count <= SMALL_MAP) {
        for (uint32_t i = 0; i < span.count; i++)
            if (str_equal(&all[span.first + i], &key)) return span.first + i;
        return UINT32_MAX;
    }
    if (!node->key_slots) node->key_slots = ARENA_ARRAY(a, uint32_t, KEY_SLOTS);
    uint32_t *slots = node->key_slots;
    if (span.count == SMALL_MAP + 1) {
        memset(slots, 0, KEY_SLOTS * sizeof *slots);
        for (uint32_t i = 0; i < span.count; i++) {
            struct slice s = str_slice(&all[span.first + i]);
            uint64_t at = hash_bytes(s.p, s.n, 0) % KEY_SLOTS;
            while (slots[at]) at = (at + 1) % KEY_SLOTS;
            slots[at] = i + 1;
        }
    }
    uint64_t at = hash_bytes(str_bytes(&key), key.size, 0) % KEY_SLOTS;
    for (; slots[at]; at = (at + 1) % KEY_SLOTS)
        if (str_equal(&all[span.first + slots[at] - 1], &key)) return span.first + slots[at] - 1;
    slots[at] = span.count + 1;
    return UINT32_MAX;
}

/* One entry; of equal keys the last value stays. */
static enum outcome read_entry(
    struct json_decoder *d, struct node *node, struct column *c, struct span *span, uint32_t n)
{
    struct slice raw;
    enum outcome o = read_name(&d->tape, &raw, n);
    if (o != GOOD) return o;
    struct str key = str_view(raw.p, (uint32_t)raw.n);
    if (tape_has_escapes(&d->tape, raw)) {
        if (!tape_check_escapes(&d->tape, raw)) return MALFORMED;
        char *text = arena_alloc_raw(d->out_arena, raw.n);
        key = str_view(text, (uint32_t)tape_unescape(raw, text));
    }
    uint32_t at = find_key(node, c->children[0], *span, key, d->arena);
    if (at == UINT32_MAX) {
        at = add_element(d, c);
        ((struct str *)c->children[0]->data)[at] = key;
        column_set_valid(c->children[0], at);
        span->count++;
    }
    return read_value(d, node->children[1], c->children[1], at);
}

static enum outcome read_map(
    struct json_decoder *d, struct node *node, struct column *c, uint32_t row)
{
    struct tape *t = &d->tape;
    if (tape_peek(t) != '{') return wrong_shape(d, "an object is expected");
    if (!enter(t)) return MALFORMED;
    struct span span = {c->child_rows, 0};
    bool closed = tape_take(t, '}');
    for (uint32_t n = 0; !closed; n++) {
        enum outcome o = read_entry(d, node, c, &span, n);
        if (o != GOOD) return o;
        closed = tape_take(t, '}');
        if (!closed && !tape_take(t, ','))
            return malformed(tape_fail_here(t, "',' or '}' is missing"));
    }
    ((struct span *)c->data)[row] = span;
    t->depth--;
    return GOOD;
}

/* Field of a member's name, which may have escapes. */
static enum outcome find_field(
    struct json_decoder *d, struct node *node, uint32_t position, struct slice raw, int32_t *field)
{
    if (!tape_has_escapes(&d->tape, raw)) {
        *field = member_at(node->names, position, raw);
        return GOOD;
    }
    if (!tape_check_escapes(&d->tape, raw)) return MALFORMED;
    buf_clear(&d->text);
    if (!buf_reserve(&d->text, raw.n + 1)) return bad_value(d, 0, "a name is too long");
    *field = member_find(node->names, (struct slice){d->text.p, tape_unescape(raw, d->text.p)});
    return GOOD;
}

/* Fields that no member named. */
static enum outcome fill_missing(
    struct json_decoder *d, struct node *node, struct column *const *columns, uint32_t row)
{
    for (uint32_t i = 0; i < node->names->count; i++) {
        if (node->seen[i] == node->object) continue;
        if (d->fail_on_missing) {
            if (node == &d->root) d->column = i;
            return bad_value(d, 0, "the field is missing");
        }
        set_null(columns[i], row);
    }
    return GOOD;
}

/* The members of an object, whose '{' is next, into row `row` of the columns. */
static enum outcome read_object(
    struct json_decoder *d, struct node *node, struct column *const *columns, uint32_t row)
{
    struct tape *t = &d->tape;
    if (!enter(t)) return MALFORMED;
    uint64_t object = ++node->object;
    uint32_t found = 0;
    bool closed = tape_take(t, '}');
    for (uint32_t n = 0; !closed; n++) {
        struct slice raw;
        int32_t field;
        enum outcome o = read_name(t, &raw, n);
        if (o == GOOD) o = find_field(d, node, n, raw, &field);
        if (o != GOOD) return o;
        if (field == MEMBER_NONE) {
            o = malformed(tape_skip(t));
        } else {
            if (node == &d->root) d->column = (uint32_t)field;
            o = read_value(d, node->children[field], columns[field], row);
            bool is_first = node->seen[field] != object;
            found += is_first;
            d->base.duplicate_keys += !is_first; /* the last one wins */
            node->seen[field] = object;
        }
        if (o != GOOD) return o;
        closed = tape_take(t, '}');
        if (!closed && !tape_take(t, ','))
            return malformed(tape_fail_here(t, "',' or '}' is missing"));
    }
    t->depth--;
    return found == node->names->count ? GOOD : fill_missing(d, node, columns, row);
}

static enum outcome convert(
    struct json_decoder *d, struct node *node, struct column *c, uint32_t row)
{
    switch (c->type->kind) {
    case TYPE_NULL: set_null(c, row); return malformed(tape_skip(&d->tape));
    case TYPE_BOOLEAN: return read_boolean(d, c, row);
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return read_integer(d, c, row);
    case TYPE_FLOAT:
    case TYPE_DOUBLE: return read_float(d, c, row);
    case TYPE_DECIMAL: return read_decimal(d, c, row);
    case TYPE_CHAR:
    case TYPE_VARCHAR: return read_string(d, c, row);
    case TYPE_BINARY:
    case TYPE_VARBINARY: return read_bytes(d, c, row);
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return read_time(d, c, row);
    case TYPE_ARRAY: return read_array(d, node, c, row);
    case TYPE_MAP:
    case TYPE_MULTISET: return read_map(d, node, c, row);
    case TYPE_ROW:
        if (tape_peek(&d->tape) != '{') return wrong_shape(d, "an object is expected");
        return read_object(d, node, c->children, row);
    }
    UNREACHABLE();
}

static enum outcome read_value(
    struct json_decoder *d, struct node *node, struct column *c, uint32_t row)
{
    struct tape *t = &d->tape;
    uint32_t token = t->next, depth = t->depth;
    if (tape_peek(t) == 'n') {
        set_null(c, row);
        return malformed(tape_skip(t));
    }
    column_set_valid(c, row);
    enum outcome o = convert(d, node, c, row);
    if (o != BAD_VALUE) return o;
    /* What follows may still be malformed, and with ignore-parse-errors reading goes on there. */
    size_t offset = t->offset;
    const char *reason = t->reason;
    t->next = token;
    t->depth = depth;
    if (!tape_skip(t)) return MALFORMED;
    if (!d->ignore_errors) {
        tape_fail(t, offset, reason);
        return BAD_VALUE;
    }
    set_null(c, row);
    return GOOD;
}

/* ---- records */

/* One object; true when it became a row. */
static enum outcome read_row(struct json_decoder *d, struct batch *out)
{
    d->column = UINT32_MAX;
    if (tape_peek(&d->tape) != '{') {
        size_t offset = tape_offset(&d->tape);
        return tape_skip(&d->tape) ? bad_value(d, offset, "the record is no object") : MALFORMED;
    }
    enum outcome o = read_object(d, &d->root, out->columns, out->rows);
    if (o == GOOD) out->rows++;
    return o;
}

/* An array of objects is as many rows, as in Flink, as far as there is room. */
static enum outcome read_rows(struct json_decoder *d, struct batch *out, uint32_t room)
{
    struct tape *t = &d->tape;
    if (!enter(t)) return MALFORMED;
    bool closed = tape_take(t, ']');
    for (uint32_t n = 0; !closed; n++) {
        if (n == room)
            return bad_value(
                d, tape_offset(t), "an array of more records than a batch has room for");
        enum outcome o = read_row(d, out);
        if (o != GOOD) return o;
        closed = tape_take(t, ']');
        if (!closed && !tape_take(t, ','))
            return malformed(tape_fail_here(t, "',' or ']' is missing"));
    }
    t->depth--;
    return GOOD;
}

static enum outcome read_record(
    struct json_decoder *d, struct slice record, struct batch *out, uint32_t room)
{
    d->column = UINT32_MAX;
    switch (tape_start(&d->tape, record)) {
    case TAPE_BAD: return MALFORMED;
    case TAPE_NOTHING: return GOOD;
    case TAPE_TOKENS: break;
    }
    uint32_t rows = out->rows;
    enum outcome o = tape_peek(&d->tape) == '[' ? read_rows(d, out, room) : read_row(d, out);
    if (o == GOOD) o = malformed(tape_finish(&d->tape));
    if (o != GOOD) out->rows = rows;
    return o;
}

struct err *json_decode(struct decoder *base, const struct slice *records, uint32_t count,
    struct batch *out, struct bad_records *bad, uint64_t *skipped)
{
    struct json_decoder *d = (struct json_decoder *)base;
    ASSERT(count <= out->capacity - out->rows);
    d->out_arena = out->arena;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t room = out->capacity - out->rows - (count - i - 1);
        enum outcome o = read_record(d, records[i], out, room);
        if (o == GOOD) continue;
        if (d->ignore_errors && !base->describes_all)
            ++*skipped;
        else
            format_bad_record(bad, i, o == BAD_VALUE ? d->column : UINT32_MAX, d->tape.offset, "%s",
                d->tape.reason);
    }
    return NULL;
}

/* ---- life */

static struct node *node_new(struct arena *a, const struct type *t);

static void init_row(
    struct arena *a, struct node *node, const struct type_field *fields, uint32_t count)
{
    node->names = member_names_new(a, fields, count);
    node->seen = ARENA_ARRAY(a, uint64_t, count + 1);
    node->children = ARENA_ARRAY(a, struct node *, count + 1);
    for (uint32_t i = 0; i < count; i++) node->children[i] = node_new(a, fields[i].type);
}

static struct node *node_new(struct arena *a, const struct type *t)
{
    struct node *node = ARENA_NEW(a, struct node);
    node->type = t;
    if (t->kind == TYPE_ROW) {
        init_row(a, node, t->fields, t->field_count);
    } else if (t->kind == TYPE_ARRAY) {
        node->children = ARENA_ARRAY(a, struct node *, 1);
        node->children[0] = node_new(a, t->element);
    } else if (t->kind == TYPE_MAP || t->kind == TYPE_MULTISET) {
        bool map = t->kind == TYPE_MAP;
        node->children = ARENA_ARRAY(a, struct node *, 2);
        node->children[0] = node_new(a, map ? t->key : t->element);
        node->children[1] = node_new(a, map ? t->element : type_simple(TYPE_INTEGER));
    }
    return node;
}

struct err *json_decoder_new(const struct format_params *p, struct decoder **out)
{
    struct json_decoder *d = mem_alloc(sizeof *d);
    d->arena = arena_new(4096);
    tape_init(&d->tape);
    buf_init(&d->text, TEXT_BYTES_MAX);
    d->ignore_errors = option_bool(p->options, json_options, "ignore-parse-errors");
    d->fail_on_missing = option_bool(p->options, json_options, "fail-on-missing-field");
    d->style = json_timestamp_style(p->options);
    init_row(d->arena, &d->root, p->schema->fields, p->schema->count);
    *out = &d->base;
    return NULL;
}

void json_decoder_free(struct decoder *base)
{
    struct json_decoder *d = (struct json_decoder *)base;
    tape_deinit(&d->tape);
    buf_free(&d->text);
    arena_free(d->arena);
    mem_free(d);
}
