#include "func/func_pattern.h"

#include "base/arena.h"
#include "base/check.h"

#define KIND(kind) (UINT32_C(1) << (kind))
#define KINDS(first, last) ((KIND((last) + 1) - 1) & ~(KIND(first) - 1))

/* `target` is the kind that arguments of other kinds are cast to when there is a choice. */
static const struct {
    const char *word;
    uint32_t kinds;
    enum type_kind target;
} words[] = {
    {"BOOLEAN", KIND(TYPE_BOOLEAN), TYPE_BOOLEAN},
    {"TINYINT", KIND(TYPE_TINYINT), TYPE_TINYINT},
    {"SMALLINT", KIND(TYPE_SMALLINT), TYPE_SMALLINT},
    {"INT", KIND(TYPE_INTEGER), TYPE_INTEGER},
    {"BIGINT", KIND(TYPE_BIGINT), TYPE_BIGINT},
    {"FLOAT", KIND(TYPE_FLOAT), TYPE_FLOAT},
    {"DOUBLE", KIND(TYPE_DOUBLE), TYPE_DOUBLE},
    {"DECIMAL", KIND(TYPE_DECIMAL), TYPE_DECIMAL},
    {"STRING", KINDS(TYPE_CHAR, TYPE_VARCHAR), TYPE_VARCHAR},
    {"LITERAL_STRING", KINDS(TYPE_CHAR, TYPE_VARCHAR), TYPE_VARCHAR},
    {"BYTES", KINDS(TYPE_BINARY, TYPE_VARBINARY), TYPE_VARBINARY},
    {"DATE", KIND(TYPE_DATE), TYPE_DATE},
    {"TIME", KIND(TYPE_TIME), TYPE_TIME},
    {"TIMESTAMP", KIND(TYPE_TIMESTAMP), TYPE_TIMESTAMP},
    {"TIMESTAMP_LTZ", KIND(TYPE_TIMESTAMP_LTZ), TYPE_TIMESTAMP_LTZ},
    {"INTERVAL MONTH", KIND(TYPE_INTERVAL_MONTH), TYPE_INTERVAL_MONTH},
    {"INTERVAL SECOND", KIND(TYPE_INTERVAL_SECOND), TYPE_INTERVAL_SECOND},
    {"NUMERIC", KINDS(TYPE_TINYINT, TYPE_DECIMAL), TYPE_INTEGER},
    {"INTEGRAL", KINDS(TYPE_TINYINT, TYPE_BIGINT), TYPE_INTEGER},
    {"EXACT", KINDS(TYPE_TINYINT, TYPE_BIGINT) | KIND(TYPE_DECIMAL), TYPE_INTEGER},
    {"APPROXIMATE", KINDS(TYPE_FLOAT, TYPE_DOUBLE), TYPE_DOUBLE},
    {"DATETIME", KINDS(TYPE_DATE, TYPE_TIMESTAMP_LTZ), TYPE_TIMESTAMP},
    {"INTERVAL", KINDS(TYPE_INTERVAL_MONTH, TYPE_INTERVAL_SECOND), TYPE_INTERVAL_SECOND},
    {"ARRAY", KIND(TYPE_ARRAY), TYPE_NULL},
    {"MAP", KIND(TYPE_MAP), TYPE_NULL},
    {"MULTISET", KIND(TYPE_MULTISET), TYPE_NULL},
    {"ROW", KIND(TYPE_ROW), TYPE_NULL},
    {"COMPARABLE", KINDS(TYPE_NULL, TYPE_INTERVAL_SECOND), TYPE_NULL},
    {"ANY", KINDS(TYPE_NULL, TYPE_ROW), TYPE_NULL},
};

static bool is_variable(struct slice s, uint32_t *index)
{
    const char *names = "TKV";
    const char *at = s.n == 1 ? strchr(names, s.p[0]) : NULL;
    if (at) *index = (uint32_t)(at - names);
    return at != NULL;
}

static bool inside(struct slice s, const char *open, struct slice *inner)
{
    size_t n = strlen(open);
    if (s.n <= n + 1 || memcmp(s.p, open, n) != 0 || s.p[s.n - 1] != '>') return false;
    *inner = slice_trim((struct slice){s.p + n, s.n - n - 1});
    return true;
}

static bool parse_variable_shape(struct slice text, struct pattern *p)
{
    struct slice inner;
    if (is_variable(text, &p->variables[0])) {
        p->shape = PATTERN_VARIABLE;
        return true;
    }
    if (inside(text, "ARRAY<", &inner) && is_variable(inner, &p->variables[0])) {
        p->shape = PATTERN_ARRAY;
        return true;
    }
    if (!inside(text, "MAP<", &inner)) return false;
    const char *comma = memchr(inner.p, ',', inner.n);
    if (!comma) return false;
    size_t key_size = (size_t)(comma - inner.p);
    struct slice key = {inner.p, key_size};
    struct slice value = slice_trim((struct slice){comma + 1, inner.n - key_size - 1});
    p->shape = PATTERN_MAP;
    return is_variable(key, &p->variables[0]) && is_variable(value, &p->variables[1]);
}

