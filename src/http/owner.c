#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "http/http_private.h"

enum { FIELDS = 10 };

/* The fields of a line of /proc/net/tcp: slot, local address, remote address, state, ..., inode. */
static uint32_t split(char *line, struct slice *fields)
{
    uint32_t count = 0;
    for (char *at = line; *at && count < FIELDS;) {
        at += strspn(at, " \n");
        size_t n = strcspn(at, " \n");
        if (n > 0) fields[count++] = (struct slice){at, n};
        at += n;
    }
    return count;
}

/* The inode of the socket that listens at the port, or 0. */
static uint64_t listener_inode(const char *path, uint16_t port)
{
    char line[512], suffix[8];
    uint64_t inode = 0;
    FILE *f = fopen(path, "re");
    if (!f) return 0;
    int n = snprintf(suffix, sizeof suffix, ":%04X", port);
    while (inode == 0 && fgets(line, sizeof line, f)) {
        struct slice fields[FIELDS];
        if (split(line, fields) < FIELDS || !slice_eq(fields[3], SLICE("0A"))) continue;
        struct slice local = fields[1];
        if (local.n < (size_t)n || memcmp(local.p + local.n - n, suffix, (size_t)n) != 0) continue;
        if (!num_parse_u64(fields[9], &inode)) inode = 0;
    }
    fclose(f);
    return inode;
}

static bool process_has(const char *pid, const char *wanted)
{
    char path[300], target[64];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *fds = opendir(path);
    if (!fds) return false;
    bool found = false;
    for (struct dirent *d; !found && (d = readdir(fds)) != NULL;) {
        ssize_t n = readlinkat(dirfd(fds), d->d_name, target, sizeof target - 1);
        if (n <= 0) continue;
        target[n] = '\0';
        found = strcmp(target, wanted) == 0;
    }
    closedir(fds);
    return found;
}

static void describe(const char *pid, char *out, size_t bytes)
{
    char path[300], name[64] = "";
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f)) name[strcspn(name, "\n")] = '\0';
    if (f) fclose(f);
    snprintf(out, bytes, " by process %s (%s)", pid, name);
}

void http__port_owner(uint16_t port, char *out, size_t bytes)
{
    char wanted[64];
    uint64_t inode = listener_inode("/proc/net/tcp", port);
    if (!inode) inode = listener_inode("/proc/net/tcp6", port);
    DIR *processes = inode ? opendir("/proc") : NULL;
    if (!processes) return;
    snprintf(wanted, sizeof wanted, "socket:[%llu]", (unsigned long long)inode);
    for (struct dirent *d; (d = readdir(processes)) != NULL;) {
        if (d->d_name[0] < '1' || d->d_name[0] > '9' || !process_has(d->d_name, wanted)) continue;
        describe(d->d_name, out, bytes);
        break;
    }
    closedir(processes);
}
