#include "format/json/json.h"

const struct option_def json_options[] = {
    {"fail-on-missing-field", OPTION_BOOL, "false", false, NULL,
        "A record without one of the columns is bad; otherwise the column is NULL."},
    {"ignore-parse-errors", OPTION_BOOL, "false", false, NULL,
        "Values that do not fit are NULL and malformed records are left out and counted."},
    {"timestamp-format.standard", OPTION_ENUM, "SQL", false, "SQL|ISO-8601",
        "2020-01-02 03:04:05.1 or 2020-01-02T03:04:05.1; TIMESTAMP_LTZ ends with Z."},
    {"map-null-key.mode", OPTION_ENUM, "FAIL", false, "FAIL|DROP|LITERAL",
        "What is written for a MAP entry whose key is NULL."},
    {"map-null-key.literal", OPTION_STRING, "null", false, NULL, "The key with LITERAL."},
    {"encode.decimal-as-plain-number", OPTION_BOOL, "false", false, NULL,
        "Write DECIMAL with all its digits, never 1E+2."},
    {"encode.ignore-null-fields", OPTION_BOOL, "false", false, NULL,
        "Leave out fields that are NULL."},
    {"decode.json-parser.enabled", OPTION_BOOL, "true", false, NULL, "Accepted."}, {0}};

static struct err *check_type(const struct type *t, struct slice column)
{
    switch (t->kind) {
    case TYPE_ARRAY: return check_type(t->element, column);
    case TYPE_MAP:
    case TYPE_MULTISET: {
        const struct type *key = t->kind == TYPE_MAP ? t->key : t->element;
        if (!type_is_character(key))
            FAIL(ERR_UNSUPPORTED,
                "format 'json' needs text as keys of MAP and MULTISET; column '%.*s' has others",
                (int)column.n, column.p);
        return t->kind == TYPE_MAP ? check_type(t->element, column) : NULL;
    }
    case TYPE_ROW:
        for (uint32_t i = 0; i < t->field_count; i++) TRY(check_type(t->fields[i].type, column));
        return NULL;
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return NULL;
    }
    return NULL;
}

static struct err *validate(const struct format_params *p)
{
    if (option_bool(p->options, json_options, "fail-on-missing-field") &&
        option_bool(p->options, json_options, "ignore-parse-errors"))
        FAIL(ERR_INVALID_OPTION, "fail-on-missing-field and ignore-parse-errors of format 'json' "
                                 "cannot both be true");
    const struct schema *all = p->table_schema ? p->table_schema : p->schema;
    for (uint32_t i = 0; i < all->count; i++)
        TRY(check_type(all->fields[i].type, all->fields[i].name));
    return NULL;
}

extern const struct format_def json_format;
const struct format_def json_format = {
    .name = "json",
    .doc = "One JSON object a record.",
    .framing = FORMAT_LINES,
    .reads_arrays = true,
    .kinds = ROW_KINDS_INSERT_ONLY,
    .options = json_options,
    .validate = validate,
    .decoder_new = json_decoder_new,
    .decode = json_decode,
    .decoder_free = json_decoder_free,
    .encoder_new = json_encoder_new,
    .encode = json_encode,
    .encoder_free = json_encoder_free,
};
