#include "op/agg_spec.h"

bool agg_specs_combinable(const struct agg_spec *specs, uint32_t count, bool retract)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_call *call = &specs[i].call;
        unsigned flags = call->def->flags(call);
        if (specs[i].distinct || !(flags & AGG_PLAIN) || flags & AGG_ORDERED) return false;
        if (retract && !(flags & AGG_RETRACTS)) return false;
    }
    return true;
}
