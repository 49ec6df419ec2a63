#include "cli/memory_limit.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

enum { MACHINE_PERCENT = 80 };

/* The number in a file of one number; 0 when there is none ("max", no such file). */
static uint64_t read_number(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in) return 0;
    uint64_t n = 0;
    if (fscanf(in, "%" SCNu64, &n) != 1) n = 0;
    fclose(in);
    return n;
}

static uint64_t machine_bytes(void)
{
    FILE *in = fopen("/proc/meminfo", "r");
    uint64_t kib = 0;
    char line[128];
    while (in && kib == 0 && fgets(line, sizeof line, in))
        if (sscanf(line, "MemTotal: %" SCNu64, &kib) == 1) break;
    if (in) fclose(in);
    return kib << 10;
}

size_t memory_limit_bytes(const struct config *c)
{
    if (config_is_set(c, "taskmanager.memory.process.size"))
        return (size_t)config_size_bytes(c, "taskmanager.memory.process.size");
    uint64_t bytes = machine_bytes();
    const char *const cgroup_files[] = {
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    for (size_t i = 0; i < 2; i++) {
        uint64_t limit = read_number(cgroup_files[i]);
        if (limit > 0 && (bytes == 0 || limit < bytes)) bytes = limit;
    }
    return (size_t)(bytes / 100 * MACHINE_PERCENT);
}

unsigned cores_usable(void)
{
    cpu_set_t set;
    unsigned cores = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = (unsigned)CPU_COUNT(&set);
    FILE *in = fopen("/sys/fs/cgroup/cpu.max", "r");
    uint64_t quota, period;
    if (in && fscanf(in, "%" SCNu64 " %" SCNu64, &quota, &period) == 2 && period > 0) {
        uint64_t allowed = (quota + period - 1) / period;
        if (allowed > 0 && allowed < cores) cores = (unsigned)allowed;
    }
    if (in) fclose(in);
    return cores ? cores : 1;
}
