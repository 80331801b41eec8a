#pragma once
/* What a process has used, from /proc; NAN where that cannot be read. */
#include <sys/types.h>

double process_cpu_seconds(pid_t pid);
double process_resident_mib(pid_t pid);
