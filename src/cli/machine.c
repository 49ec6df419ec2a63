#include "cli/machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/num.h"

enum { MACHINE_PERCENT = 80, LINE_MAX_BYTES = 256 };

/* The first line of a small file of the system; false when there is none. */
static bool read_line(const char *path, char line[LINE_MAX_BYTES])
{
    FILE *in = fopen(path, "r");
    bool ok = in && fgets(line, LINE_MAX_BYTES, in);
    if (in) fclose(in);
    return ok;
}

/* The number at *text after blanks, which moves behind it; 0 when there is none ("max"). */
static uint64_t take_number(char **text)
{
    *text += strspn(*text, " \t");
    size_t n = strspn(*text, "0123456789");
    int64_t v = 0;
    if (!num_parse_i64((struct slice){*text, n}, &v)) v = 0;
    *text += n;
    return (uint64_t)v;
}

static uint64_t read_number(const char *path)
{
    char line[LINE_MAX_BYTES], *text = line;
    return read_line(path, line) ? take_number(&text) : 0;
}

/* MemTotal is the first line of meminfo, in KiB. */
static uint64_t machine_bytes(void)
{
    char line[LINE_MAX_BYTES];
    if (!read_line("/proc/meminfo", line) || strncmp(line, "MemTotal:", 9) != 0) return 0;
    char *text = line + 9;
    return take_number(&text) << 10;
}

size_t machine_memory_bytes(const struct config *c)
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

/* cpu.max says "QUOTA PERIOD" or "max PERIOD". */
static uint64_t cgroup_cores(void)
{
    char line[LINE_MAX_BYTES], *text = line;
    if (!read_line("/sys/fs/cgroup/cpu.max", line)) return 0;
    uint64_t quota = take_number(&text), period = take_number(&text);
    return quota && period ? (quota + period - 1) / period : 0;
}

uint32_t machine_cores(void)
{
    cpu_set_t set;
    uint64_t cores = 1, allowed = cgroup_cores();
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = (uint64_t)CPU_COUNT(&set);
    if (allowed > 0 && allowed < cores) cores = allowed;
    return cores ? (uint32_t)cores : 1;
}
