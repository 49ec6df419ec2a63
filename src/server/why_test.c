#include "server/why.h"

#include "server/view_fixture_test.h"
#include "test.h"

static struct fixture f;
static struct why why;

static void look(void)
{
    why_find(&f.view, &f.job, &why);
}

static const struct why_reason *find(const char *name)
{
    for (uint32_t i = 0; i < why.count; i++)
        if (strcmp(why.reasons[i].name, name) == 0) return &why.reasons[i];
    return NULL;
}

/* The first reason is `name`, and its text holds `part`. */
static bool says(const char *name, const char *part)
{
    look();
    const struct why_reason *r = &why.reasons[0];
    if (strcmp(r->name, name) == 0 && strstr(r->text, part)) return true;
    for (uint32_t i = 0; i < why.count; i++)
        printf("# %s: %s\n", why.reasons[i].name, why.reasons[i].text);
    return false;
}

/* Nothing comes out: the sink gets no rows. */
static void make_silent(void)
{
    fixture_make(&f);
    f.operators[FIXTURE_SINK].in_per_second = 0;
}

static void when_rows_come_out_it_says_so_with_rates(void)
{
    fixture_make(&f);
    CHECK(says("well", "25/s in, 25/s out, event time is behind the clock by 2 s"));
    CHECK(why.count == 1);
}

static void a_failed_job_tells_its_error_and_nothing_else(void)
{
    make_silent();
    f.job.state = VIEW_FAILED;
    f.job.error = "disk on fire";
    f.job.ended_ms = FIXTURE_NOW_MS - 3000;
    CHECK(says("failed", "3 s ago: disk on fire"));
    CHECK(why.count == 1);
}

static void an_ended_job_says_when(void)
{
    make_silent();
    f.job.state = VIEW_FINISHED;
    f.job.ended_ms = FIXTURE_NOW_MS - 65000;
    CHECK(says("ended", "finished 1 min 5 s ago"));
    f.job.state = VIEW_CANCELED;
    CHECK(says("ended", "was stopped"));
}

static void a_job_being_stopped_says_since_when(void)
{
    make_silent();
    f.job.state = VIEW_STOPPING;
    f.job.stopping_ms = FIXTURE_NOW_MS - 2000;
    CHECK(says("stopping", "since 2 s"));
}

static void a_failed_checkpoint_is_told_with_its_reason(void)
{
    make_silent();
    f.job.checkpoints.history[1] = f.job.checkpoints.history[0];
    f.job.checkpoints.history[0].status = JOB_CHECKPOINT_FAILED;
    snprintf(f.job.checkpoints.history[0].failure, ERR_MESSAGE_MAX, "no space left");
    f.job.checkpoints.history_count = 2;
    CHECK(says("checkpoint-failed", "no space left"));
    /* One that came later makes up for it. */
    f.job.checkpoints.history[0].status = JOB_CHECKPOINT_COMPLETED;
    f.job.checkpoints.history[1].status = JOB_CHECKPOINT_FAILED;
    look();
    CHECK(!find("checkpoint-failed"));
}

static void a_full_disk_is_told(void)
{
    make_silent();
    f.operators[FIXTURE_SINK].now.disk_full_ms = FIXTURE_NOW_MS - 7000;
    CHECK(says("disk-full", "The disk of 'counts' is full since 7 s"));
    f.operators[FIXTURE_SINK].now.disk_full_ms = 0;
    f.job.checkpoints.sources_paused = true;
    CHECK(says("disk-full", "the disk of '/chk' is full"));
}

static void rows_from_the_future_are_told(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].now.future_rows = 3;
    CHECK(says("future-rows", "3 of the 1000 rows of 'clicks'"));
}

static void a_full_log_is_told(void)
{
    make_silent();
    f.ingest.log_is_full = true;
    CHECK(says("log-full", "'clicks' is full"));
}

static void a_log_that_cannot_be_written_is_told_before_the_silence(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].now.rows_out = f.operators[FIXTURE_SOURCE].before.rows_out = 0;
    f.ingest.log_is_unwritten = true;
    CHECK(says("log-unwritten", "The log of 'clicks' in"));
    f.ingest.log_is_unwritten = false;
    look();
    CHECK(!find("log-unwritten"));
}

