#pragma once
/* What a process has used, from /proc; NAN where that cannot be read. And what the machine lost. */
#include <sys/types.h>

double process_cpu_seconds(pid_t pid);
double process_resident_mib(pid_t pid);

/* What the processors of this machine did since it started, in ticks. */
struct machine_time {
        unsigned long long all;
        unsigned long long stolen; /* by other machines on the same hardware */
};
struct machine_time machine_time(void);
/* Of the time between the two, in percent. */
double machine_stolen(struct machine_time from, struct machine_time to);
