/* physical.h - from the optimised logical plan to the graph that runs: operators with parameters,
 * exchanges, changelog modes. */
#pragma once
#include "phys/phys.h"
#include "plan/logic/logic.h"

struct config;

struct physical_params {
    struct arena *arena; /* the graph's; holds the logical plan too */
    const struct config *config;
    const struct time_zone *zone;
    struct env *env;
    void *harness;
};

/* `roots` are sinks. Refuses by name what the operators do not do (ERR_UNSUPPORTED), and sinks that
 * cannot take what they would get. */
MUST_USE struct err *physical_plan(const struct physical_params *params,
    const struct logic *const *roots, uint32_t count, const struct phys_graph **out);
