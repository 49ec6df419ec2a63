/* Reads the text of type_print; parameters may be left out where SQL has a default. */
#include "base/arena.h"
#include "type/type.h"

struct parser {
    struct arena *arena;
    struct slice text;
    size_t at;
};

static struct err *parse(struct parser *p, int depth, const struct type **out);

static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.n && p->text.p[p->at] == ' ') p->at++;
}

static bool accept(struct parser *p, const char *token)
{
    size_t n = strlen(token);
    skip_blanks(p);
    if (p->text.n - p->at < n || memcmp(p->text.p + p->at, token, n) != 0) return false;
    p->at += n;
    return true;
}

static struct err *fail(const struct parser *p, const char *expected)
{
    struct text_pos pos = {.line = 1, .column = (uint32_t)p->at + 1, .offset = (uint32_t)p->at};
    size_t n = p->text.n < 200 ? p->text.n : 200;
    FAIL_AT(ERR_SYNTAX, pos, "%s is expected at position %zu of type '%.*s'", expected, p->at + 1,
        (int)n, p->text.p);
}

static struct slice read_word(struct parser *p)
{
    skip_blanks(p);
    size_t begin = p->at;
    while (p->at < p->text.n) {
        char c = p->text.p[p->at];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')) break;
        p->at++;
    }
    return (struct slice){p->text.p + begin, p->at - begin};
}

static struct err *read_number(struct parser *p, int32_t *out)
{
    skip_blanks(p);
    size_t begin = p->at;
    while (p->at < p->text.n && p->text.p[p->at] >= '0' && p->text.p[p->at] <= '9') p->at++;
    if (!num_parse_i32((struct slice){p->text.p + begin, p->at - begin}, out))
        return fail(p, "a number");
    return NULL;
}

/* `name`, with `` for a back-tick. */
static struct err *read_name(struct parser *p, struct slice *out)
{
    if (!accept(p, "`")) return fail(p, "'`'");
    char *name = arena_alloc(p->arena, p->text.n - p->at + 1);
    size_t n = 0;
    while (p->at < p->text.n) {
        char c = p->text.p[p->at++];
        if (c == '`') {
            if (p->at == p->text.n || p->text.p[p->at] != '`') {
                *out = (struct slice){name, n};
                return NULL;
            }
            p->at++;
        }
        name[n++] = c;
    }
    return fail(p, "'`'");
}

static struct err *parse_row(struct parser *p, int depth, struct type *t)
{
    struct type_field fields[TYPE_FIELDS_MAX > 64 ? 64 : TYPE_FIELDS_MAX];
    struct type_field *all = fields;
    uint32_t count = 0, capacity = sizeof fields / sizeof *fields;
    while (!accept(p, ">")) {
        if (count && !accept(p, ",")) return fail(p, "',' or '>'");
        if (count == TYPE_FIELDS_MAX)
            FAIL(ERR_LIMIT_EXCEEDED, "a ROW has at most %d fields", TYPE_FIELDS_MAX);
        if (count == capacity) {
            struct type_field *more = ARENA_ARRAY(p->arena, struct type_field, TYPE_FIELDS_MAX);
            memcpy(more, all, sizeof *all * count);
            all = more;
            capacity = TYPE_FIELDS_MAX;
        }
        TRY(read_name(p, &all[count].name));
        TRY(parse(p, depth + 1, &all[count].type));
        count++;
    }
    *t = *type_row(p->arena, all, count, true);
    return NULL;
}

static struct err *parse_nested(struct parser *p, int depth, struct type *t)
{
    if (!accept(p, "<")) return fail(p, "'<'");
    if (t->kind == TYPE_ROW) return parse_row(p, depth, t);
    if (t->kind == TYPE_MAP) {
        TRY(parse(p, depth + 1, &t->key));
        if (!accept(p, ",")) return fail(p, "','");
    }
    TRY(parse(p, depth + 1, &t->element));
    return accept(p, ">") ? NULL : fail(p, "'>'");
}

/* Checks what stands in parentheses against the kind. */
static struct err *check_parameters(const struct type *t)
{
    bool ok = true;
    if (t->kind == TYPE_DECIMAL)
        ok = t->precision >= 1 && t->precision <= TYPE_DECIMAL_PRECISION_MAX && t->scale >= 0 &&
             t->scale <= t->precision;
    else if (t->kind == TYPE_INTERVAL_SECOND ||
             (t->kind >= TYPE_TIME && t->kind <= TYPE_TIMESTAMP_LTZ))
        ok = t->precision >= 0 && t->precision <= 9;
    else if (t->kind < TYPE_CHAR || t->kind > TYPE_VARBINARY)
        FAIL(ERR_SYNTAX, "a type that takes no parameters has some");
    if (!ok)
        FAIL(ERR_OUT_OF_RANGE, "precision %d or scale %d is out of range", t->precision, t->scale);
    return NULL;
}

static struct err *parse_parameters(struct parser *p, struct type *t)
{
    if (!accept(p, "(")) return NULL;
    TRY(read_number(p, &t->precision));
    if (t->kind == TYPE_DECIMAL && accept(p, ",")) TRY(read_number(p, &t->scale));
    if (!accept(p, ")")) return fail(p, "')'");
    return check_parameters(t);
}

static bool find_kind(struct slice word, enum type_kind *out)
{
    static const struct {
        const char *name;
        enum type_kind kind;
    } table[] = {
#define X(kind, name) {name, kind},
        TYPE_KIND_LIST(X)
#undef X
            {"STRING", TYPE_VARCHAR},
        {"BYTES", TYPE_VARBINARY}, {"INTEGER", TYPE_INTEGER}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!slice_eq(word, slice_of(table[i].name))) continue;
        *out = table[i].kind;
        return true;
    }
    return false;
}

static struct err *parse(struct parser *p, int depth, const struct type **out)
{
    if (depth > TYPE_DEPTH_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "types nest at most %d deep", TYPE_DEPTH_MAX);
    size_t begin = p->at;
    struct slice word = read_word(p);
    struct type t = {.nullable = true};
    if (slice_eq(word, SLICE("INTERVAL"))) {
        struct slice unit = read_word(p);
        if (slice_eq(unit, SLICE("MONTH")))
            t.kind = TYPE_INTERVAL_MONTH;
        else if (slice_eq(unit, SLICE("SECOND")))
            t.kind = TYPE_INTERVAL_SECOND;
        else
            return fail(p, "MONTH or SECOND");
    } else if (!find_kind(word, &t.kind)) {
        p->at = begin;
        return fail(p, "the name of a type");
    }
    if (t.kind >= TYPE_ARRAY) {
        TRY(parse_nested(p, depth, &t));
    } else {
        t = *type_simple(t.kind);
        TRY(parse_parameters(p, &t));
    }
    if (accept(p, "NOT NULL")) t.nullable = t.kind == TYPE_NULL;
    if (accept(p, "*ROWTIME*")) t.time_attribute = TIME_ROWTIME;
    if (accept(p, "*PROCTIME*")) t.time_attribute = TIME_PROCTIME;
    if (t.time_attribute != TIME_NONE && !(type_is_timestamp(&t) && t.precision <= 3))
        return fail(p, "no time attribute");
    struct type *made = ARENA_NEW(p->arena, struct type);
    *made = t;
    *out = made;
    return NULL;
}

struct err *type_parse(struct arena *a, struct slice text, const struct type **out)
{
    struct parser p = {.arena = a, .text = text};
    TRY(parse(&p, 0, out));
    skip_blanks(&p);
    return p.at == text.n ? NULL : fail(&p, "the end");
}
