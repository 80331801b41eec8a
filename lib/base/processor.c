/* Refused: one processor for as long as the thread lives, which another server may have chosen,
 * too. What fails is left as it is: the thread runs wherever the kernel likes. */
#include "lib/base/processor.h"

#include <sys/resource.h>
#include <unistd.h>

void processor_give_way(int niceness)
{
        setpriority(PRIO_PROCESS, (id_t)gettid(), niceness);
}

void processor_stay_init(struct processor_stay *stay)
{
        *stay = (struct processor_stay){0};
        stay->possible = sched_getaffinity(0, sizeof(stay->allowed), &stay->allowed) == 0 &&
                         CPU_COUNT(&stay->allowed) > 1;
}

static bool keep_here(void)
{
        int here = sched_getcpu();
        cpu_set_t only;

        if (here < 0)
                return false;
        CPU_ZERO(&only);
        CPU_SET(here, &only);
        return sched_setaffinity(0, sizeof(only), &only) == 0;
}

void processor_stay(struct processor_stay *stay, int64_t now_us)
{
        if (!stay->possible || now_us < stay->until_us)
                return;
        if (stay->kept) {
                stay->kept = sched_setaffinity(0, sizeof(stay->allowed), &stay->allowed) != 0;
                return;
        }
        stay->kept = keep_here();
        stay->until_us = now_us + PROCESSOR_STAY_US;
}