static void the_task_that_others_wait_for_is_named(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].now.subtasks_waiting_output = 1;
    f.operators[FIXTURE_CALC].now.subtasks_waiting_output = 1;
    CHECK(says("back-pressure", "'Sink: counts[4]' takes no more"));
}

static void a_source_without_any_row_is_told_with_the_url_to_post_to(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].now.rows_out = 0;
    f.operators[FIXTURE_SOURCE].before.rows_out = 0;
    CHECK(says("no-input", "'clicks' has given no row since the job was started 1 min 0 s ago"));
    CHECK(strstr(why.reasons[0].hint, "POST http://127.0.0.1:8080/clicks"));
    f.ingest.refused = 7;
    look();
    CHECK(strstr(why.reasons[0].hint, "7 POSTs to it were refused"));
}

static void a_source_that_fell_silent_is_told_with_its_last_row(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].rows_out_ms = FIXTURE_NOW_MS - 30000;
    CHECK(says("no-input", "its last row 30 s ago, at 2026-01-01 00:00:30"));
}

static void a_source_at_its_end_is_told(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].now.subtasks_done = 2;
    CHECK(says("no-input", "has come to its end"));
}

static void records_that_are_all_bad_are_told(void)
{
    make_silent();
    f.operators[FIXTURE_SOURCE].now.rows_out = f.operators[FIXTURE_SOURCE].before.rows_out = 0;
    f.operators[FIXTURE_SOURCE].now.bad_records = 12;
    CHECK(says("all-bad", "All 12 records of 'clicks'"));
    f.operators[FIXTURE_SOURCE].now.rows_out = 1;
    look();
    CHECK(!find("all-bad"));
}

static void rows_that_are_all_late_are_told(void)
{
    make_silent();
    f.operators[FIXTURE_WINDOW].now.late_rows = 1000;
    CHECK(says("all-late", "all 1000 that came to 'WindowAggregate[3]'"));
    f.operators[FIXTURE_WINDOW].now.late_rows = 200; /* since before, as many as have come */
    CHECK(says("all-late", "all 200 of the last seconds"));
    f.operators[FIXTURE_WINDOW].now.late_rows = 199;
    look();
    CHECK(!find("all-late"));
    /* Late rows are counted as such also where partial accumulators come in, fewer than rows. */
    f.operators[FIXTURE_WINDOW].now.rows_in = 20;
    f.operators[FIXTURE_WINDOW].before.rows_in = 10;
    look();
    CHECK(!find("all-late"));
}

static void a_condition_that_lets_nothing_pass_is_told(void)
{
    make_silent();
    f.operators[FIXTURE_CALC].now.filtered_rows = 1000;
    CHECK(says("all-filtered", "where=[(a > 2)]"));
    f.operators[FIXTURE_CALC].now.filtered_rows = 999;
    look();
    CHECK(!find("all-filtered"));
}

static void the_split_that_holds_event_time_back_is_named(void)
{
    make_silent();
    f.splits[1].watermark_ms = FIXTURE_NOW_MS - 200000;
    f.splits[1].last_row_ms = FIXTURE_NOW_MS - 190000;
    CHECK(says("held-back", "held back by split 1 of worker 0"));
    CHECK(strstr(why.reasons[0].text, "without a row since 3 min 10 s"));
    CHECK(strstr(why.reasons[0].hint, "table.exec.source.idle-timeout"));
    f.splits[1].idle = true; /* then the others go on without it */
    look();
    CHECK(!find("held-back"));
}

static void the_table_that_holds_event_time_back_is_named(void)
{
    make_silent();
    f.operators[FIXTURE_CALC].gives_event_time = true;
    f.operators[FIXTURE_CALC].table = "slow";
    f.operators[FIXTURE_CALC].now.watermark_ms = FIXTURE_NOW_MS - 90000;
    f.operators[FIXTURE_CALC].watermark_since_ms = FIXTURE_NOW_MS - 60000;
    CHECK(says("held-back", "held back by 'slow': it is at 2025-12-31 23:59:30"));
}

