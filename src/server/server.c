#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/config.h"
#include "base/env.h"
#include "base/num.h"
#include "base/option.h"
#include "server/server_private.h"

enum {
    REQUESTS_PER_SECOND_MAX = 20,
    BODIES_BYTES_MAX = 8 << 20
}; /* people and pollers, not traffic */
enum { STOP_TIMEOUT_MS = 2000, LINGER_MS = 2500, ADDRESS_BYTES_MAX = 256 };

/* ---- figures of the process ---- */

static double cpu_seconds(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The second number of /proc/self/statm is pages in use. */
static uint64_t resident_bytes(struct env *env)
{
    char text[128];
    size_t n = 0;
    struct env_file *f = NULL;
    struct err *e = env->def->open(env, "/proc/self/statm", ENV_READ, &f);
    if (!e) e = env->def->read(f, 0, text, sizeof text, &n);
    if (f) env->def->close(f);
    err_free(e);
    const char *blank = n ? memchr(text, ' ', n) : NULL;
    if (!blank) return 0;
    struct slice pages = {blank + 1, n - (size_t)(blank + 1 - text)};
    const char *end = memchr(pages.p, ' ', pages.n);
    if (end) pages.n = (size_t)(end - pages.p);
    int64_t count = 0;
    if (!num_parse_i64(pages, &count)) return 0;
    return (uint64_t)count * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint32_t open_files(struct env *env, struct arena *a)
{
    char **names;
    size_t count = 0;
    struct err *e = env->def->list(env, "/proc/self/fd", a, &names, &count);
    err_free(e);
    return count > 0 ? (uint32_t)count - 1 : 0; /* one is the folder itself */
}

/* ---- jobs ---- */

struct watch *server__find(struct server *s, struct slice job_id)
{
    for (uint32_t i = 0; i < s->watch_count; i++)
        if (slice_eq(slice_of(watch_id(s->watches[i])), job_id)) return s->watches[i];
    return NULL;
}

void server__view(struct server *s, struct arena *a, struct view *out)
{
    struct view_job *jobs = ARENA_ARRAY(a, struct view_job, s->watch_count + 1);
    for (uint32_t i = 0; i < s->watch_count; i++) watch_view(s->watches[i], &jobs[i]);
    const struct mem_budget *budget = s->params.budget;
    *out = (struct view){.version = s->params.version,
        .now_ms = env_now_ms(s->params.env),
        .started_ms = s->started_ms,
        .address = http_server_address(s->http),
        .jobs = jobs,
        .job_count = s->watch_count,
        .memory_bytes =
            budget ? atomic_load_explicit(&budget->used_bytes, memory_order_relaxed) : 0,
        .memory_limit_bytes = budget ? budget->limit_bytes : 0,
        .cores = s->cores,
        .machine_bytes = s->machine_bytes,
        .config = s->config,
        .config_count = s->config_count};
    struct ingest_table *tables = NULL;
    if (s->params.ingest) ingest_tables(s->params.ingest, a, &tables, &out->ingest_count);
    out->ingest = tables;
    http_server_stats(s->http, &out->http);
}

void server__add_process(struct server *s, struct arena *a, struct view *v)
{
    v->resident_bytes = resident_bytes(s->params.env);
    v->cpu_seconds = cpu_seconds();
    v->open_files = open_files(s->params.env, a);
}

void server_add_job(struct server *s, const struct server_job *job)
{
    struct watch *w = watch_new(s->params.env, job);
    mutex_lock(&s->mutex);
    bool room = s->watch_count < SERVER_JOBS_MAX;
    if (room) s->watches[s->watch_count++] = w;
    mutex_unlock(&s->mutex);
    if (!room) watch_free(w);
}

void server_end_job(struct server *s, const char *job_id, enum job_state state, const char *error)
{
    mutex_lock(&s->mutex);
    struct watch *w = server__find(s, slice_of(job_id));
    if (w) watch_end(w, state, error);
    mutex_unlock(&s->mutex);
}

void server_stopping(struct server *s, const char *job_id, enum job_stop how)
{
    mutex_lock(&s->mutex);
    struct watch *w = server__find(s, slice_of(job_id));
    if (w) watch_stop(w, how == JOB_DRAIN ? VIEW_STOPPING : VIEW_CANCELLING);
    mutex_unlock(&s->mutex);
}

void server_ready(struct server *s, bool ready)
{
    mutex_lock(&s->mutex);
    s->ready = ready;
    mutex_unlock(&s->mutex);
}

/* ---- start and stop ---- */

static void *look_on(void *context)
{
    struct server *s = context;
    mutex_lock(&s->mutex);
    while (!s->stopping) {
        for (uint32_t i = 0; i < s->watch_count; i++) watch_look(s->watches[i]);
        condition_wait(&s->changed, &s->mutex, (uint64_t)WATCH_LOOK_MS * 1000000);
    }
    mutex_unlock(&s->mutex);
    return NULL;
}

static void take_config(struct server *s)
{
    if (!s->params.config) return;
    struct option *pairs;
    size_t count = config_pairs(s->params.config, s->arena, &pairs);
    if (count > SERVER_CONFIG_MAX) count = SERVER_CONFIG_MAX;
    s->config = ARENA_ARRAY(s->arena, const char *, 2 * count + 1);
    s->config_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        s->config[2 * i] = slice_to_cstr(s->arena, pairs[i].key);
        s->config[2 * i + 1] =
            option_is_secret(pairs[i].key) ? "******" : slice_to_cstr(s->arena, pairs[i].value);
    }
    s->params.config = NULL;
}

static void take_machine(struct server *s)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct sysinfo info;
    s->cores = cores > 0 ? (uint32_t)cores : 1;
    if (sysinfo(&info) == 0) s->machine_bytes = (uint64_t)info.totalram * info.mem_unit;
}

