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

struct err *agg_infer_fail(const char *name, const struct func_infer *in, const char *forms)
{
    if (in->arg_count != 1)
        FAIL(ERR_UNDEFINED_FUNCTION,
            "Invalid number of arguments to function '%s'. Was expecting 1 arguments", name);
    const struct func_def def = {.name = name};
    return func_infer_fail(&def, in, forms);
}
