#include "connector/filesystem/filesystem.h"

#include "base/arena.h"
#include "connector/filesystem/file_list.h"
#include "connector/filesystem/glob.h"

const struct option_def filesystem_options[] = {
    {"path", OPTION_STRING, NULL, true, NULL, "A file, a folder with all below it, or a pattern."},
    {"partition.default-name", OPTION_STRING, "__DEFAULT_PARTITION__", false, NULL,
        "Folder of NULL and empty partition values."},
    {"source.monitor-interval", OPTION_DURATION, NULL, false, "1..",
        "Look for new files that often; without it the source ends."},
    {"source.path.regex-pattern", OPTION_STRING, NULL, false, NULL,
        "Read only files whose whole path matches."},
    {"source.report-statistics", OPTION_ENUM, "ALL", false, "ALL|NONE", "Accepted."},
    {"sink.rolling-policy.file-size", OPTION_SIZE, "128 mb", false, "1..",
        "A part is finished when it is that large."},
    {"sink.rolling-policy.rollover-interval", OPTION_DURATION, "30 min", false, "1..",
        "A part is finished when it was begun so long ago."},
    {"sink.rolling-policy.inactivity-interval", OPTION_DURATION, "30 min", false, "1..",
        "A part is finished when nothing was written for so long."},
    {"sink.rolling-policy.check-interval", OPTION_DURATION, "1 min", false, "1..", "Accepted."},
    {"sink.shuffle-by-partition.enable", OPTION_BOOL, "false", false, NULL, "Accepted."},
    {"sink.partition-commit.trigger", OPTION_ENUM, "process-time", false,
        "process-time|partition-time", "When a partition is complete; only process-time."},
    {"sink.partition-commit.delay", OPTION_DURATION, "0 s", false, NULL, "Only 0: not delayed."},
    {"sink.partition-commit.watermark-time-zone", OPTION_STRING, "UTC", false, NULL, "Accepted."},
    {"sink.partition-commit.policy.kind", OPTION_STRING, NULL, false, NULL,
        "success-file: an empty file is written into a partition with every publication."},
    {"sink.partition-commit.success-file.name", OPTION_STRING, "_SUCCESS", false, NULL,
        "Name of that file."},
    {"partition.time-extractor.kind", OPTION_STRING, "default", false, NULL, "Accepted."},
    {"partition.time-extractor.timestamp-pattern", OPTION_STRING, NULL, false, NULL, "Accepted."},
    {"partition.time-extractor.timestamp-formatter", OPTION_STRING, NULL, false, NULL, "Accepted."},
    {"auto-compaction", OPTION_BOOL, "false", false, NULL, "Only false."},
    {"compaction.file-size", OPTION_SIZE, NULL, false, NULL, "Accepted."},
    {"compaction.parallelism", OPTION_INT, NULL, false, NULL, "Accepted."}, {0}};

static struct err *refuse_unsupported(const struct options *o)
{
    const struct option_def *table = filesystem_options;
    if (option_bool(o, table, "auto-compaction"))
        FAIL(ERR_UNSUPPORTED, "'auto-compaction' of connector 'filesystem' is not supported");
    struct slice policy = option_string(o, table, "sink.partition-commit.policy.kind");
    if (!policy.p) return NULL;
    if (!slice_eq(policy, SLICE("success-file")))
        FAIL(ERR_UNSUPPORTED,
            "'sink.partition-commit.policy.kind' = '%.*s' is not supported, only 'success-file'",
            (int)policy.n, policy.p);
    if (slice_eq_nocase(
            option_string(o, table, "sink.partition-commit.trigger"), SLICE("partition-time")))
        FAIL(ERR_UNSUPPORTED,
            "'sink.partition-commit.trigger' = 'partition-time' is not supported, only "
            "'process-time'");
    if (option_duration_ms(o, table, "sink.partition-commit.delay") != 0)
        FAIL(ERR_UNSUPPORTED, "'sink.partition-commit.delay' is not supported, only '0 s'");
    struct slice name = option_string(o, table, "sink.partition-commit.success-file.name");
    if (name.n == 0 || memchr(name.p, '/', name.n))
        FAIL(ERR_INVALID_OPTION, "'sink.partition-commit.success-file.name' is no file name");
    return NULL;
}

static struct err *validate(const struct connector_params *p)
{
    char *path;
    struct arena *a = arena_new(1024);
    struct err *e =
        file_list_plain_path(a, option_string(p->options, filesystem_options, "path"), &path);
    arena_free(a);
    struct slice regex = option_string(p->options, filesystem_options, "source.path.regex-pattern");
    if (!e && regex.p) e = file_list_check_regex(regex);
    if (!e) e = refuse_unsupported(p->options);
    if (!e && p->partition_key_count >= p->table_schema->count)
        e = ERR(ERR_INVALID_DEFINITION, "a table needs a column that is not in PARTITIONED BY");
    return e;
}

static bool is_bounded(const struct connector_params *p)
{
    struct slice ignored;
    return !option_find(p->options, "source.monitor-interval", &ignored);
}

static row_kinds sink_kinds(const struct connector_params *p)
{
    (void)p;
    return ROW_KINDS_INSERT_ONLY;
}

extern const struct connector_def filesystem_connector;
const struct connector_def filesystem_connector = {
    .name = "filesystem",
    .doc = "Files and folders of files.",
    .flags = CONNECTOR_SOURCE | CONNECTOR_SINK | CONNECTOR_FORMAT,
    .options = filesystem_options,
    .validate = validate,
    .sink_kinds = sink_kinds,
    .bounded = is_bounded,
    .source_open = filesystem_source_open,
    .poll = filesystem_poll,
    .source_snapshot = filesystem_source_snapshot,
    .source_restore = filesystem_source_restore,
    .source_close = filesystem_source_close,
    .sink_open = filesystem_sink_open,
    .write = filesystem_write,
    .flush = filesystem_flush,
    .sink_snapshot = filesystem_sink_snapshot,
    .sink_restore = filesystem_sink_restore,
    .sink_recovered = filesystem_sink_recovered,
    .sink_checkpoint_complete = filesystem_sink_checkpoint_complete,
    .finish = filesystem_finish,
    .sink_close = filesystem_sink_close,
};