static void make_window(void)
{
    make_silent();
    f.operators[FIXTURE_WINDOW].has_windows = true;
    f.operators[FIXTURE_WINDOW].now.next_fire_ms = FIXTURE_NOW_MS + 9999;
}

static void event_time_that_stands_still_is_told(void)
{
    make_window();
    f.operators[FIXTURE_SOURCE].watermark_since_ms = FIXTURE_NOW_MS - 40000;
    CHECK(says("time-stands-still", "stood at 2026-01-01 00:00:58 for 40 s"));
    f.operators[FIXTURE_SOURCE].now.watermark_ms = WATERMARK_NONE;
    CHECK(says("time-stands-still", "no event time yet"));
}

static void open_windows_say_what_they_wait_for(void)
{
    make_window();
    CHECK(says("open-windows",
        "next closes when event time has reached 2026-01-01 00:01:09.999; it is at 2026-01-01 "
        "00:00:58"));
    f.operators[FIXTURE_WINDOW].now.next_fire_ms = 0; /* no window holds a row */
    look();
    CHECK(!find("open-windows"));
}

static void rows_that_wait_for_a_checkpoint_are_told(void)
{
    make_silent();
    f.operators[FIXTURE_SINK].publishes = true;
    f.operators[FIXTURE_SINK].unpublished_rows = 42;
    CHECK(says("unpublished", "Rows written to 'counts' that can be seen with"));
    CHECK(strstr(why.reasons[0].text, "next checkpoint, in 6 s"));
    f.job.checkpoint_interval_ms = 0;
    CHECK(says("unpublished", "before the job ends: 42"));
}

static void reasons_stand_in_order_of_weight(void)
{
    make_window();
    f.operators[FIXTURE_SINK].publishes = true;
    f.operators[FIXTURE_SINK].unpublished_rows = 42;
    f.operators[FIXTURE_SOURCE].rows_out_ms = FIXTURE_NOW_MS - 30000;
    look();
    CHECK(why.count == 3);
    for (uint32_t i = 1; i < why.count; i++)
        CHECK(why.reasons[i - 1].weight >= why.reasons[i].weight);
}

static void every_rule_has_a_name_and_says_what_it_means(void)
{
    const char *doc;
    size_t count = 0;
    for (; why_name(count, &doc); count++) CHECK(*doc);
    CHECK(count == 18);
}

int main(void)
{
    TEST_RUN(when_rows_come_out_it_says_so_with_rates);
    TEST_RUN(a_failed_job_tells_its_error_and_nothing_else);
    TEST_RUN(an_ended_job_says_when);
    TEST_RUN(a_job_being_stopped_says_since_when);
    TEST_RUN(a_failed_checkpoint_is_told_with_its_reason);
    TEST_RUN(a_full_disk_is_told);
    TEST_RUN(rows_from_the_future_are_told);
    TEST_RUN(a_full_log_is_told);
    TEST_RUN(a_log_that_cannot_be_written_is_told_before_the_silence);
    TEST_RUN(the_task_that_others_wait_for_is_named);
    TEST_RUN(a_source_without_any_row_is_told_with_the_url_to_post_to);
    TEST_RUN(a_source_that_fell_silent_is_told_with_its_last_row);
    TEST_RUN(a_source_at_its_end_is_told);
    TEST_RUN(records_that_are_all_bad_are_told);
    TEST_RUN(rows_that_are_all_late_are_told);
    TEST_RUN(a_condition_that_lets_nothing_pass_is_told);
    TEST_RUN(the_split_that_holds_event_time_back_is_named);
    TEST_RUN(the_table_that_holds_event_time_back_is_named);
    TEST_RUN(event_time_that_stands_still_is_told);
    TEST_RUN(open_windows_say_what_they_wait_for);
    TEST_RUN(rows_that_wait_for_a_checkpoint_are_told);
    TEST_RUN(reasons_stand_in_order_of_weight);
    TEST_RUN(every_rule_has_a_name_and_says_what_it_means);
    return TEST_END();
}
