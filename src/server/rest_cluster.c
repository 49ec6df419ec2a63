#include <inttypes.h>
#include <stdarg.h>

#include "base/arena.h"
#include "server/metrics.h"
#include "server/rest.h"
#include "server/writer.h"

int rest_error(struct buf *out, int status, const char *fmt, ...)
{
    char text[ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    buf_clear(out);
    writer_object(out, NULL);
    writer_array(out, "errors");
    writer_text(out, NULL, text);
    writer_end_array(out);
    writer_end_object(out);
    return status;
}

static uint32_t count_jobs(const struct view *v, const char *state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->job_count; i++)
        count += strcmp(view_state_name(v->jobs[i].state), state) == 0;
    return count;
}

int rest_overview(const struct rest_request *r, struct buf *out)
{
    const struct view *v = r->view;
    uint32_t total = view_slots_total(v);
    writer_object(out, NULL);
    writer_u64(out, "taskmanagers", 1);
    writer_u64(out, "slots-total", total);
    writer_u64(out, "slots-available", total - view_slots_taken(v));
    writer_u64(out, "jobs-running", count_jobs(v, "RUNNING") + count_jobs(v, "CANCELLING"));
    writer_u64(out, "jobs-finished", count_jobs(v, "FINISHED"));
    writer_u64(out, "jobs-cancelled", count_jobs(v, "CANCELED"));
    writer_u64(out, "jobs-failed", count_jobs(v, "FAILED"));
    writer_format(out, "flink-version", "weir %s", v->version);
    writer_text(out, "flink-commit", v->version);
    writer_end_object(out);
    return 200;
}

int rest_config(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_u64(out, "refresh-interval", 3000);
    writer_text(out, "timezone-name", "Coordinated Universal Time");
    writer_u64(out, "timezone-offset", 0);
    writer_format(out, "flink-version", "weir %s", r->view->version);
    writer_text(out, "flink-revision", r->view->version);
    writer_object(out, "features");
    writer_bool(out, "web-submit", false);
    writer_bool(out, "web-cancel", true);
    writer_bool(out, "web-rescale", false);
    writer_bool(out, "web-history", false);
    writer_end_object(out);
    writer_end_object(out);
    return 200;
}

static void write_resource(struct buf *out, const char *key, double cores, uint64_t bytes)
{
    writer_object(out, key);
    writer_double(out, "cpuCores", cores);
    writer_u64(out, "taskHeapMemory", bytes >> 20);
    writer_u64(out, "taskOffHeapMemory", 0);
    writer_u64(out, "managedMemory", 0);
    writer_u64(out, "networkMemory", 0);
    writer_object(out, "extendedResources");
    writer_end_object(out);
    writer_end_object(out);
}

/* The process is the one task manager; its budget is all on Flink's heap, as nothing is set aside.
 */
int rest_taskmanagers(const struct rest_request *r, struct buf *out)
{
    const struct view *v = r->view;
    uint64_t limit = v->memory_limit_bytes, used = v->memory_bytes;
    writer_object(out, NULL);
    writer_array(out, "taskmanagers");
    writer_object(out, NULL);
    writer_format(out, "id", "weir-%s", v->address);
    writer_format(out, "path", "http://%s", v->address);
    writer_i64(out, "dataPort", -1);
    writer_i64(out, "jmxPort", -1);
    writer_i64(out, "timeSinceLastHeartbeat", v->now_ms);
    writer_u64(out, "slotsNumber", view_slots_total(v));
    writer_u64(out, "freeSlots", view_slots_total(v) - view_slots_taken(v));
    writer_u64(out, "assignedTasks", view_slots_taken(v));
    write_resource(out, "totalResource", v->cores, limit);
    write_resource(out, "freeResource", v->cores, limit > used ? limit - used : 0);
    writer_object(out, "hardware");
    writer_u64(out, "cpuCores", v->cores);
    writer_u64(out, "physicalMemory", v->machine_bytes);
    writer_u64(out, "freeMemory", limit > used ? limit - used : 0);
    writer_u64(out, "managedMemory", 0);
    writer_end_object(out);
    writer_object(out, "memoryConfiguration");
    static const char *const none[] = {"frameworkHeap", "frameworkOffHeap", "taskOffHeap",
        "networkMemory", "managedMemory", "jvmMetaspace", "jvmOverhead"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) writer_u64(out, none[i], 0);
    writer_u64(out, "taskHeap", limit);
    writer_u64(out, "totalFlinkMemory", limit);
    writer_u64(out, "totalProcessMemory", limit);
    writer_end_object(out);
    writer_end_object(out);
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}

int rest_jobmanager_config(const struct rest_request *r, struct buf *out)
{
    writer_array(out, NULL);
    for (uint32_t i = 0; i < r->view->config_count; i++) {
        writer_object(out, NULL);
        writer_text(out, "key", r->view->config[2 * i]);
        writer_text(out, "value", r->view->config[2 * i + 1]);
        writer_end_object(out);
    }
    writer_end_array(out);
    return 200;
}

int rest_jars(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_format(out, "address", "http://%s", r->view->address);
    writer_array(out, "files");
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}

int rest_cluster_metrics(const struct rest_request *r, struct buf *out)
{
    metrics_values(r->view, METRIC_CLUSTER, NULL, UINT32_MAX, r->get, out);
    return 200;
}
