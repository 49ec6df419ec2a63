/* registry.h - the tables that meson generates from the lists in src/func/meson.build. */
#pragma once
#include <stddef.h>

struct agg_def;
struct func_def;

extern const struct func_def *const func_registry[]; /* NULL at the end */
extern const size_t func_registry_count;
extern const struct agg_def *const agg_registry[];
extern const size_t agg_registry_count;
