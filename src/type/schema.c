#include "type/schema.h"

#include "base/arena.h"
#include "base/check.h"

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