static struct err *open_listener(struct server *s)
{
    const char *address = s->params.address;
    if (!http_address_is_loopback(address) && !s->params.token)
        return err_hint(ERR(ERR_INVALID_OPTION,
                            "'rest.bind-address': %s can be reached from other machines, and "
                            "nothing protects it",
                            address),
            "set 'weir.rest.token', or listen on 127.0.0.1");
    TRY(http_server_start(&(struct http_server_params){.env = s->params.env,
                              .address = address,
                              .any_port = s->params.any_port,
                              .in_flight_bytes_max = BODIES_BYTES_MAX,
                              .hosts = &s->params.host,
                              .host_count = s->params.host != NULL,
                              .requests_per_second_max = REQUESTS_PER_SECOND_MAX},
        &s->http));
    TRY(server__add_routes(s));
    TRY(thread_start(&s->thread, "weir-rest", look_on, s));
    s->thread_started = true;
    return NULL;
}

struct err *server_start(const struct server_params *params, struct server **out)
{
    struct arena *a = arena_new(1 << 13);
    struct server *s = ARENA_NEW(a, struct server);
    s->arena = a;
    s->params = *params;
    s->params.address = str_fmt(a, "%s", params->address);
    s->params.host = params->host ? str_fmt(a, "%s", params->host) : NULL;
    s->params.token = params->token ? str_fmt(a, "%s", params->token) : NULL;
    s->params.version = str_fmt(a, "%s", params->version);
    s->started_ms = env_now_ms(params->env);
    mutex_init(&s->mutex);
    condition_init(&s->changed);
    take_config(s);
    take_machine(s);
    struct err *e = open_listener(s);
    if (e) {
        server_stop(s);
        return e;
    }
    *out = s;
    return NULL;
}

const char *server_address(const struct server *s)
{
    return http_server_address(s->http);
}

static bool somebody_waits(const struct server *s)
{
    for (size_t i = 0; i < SERVER_STOPS_MAX; i++)
        if (s->stops[i].id[0] && !s->stops[i].answered) return true;
    return false;
}

/* Under the mutex. Whoever has stopped the last job asks whether it is done, and would otherwise
 * find that nobody listens any more. Flink's client asks every 2 seconds at least. */
static void linger(struct server *s)
{
    uint64_t end_ns = env_mono_ns(s->params.env) + (uint64_t)LINGER_MS * 1000000;
    while (somebody_waits(s)) {
        uint64_t now_ns = env_mono_ns(s->params.env);
        if (now_ns >= end_ns) break;
        condition_wait(&s->changed, &s->mutex, end_ns - now_ns);
    }
}

void server_stop(struct server *s)
{
    if (!s) return;
    mutex_lock(&s->mutex);
    linger(s);
    s->stopping = true;
    condition_broadcast(&s->changed);
    mutex_unlock(&s->mutex);
    if (s->thread_started) thread_join(&s->thread);
    if (s->http) http_server_stop(s->http, STOP_TIMEOUT_MS);
    for (uint32_t i = 0; i < s->watch_count; i++) watch_free(s->watches[i]);
    condition_deinit(&s->changed);
    mutex_deinit(&s->mutex);
    arena_free(s->arena);
}
