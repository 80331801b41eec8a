/*
 * Kills a process at every step of the commit log: before a record is written, with any of its
 * sectors on the disk, written and not synced, synced and not answered, before and after a
 * transaction of the engine below, in the middle of a replay. Children live one after another on
 * the same files; each looks at what it finds, goes on from there and is killed at a step chosen
 * before. What was answered must be there, and whatever is there must be exactly what there was
 * after some group.
 *
 * On the engine alone, since only there can a step be told from another.
 */
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tests/unit/store/logged_rig.h"

#define LIVES        60 /* of one shop */
#define WRITES_MAX   30 /* of one life */
#define ROUNDS_SHARE 2  /* rounds of the whole for one shop here */

enum { EXIT_LOST = 3, EXIT_MIXED, EXIT_CLOSED };

/* What survives a child. */
struct memory {
        _Atomic uint64_t answered;
        _Atomic uint64_t kills[RIG_STEPS];
};

static struct memory *memory;
static enum rig_step deadly;

/* At the last_step-th time that it comes to its step. */
static int kill_at(struct rig *rig, enum rig_step step)
{
        rig->torn = deadly == RIG_WRITE_TORN && rig->steps + 1 == rig->last_step;
        if (step != deadly || atomic_fetch_add(&rig->steps, 1) + 1 != rig->last_step)
                return 0;
        atomic_fetch_add(&memory->kills[step], 1);
        kill(getpid(), SIGKILL);
        return 0;
}

static _Noreturn void live(struct rig *rig)
{
        const char *why = "";
        uint64_t number = 0;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        rig->at = kill_at;
        rig_open_well(rig);
        struct engine_snapshot *snapshot = rig->engine->ops->snapshot_begin(rig->engine);
        number = rig_number(snapshot);
        if (number < atomic_load(&memory->answered))
                _exit(EXIT_LOST);
        if (!rig_holds(snapshot))
                _exit(EXIT_MIXED);
        rig->engine->ops->snapshot_end(snapshot);
        while (random_below(&rig->random, 100) > 0) {
                if (rig_group(rig, ++number, &why) != OK)
                        _exit(1);
                atomic_store(&memory->answered, number);
        }
        rig_close(rig);
        _exit(EXIT_CLOSED);
}

static const char *life(struct rig *rig)
{
        int status;

        deadly = (enum rig_step)random_below(&rig->random, RIG_STEPS);
        rig->last_step = 1 + random_below(&rig->random, deadly >= RIG_APPLY ? 3 : WRITES_MAX);
        pid_t child = fork();
        if (child == 0)
                live(rig);
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
                return NULL;
        if (WIFSIGNALED(status))
                return strsignal(WTERMSIG(status));
        switch (WEXITSTATUS(status)) {
        case EXIT_CLOSED:
                return NULL;
        case EXIT_LOST:
                return "an answered group is lost";
        case EXIT_MIXED:
                return "what is there never was";
        default:
                return "it failed";
        }
}

/* One shop. Returns the faults. */
static size_t run(uint64_t seed)
{
        struct rig rig;
        const char *fault = NULL;

        rig_init(&rig);
        random_seed(&rig.random, seed);
        rig.log_bytes = (64 << 10) << random_below(&rig.random, 5);
        atomic_store(&memory->answered, 0);
        for (int i = 0; i < LIVES && fault == NULL; i++)
                fault = life(&rig);
        if (fault == NULL) {
                rig_open_well(&rig);
                if (rig_check(&rig) < atomic_load(&memory->answered))
                        fault = "an answered group is lost at the end";
        }
        if (fault != NULL) {
                fprintf(stderr, "LOST: %s in %s, seed %llu\n", fault, rig.dir,
                        (unsigned long long)seed);
                return 1;
        }
        rig_release(&rig);
        return 0;
}

int main(int argc, char **argv)
{
        static const struct option known[] = {
                {"rounds", required_argument, NULL, 'r'},
                {"seed", required_argument, NULL, 's'},
                {"seconds", required_argument, NULL, 't'}, /* of the others, not of this */
                {0},
        };
        uint64_t seed = (uint64_t)clock_real_us();
        long rounds = 20;
        size_t faults = 0;

        for (int flag; (flag = getopt_long(argc, argv, "", known, NULL)) != -1;) {
                if (flag == 'r')
                        rounds = atol(optarg);
                else if (flag == 's')
                        seed = strtoull(optarg, NULL, 10);
                else if (flag != 't')
                        return 2;
        }
        memory = mmap(
                NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
                return 1;
        long shops = (rounds + ROUNDS_SHARE - 1) / ROUNDS_SHARE;

        for (long i = 0; i < shops; i++)
                faults += run(seed + (uint64_t)i);
        printf("commit logs   %ld, killed writing %llu, torn %llu, written %llu, synced %llu, "
               "applying %llu, applied %llu, %zu lost\n",
                shops, (unsigned long long)memory->kills[RIG_WRITE],
                (unsigned long long)memory->kills[RIG_WRITE_TORN],
                (unsigned long long)memory->kills[RIG_WRITTEN],
                (unsigned long long)memory->kills[RIG_SYNCED],
                (unsigned long long)memory->kills[RIG_APPLY],
                (unsigned long long)memory->kills[RIG_APPLIED], faults);
        return faults == 0 ? 0 : 1;
}
