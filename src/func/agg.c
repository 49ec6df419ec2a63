#include "func/agg.h"

#include "func/registry.h"

const struct agg_def *agg_find(struct slice name)
{
    for (size_t i = 0; i < agg_registry_count; i++) {
        const struct agg_def *def = agg_registry[i];
        if (slice_eq_nocase(slice_of(def->name), name)) return def;
        for (const char *const *alias = def->aliases; alias && *alias; alias++) {
            if (slice_eq_nocase(slice_of(*alias), name)) return def;
        }
    }
    return NULL;
}

const struct agg_def *const *agg_all(size_t *count)
{
    *count = agg_registry_count;
    return agg_registry;
}
