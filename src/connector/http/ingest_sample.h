/* ingest_sample.h - a body of made-up values that a table accepts, to be shown and copied. */
#pragma once
#include "format/format.h"

/* One record, in `a`; times are now. */
MUST_USE struct err *ingest_sample(const struct format_def *format,
    const struct format_params *params, int64_t now_ms, struct arena *a, const char **out);
