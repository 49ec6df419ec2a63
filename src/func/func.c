#include "func/func.h"

#include "base/check.h"
#include "func/registry.h"

enum { NAMES_MAX = 1024 };

static bool has_name(const struct func_def *def, struct slice name)
{
    if (slice_eq_nocase(slice_of(def->name), name)) return true;
    for (const char *const *alias = def->aliases; alias && *alias; alias++)
        if (slice_eq_nocase(slice_of(*alias), name)) return true;
    return false;
}

const struct func_def *const *func_all(size_t *count)
{
    *count = func_registry_count;
    return func_registry;
}

const struct func_def *func_find(struct slice name)
{
    for (size_t i = 0; i < func_registry_count; i++)
        if (has_name(func_registry[i], name)) return func_registry[i];
    return NULL;
}

/* Names a script can call, aliases included. */
static size_t callable_names(const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < func_registry_count; i++) {
        const struct func_def *def = func_registry[i];
        if (def->flags & FUNC_OPERATOR) continue;
        ASSERT(count < NAMES_MAX);
        names[count++] = def->name;
        for (const char *const *alias = def->aliases; alias && *alias; alias++) {
            ASSERT(count < NAMES_MAX);
            names[count++] = *alias;
        }
    }
    return count;
}

struct err *func_resolve(struct slice name, struct text_pos pos, const struct func_def **out)
{
    const struct func_def *def = func_find(name);
    if (def && !(def->flags & FUNC_OPERATOR)) {
        *out = def;
        return NULL;
    }
    const char *names[NAMES_MAX];
    const char *nearest = str_nearest(name, names, callable_names(names));
    struct err *e = err_at(
        ERR(ERR_UNDEFINED_FUNCTION, "function '%.*s' does not exist", (int)name.n, name.p), pos);
    return nearest ? err_hint(e, "Did you mean %s?", nearest) : e;
}
