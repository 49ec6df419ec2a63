#include "type/schema.h"

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
