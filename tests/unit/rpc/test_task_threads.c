/* One thread of the transport works, whoever uses it; more while something waits; and all do again
 * afterwards. */
#include <ctype.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/rpc/task_threads.h"
#include "tests/unit/rpc/channel_fixture.h"

#define SOON_MS 10000
#define LOOKS   300

/* The second copy of the code in this program. */
void second_task_threads_begin(void);
void second_task_threads_end(void);

static long count_threads(const char *name)
{
        DIR *dir = opendir("/proc/self/task");
        const struct dirent *entry;
        long count = 0;

        assert_non_null(dir);
        while ((entry = readdir(dir)) != NULL) {
                char path[320], found[32] = "";
                FILE *file;

                snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
                if (!isdigit(entry->d_name[0]) || (file = fopen(path, "r")) == NULL)
                        continue;
                assert_non_null(fgets(found, sizeof(found), file));
                fclose(file);
                found[strcspn(found, "\n")] = '\0';
                count += strcmp(found, name) == 0;
        }
        closedir(dir);
        return count;
}

/* One works, and the others rest. */
static bool all_but_one_rest_soon(void)
{
        bool so = false;

        for (int i = 0; i < SOON_MS && !so; i++) {
                so = count_threads("nng:rest") > 0 && count_threads("nng:task") == 1;
                clock_sleep_us(1000);
        }
        return so;
}

static bool none_rests_soon(void)
{
        for (int i = 0; i < SOON_MS && count_threads("nng:rest") > 0; i++)
                clock_sleep_us(1000);
        return count_threads("nng:rest") == 0;
}

static void spare_threads_rest_while_somebody_calls(void **state)
{
        struct fixture *f = *state;

        assert_true(all_but_one_rest_soon());
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
        open_channel(f, &(struct channel_options){.url = f->url});
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
        assert_true(count_threads("nng:rest") > 0);
        channel_close(f->channel);
        f->channel = NULL;
        close_server(f);
        assert_true(none_rests_soon());
}

static void two_copies_leave_as_many_at_work_as_one(void **state)
{
        struct fixture *f = *state;
        int at_work = 0;

        second_task_threads_begin();
        assert_true(all_but_one_rest_soon());
        for (int i = 0; i < LOOKS; i++) { /* one who tries to rest is named so for a moment */
                at_work += count_threads("nng:task") > 0;
                clock_sleep_us(1000);
        }
        assert_in_range(at_work, LOOKS * 19 / 20, LOOKS);
        assert_true(all_but_one_rest_soon());
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
        second_task_threads_end();
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
}

/* A program's callback that does not come back before it may. */
struct held {
        atomic_bool begun;
        atomic_bool let_go;
        atomic_bool in_time;
};

static void hold(void *context, const struct rpc_answer *answer)
{
        struct held *held = context;

        atomic_store(&held->begun, true);
        for (int i = 0; i < SOON_MS && !atomic_load(&held->let_go); i++)
                clock_sleep_us(1000);
        atomic_store(&held->in_time, atomic_load(&held->let_go));
}

static void others_pass_by_a_callback_that_blocks(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Read", "tea");
        struct channel *other = NULL;
        struct held held = {false};

        assert_int_equal(
                channel_open(&other, &(struct channel_options){.url = f->url}, &f->error), OK);
        assert_true(all_but_one_rest_soon());
        channel_start(other, &call, hold, &held);
        while (!atomic_load(&held.begun))
                clock_sleep_us(1000);
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
        atomic_store(&held.let_go, true);
        assert_true(all_but_one_rest_soon());
        channel_close(other);
        assert_true(atomic_load(&held.in_time));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(spare_threads_rest_while_somebody_calls),
                WITH_SERVER(two_copies_leave_as_many_at_work_as_one),
                WITH_SERVER(others_pass_by_a_callback_that_blocks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
