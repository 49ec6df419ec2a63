#include "type/schema.h"

#include "base/arena.h"
#include "base/check.h"

const char *row_kind_text(enum row_kind kind)
{
    static const char *const texts[] = {"+I", "-U", "+U", "-D"};
    return texts[kind];
}

static const char *const kind_codes[] = {"I", "UB", "UA", "D"};

void row_kinds_print(row_kinds kinds, struct buf *out)
{
    bool first = true;
    for (int kind = ROW_INSERT; kind <= ROW_DELETE; kind++) {
        if (!(kinds >> kind & 1)) continue;
        if (!first) buf_add_char(out, ',');
        buf_add_cstr(out, kind_codes[kind]);
        first = false;
    }
}

static bool find_code(struct slice code, row_kinds *kinds)
{
    for (int kind = ROW_INSERT; kind <= ROW_DELETE; kind++) {
        if (!slice_eq(code, slice_of(kind_codes[kind]))) continue;
        *kinds = (row_kinds)(*kinds | 1 << kind);
        return true;
    }
    return false;
}

struct err *row_kinds_parse(struct slice text, row_kinds *out)
{
    row_kinds kinds = 0;
    struct slice rest = text;
    while (true) {
        const char *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;
        struct slice code = {rest.p, comma ? (size_t)(comma - rest.p) : rest.n};
        code = slice_trim(code);
        if (!find_code(code, &kinds))
            return err_hint(ERR(ERR_INVALID_VALUE, "'%.*s' is not a row kind",
                                (int)(code.n < 40 ? code.n : 40), code.p),
                "write a list of I, UB, UA and D, such as 'I,UA,D'");
        if (!comma) break;
        rest.n -= (size_t)(comma + 1 - rest.p);
        rest.p = comma + 1;
    }
    *out = kinds;
    return NULL;
}

const struct schema *schema_new(struct arena *a, const struct type_field *fields, uint32_t count)
{
    ASSERT(count <= TYPE_FIELDS_MAX);
    struct schema *s = ARENA_NEW(a, struct schema);
    struct type_field *copy = ARENA_ARRAY(a, struct type_field, count);
    if (count) memcpy(copy, fields, sizeof *fields * count);
    s->fields = copy;
    s->count = count;
    return s;
}

int schema_find(const struct schema *s, struct slice name)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (slice_eq(s->fields[i].name, name)) return (int)i;
    return -1;
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    if (a->count != b->count) return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!slice_eq(a->fields[i].name, b->fields[i].name)) return false;
        if (!type_equal(a->fields[i].type, b->fields[i].type)) return false;
    }
    return true;
}
