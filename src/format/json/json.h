/* json.h - private to format/json: what decoder and encoder share. */
#pragma once
#include "format/format.h"
#include "format/iso.h"

enum json_map_null { JSON_MAP_NULL_FAIL, JSON_MAP_NULL_DROP, JSON_MAP_NULL_LITERAL };

extern const struct option_def json_options[];

MUST_USE struct err *json_decoder_new(const struct format_params *p, struct decoder **out);
MUST_USE struct err *json_decode(struct decoder *d, const struct slice *records, uint32_t count,
    struct batch *out, struct bad_records *bad, uint64_t *skipped);
void json_decoder_free(struct decoder *d);
MUST_USE struct err *json_encoder_new(const struct format_params *p, struct encoder **out);
MUST_USE struct err *json_encode(struct encoder *e, const struct batch *b, uint32_t first,
    uint32_t count, struct buf *out, size_t *ends);
void json_encoder_free(struct encoder *e);

static inline enum iso_style json_timestamp_style(const struct options *o)
{
    struct slice text = option_string(o, json_options, "timestamp-format.standard");
    return slice_eq_nocase(text, SLICE("ISO-8601")) ? ISO_8601 : ISO_SQL;
}
