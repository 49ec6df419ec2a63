/* memory_limit.h - how much memory the process may use. */
#pragma once
#include <stddef.h>

struct config;

/* taskmanager.memory.process.size if it is set, else 80 % of what the machine or the cgroup has. */
size_t memory_limit_bytes(const struct config *c);
/* Cores this process may run on: affinity and the cgroup's quota; at least 1. */
unsigned cores_usable(void);