static const struct type *default_type(struct arena *a, enum type_kind kind)
{
    switch (kind) {
    case TYPE_NULL: return NULL;
    case TYPE_VARCHAR: return type_string();
    case TYPE_VARBINARY: return type_bytes();
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
    case TYPE_INTERVAL_SECOND: return type_new(a, kind, 3, 0, true);
    case TYPE_DECIMAL: return type_new(a, kind, 38, 18, true);
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_CHAR:
    case TYPE_BINARY:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL_MONTH:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return type_simple(kind);
    }
    UNREACHABLE();
}

struct pattern func__pattern_parse(struct arena *a, struct slice text)
{
    struct pattern p = {.text = text};
    if (text.n > 1 && text.p[0] == '$') {
        p.shape = PATTERN_ARGUMENT;
        p.argument = (uint32_t)(text.p[1] - '1');
        return p;
    }
    if (text.n == 11 && memcmp(text.p, "VARCHAR($", 9) == 0) {
        p.shape = PATTERN_VARYING;
        p.argument = (uint32_t)(text.p[9] - '1');
        return p;
    }
    if (parse_variable_shape(text, &p)) return p;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!slice_eq(slice_of(words[i].word), text)) continue;
        p.shape = PATTERN_KINDS;
        p.kinds = words[i].kinds;
        p.type = default_type(a, words[i].target);
        p.literal = text.p[0] == 'L';
        return p;
    }
    p.shape = PATTERN_TYPE;
    struct err *e = type_parse(a, text, &p.type);
    ASSERT(!e);
    return p;
}

static void note(struct arena *a, struct bindings *b, uint32_t variable, const struct type *t)
{
    uint32_t n = b->seen_count[variable];
    const struct type **grown = ARENA_ARRAY(a, const struct type *, n + 1);
    for (uint32_t i = 0; i < n; i++) grown[i] = b->seen[variable][i];
    grown[n] = t;
    b->seen[variable] = grown;
    b->seen_count[variable] = n + 1;
}

static bool match_kinds(struct arena *a, const struct pattern *p, const struct type *t, bool casts,
    const struct type **target)
{
    *target = t;
    if (p->kinds >> t->kind & 1) return true;
    if (!casts) return false;
    if (!p->type) return t->kind == TYPE_NULL;
    if (t->kind != TYPE_NULL && !type_castable_implicitly(t, p->type)) return false;
    const struct type *to = p->type;
    if (to->kind == TYPE_DECIMAL && type_is_integer(t)) {
        static const int32_t digits[] = {3, 5, 10, 19};
        to = type_new(a, TYPE_DECIMAL, digits[t->kind - TYPE_TINYINT], 0, true);
    }
    *target = type_with_nullable(a, to, t->nullable);
    return true;
}

bool func__pattern_match(struct arena *a, const struct pattern *p, const struct func_arg *arg,
    bool casts, struct bindings *b, const struct type **target)
{
    const struct type *t = arg->type;
    *target = NULL;
    if (p->literal && (!arg->literal || arg->literal->null)) return false;
    switch (p->shape) {
    case PATTERN_KINDS: return match_kinds(a, p, t, casts, target);
    case PATTERN_TYPE:
        *target = type_with_nullable(a, p->type, t->nullable);
        if (type_equal_ignoring_null(t, p->type)) return true;
        return casts && (t->kind == TYPE_NULL || type_castable_implicitly(t, p->type));
    case PATTERN_VARIABLE: note(a, b, p->variables[0], t); return true;
    case PATTERN_ARRAY:
        if (t->kind != TYPE_ARRAY) return casts && t->kind == TYPE_NULL;
        note(a, b, p->variables[0], t->element);
        return true;
    case PATTERN_MAP:
        if (t->kind != TYPE_MAP) return casts && t->kind == TYPE_NULL;
        note(a, b, p->variables[0], t->key);
        note(a, b, p->variables[1], t->element);
        return true;
    case PATTERN_ARGUMENT:
    case PATTERN_VARYING: break;
    }
    UNREACHABLE();
}

bool func__pattern_unify(struct arena *a, struct bindings *b, bool casts)
{
    for (uint32_t v = 0; v < FUNC_VARIABLES; v++) {
        uint32_t count = b->seen_count[v];
        if (!count) continue;
        for (uint32_t i = 1; i < count && !casts; i++)
            if (!type_equal_ignoring_null(b->seen[v][0], b->seen[v][i])) return false;
        b->common[v] = type_common(a, b->seen[v], count);
        if (!b->common[v]) return false;
    }
    return true;
}

const struct type *func__pattern_type(
    struct arena *a, const struct pattern *p, const struct bindings *b, bool nullable)
{
    const struct type *first = b->common[p->variables[0]];
    switch (p->shape) {
    case PATTERN_VARIABLE: return first ? type_with_nullable(a, first, nullable) : NULL;
    case PATTERN_ARRAY: return first ? type_array(a, first, nullable) : NULL;
    case PATTERN_MAP:
        return first ? type_map(a, first, b->common[p->variables[1]], nullable) : NULL;
    case PATTERN_TYPE:
    case PATTERN_KINDS: return p->type ? type_with_nullable(a, p->type, nullable) : NULL;
    case PATTERN_ARGUMENT:
    case PATTERN_VARYING: return NULL;
    }
    UNREACHABLE();
}
