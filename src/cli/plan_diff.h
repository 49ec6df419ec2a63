/* plan_diff.h - what has changed between two plans, in words for the person who changed a script.
 */
#pragma once
#include "base/str.h"

struct phys_graph;

/* Lines "  - .." of the plan before and "  + .." of the plan now where their EXPLAIN differs; where
 * it does not, the parameters of operators that do: "Sink(table=[..]): "path": "/a" was ..". At
 * most a screen of it. */
void plan_diff(const struct phys_graph *before, const struct phys_graph *now, struct buf *out);
