#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "cli/checkpoints_private.h"
#include "cli/listing.h"
#include "cli/report.h"
#include "phys/phys.h"
#include "type/datetime.h"

/* The plan as EXPLAIN prints it, or why there is none. */
static const char *plan_text(struct look *l, struct slice graph)
{
    const struct phys_graph *decoded;
    struct buf out;
    struct err *e = phys_decode(l->arena, graph, &decoded);
    if (e) {
        char why[ERR_MESSAGE_MAX];
        err_format(e, why, sizeof why);
        err_free(e);
        return str_fmt(l->arena, "cannot be read by this version: %s\n", why);
    }
    buf_init(&out, 16 << 20);
    phys_explain(decoded, false, &out);
    const char *text = slice_to_cstr(l->arena, buf_slice(&out));
    buf_free(&out);
    return text;
}

static bool is_json(struct look *l, struct slice text)
{
    struct json_reader r;
    json_init(&r, text, l->arena);
    struct err *e = json_skip(&r);
    if (!e) e = json_expect(&r, JSON_END);
    err_free(e);
    return !e;
}

static void show_json(struct look *l, const struct found *f, const struct checkpoint_file *files,
    size_t count, const char *plan)
{
    const struct checkpoint_meta *meta = &f->entry.meta;
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    buf_add_char(&out, '{');
    checkpoints__write_found(l, f, &out);
    checkpoints__write_text(&out, "version", meta->version);
    checkpoints__write_i64(&out, "parallelism", meta->parallelism);
    checkpoints__write_i64(&out, "key_groups", meta->key_groups);
    buf_add_cstr(&out, "\"files\": [");
    for (size_t i = 0; i < count; i++) {
        buf_add_cstr(&out, i ? ", {" : "{");
        checkpoints__write_text(&out, "name", files[i].name);
        checkpoints__write_i64(&out, "checkpoint", (int64_t)files[i].checkpoint_id);
        checkpoints__write_i64(&out, "size_bytes", (int64_t)files[i].size_bytes);
        checkpoints__end_object(&out);
    }
    buf_add_cstr(&out, "], ");
    checkpoints__write_text(&out, "plan", plan);
    buf_add_cstr(&out, "\"account\": ");
    buf_add_slice(&out, is_json(l, meta->account) ? meta->account : SLICE("null"));
    buf_add_char(&out, '}');
    checkpoints__print(&out);
}

static const char *kind_text(enum checkpoint_kind kind)
{
    switch (kind) {
    case CHECKPOINT_RUNNING: return "running: the job went on";
    case CHECKPOINT_STOPPED: return "stopped: the job continues from here when it is run again";
    case CHECKPOINT_FINISHED: return "finished: all input was read, nothing is left to continue";
    }
    return "";
}

static void show_head(struct look *l, const struct found *f, size_t file_count)
{
    const struct checkpoint_meta *meta = &f->entry.meta;
    char time[DATETIME_CHARS_MAX + 1];
    time[datetime_format_timestamp(time, (struct timestamp){.ms = meta->completed_ms}, 3)] = 0;
    printf("checkpoint  %" PRIu64 " of job '%s'\n", f->entry.id, f->job);
    printf("kind        %s\n", kind_text(meta->kind));
    printf("completed   %s UTC, %s ago; took %s\n", time,
        checkpoints__duration(l, l->now_ms - meta->completed_ms),
        checkpoints__duration(l, meta->completed_ms - meta->begun_ms));
    printf("written by  weir %s with %" PRIu32 " worker%s, %" PRIu32 " key groups\n", meta->version,
        meta->parallelism, meta->parallelism == 1 ? "" : "s", meta->key_groups);
    printf("path        %s\n", f->entry.path);
    printf("size        %s in %zu file%s and MANIFEST, %s of it new\n\n",
        checkpoints__bytes(l, f->entry.size_bytes), file_count, file_count == 1 ? "" : "s",
        checkpoints__bytes(l, f->entry.new_bytes));
}

static void show_text(struct look *l, const struct found *f, const struct checkpoint_file *files,
    size_t count, const char *plan)
{
    enum { COLUMNS = 3 };
    static const struct listing_column columns[COLUMNS] = {
        {"FILE", false}, {"SIZE", true}, {"OF CHECKPOINT", true}};
    const char **cells = ARENA_ARRAY(l->arena, const char *, count *COLUMNS);
    show_head(l, f, count);
    for (size_t i = 0; i < count; i++) {
        cells[i * COLUMNS] = files[i].name;
        cells[i * COLUMNS + 1] = checkpoints__bytes(l, files[i].size_bytes);
        cells[i * COLUMNS + 2] = str_fmt(l->arena, "%" PRIu64, files[i].checkpoint_id);
    }
    listing_print(stdout, columns, COLUMNS, cells, count);
    printf("%sPLAN\n%s", count ? "\n" : "", plan);
    struct slice account = f->entry.meta.account;
    if (account.n) printf("\nACCOUNT\n");
    if (account.n && !listing_print_objects(stdout, l->arena, account))
        printf("%.*s\n", (int)account.n, account.p);
}

struct err *checkpoints__show(struct look *l, int *code)
{
    const struct found *f = &l->found[0];
    struct checkpoint_meta meta;
    struct checkpoint_file *files;
    size_t count;
    (void)code;
    if (l->job_count > 1)
        return err_hint(ERR(ERR_INVALID_VALUE, "'%s' holds the checkpoints of %" PRIu32 " jobs",
                            l->directory, l->job_count),
            "name one: weir checkpoints show %.*s",
            (int)(checkpoints__last_name(f->entry.path) - f->entry.path - 1), f->entry.path);
    TRY(checkpoint_files(l->env, f->entry.path, false, l->arena, &meta, &files, &count));
    if (f->entry.problem)
        return err_hint(ERR(ERR_CORRUPT, "%s", f->entry.problem),
            "see what else is damaged: weir checkpoints verify %s", f->entry.path);
    const char *plan = plan_text(l, meta.graph);
    if (l->json)
        show_json(l, f, files, count, plan);
    else
        show_text(l, f, files, count, plan);
    return NULL;
}
