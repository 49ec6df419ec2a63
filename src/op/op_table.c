#include "op/op_table.h"

#include "op/codec.h"

struct connector_params op_table_connector(const struct op_table *t, const struct op_ctx *ctx)
{
    return (struct connector_params){
        .env = ctx->env,
        .options = &t->options,
        .table_name = t->name,
        .schema = t->schema,
        .table_schema = t->schema,
        .primary_key = t->primary_key,
        .primary_key_count = t->primary_key_count,
        .partition_keys = t->partition_keys,
        .partition_key_count = t->partition_key_count,
        .zone = ctx->zone,
        .job_name = ctx->job_name,
        .uid = ctx->uid,
        .subtask = ctx->subtask,
        .parallelism = ctx->parallelism,
        .batch_rows = ctx->batch_rows,
        .seed = ctx->seed,
        .budget = ctx->budget,
        .durable = ctx->durable,
        .owner = ctx->owner,
        .wake = ctx->wake,
        .wake_context = ctx->wake_context,
        .harness = ctx->harness,
    };
}

void op_table_encode(const struct op_table *t, struct buf *out)
{
    const struct connector_def *def = connector_find(slice_of(t->connector));
    codec_write_text(out, "connector", t->connector);
    codec_write_options(out, "options", &t->options, def ? def->run_options : NULL);
    codec_write_text(out, "table", t->name);
    codec_write_schema(out, "schema", t->schema);
}

void op_table_encode_keys(const struct op_table *t, struct buf *out)
{
    codec_write_u32s(out, "primary_key", t->primary_key, t->primary_key_count);
    codec_write_u32s(out, "partition_keys", t->partition_keys, t->partition_key_count);
}

struct err *op_table_decode(struct arena *a, struct json_reader *r, struct op_table *out)
{
    TRY(codec_read_text(a, r, "connector", &out->connector));
    TRY(codec_read_options(a, r, "options", &out->options));
    TRY(codec_read_text(a, r, "table", &out->name));
    return codec_read_schema(a, r, "schema", &out->schema);
}

struct err *op_table_decode_keys(
    struct arena *a, struct json_reader *r, uint32_t last_column, struct op_table *out)
{
    TRY(codec_read_u32s(
        a, r, "primary_key", last_column, &out->primary_key, &out->primary_key_count));
    return codec_read_u32s(
        a, r, "partition_keys", last_column, &out->partition_keys, &out->partition_key_count);
}
