/* op_table.h - the table that a source reads or a sink writes, as a part of their parameters. */
#pragma once
#include "connector/connector.h"
#include "op/op.h"

struct op_table {
    const char *connector;
    struct options options;
    const char *name;            /* "default_catalog.default_database.t" */
    const struct schema *schema; /* physical columns */
    const uint32_t *primary_key; /* indexes into schema */
    uint32_t primary_key_count;
    const uint32_t *partition_keys; /* PARTITIONED BY, the same */
    uint32_t partition_key_count;
};

/* What a connector gets that is opened by an operator: all of the table's columns. */
struct connector_params op_table_connector(const struct op_table *t, const struct op_ctx *ctx);

/* JSON, in two parts: what comes between them is the operator's. Decoding leaves connector, name
 * and schema to be checked, as any of them may be NULL; `last_column` is the greatest that a key
 * may name. */
struct json_reader;
void op_table_encode(const struct op_table *t, struct buf *out);
void op_table_encode_keys(const struct op_table *t, struct buf *out);
MUST_USE struct err *op_table_decode(struct arena *a, struct json_reader *r, struct op_table *out);
MUST_USE struct err *op_table_decode_keys(
    struct arena *a, struct json_reader *r, uint32_t last_column, struct op_table *out);
