/* One thread of the transport a processor works, whoever uses it, and all do again afterwards. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "lib/rpc/task_threads.h"
#include "tests/unit/rpc/channel_fixture.h"

#define SOON_MS     10000
#define THREADS_MAX 16 /* of the transport */

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

static long wanted(void)
{
        long processors = sysconf(_SC_NPROCESSORS_ONLN);

        return processors < 2 ? 2 : processors;
}

/* So many work, and others rest. */
static bool some_rest_soon(void)
{
        bool so = false;

        for (int i = 0; i < SOON_MS && !so; i++) {
                so = count_threads("nng:rest") > 0 && count_threads("nng:task") == wanted();
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

        assert_true(some_rest_soon());
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

        second_task_threads_begin();
        assert_true(some_rest_soon());
        clock_sleep_us(200000); /* for one who would rest too much */
        assert_int_equal(count_threads("nng:task"), wanted());
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
        second_task_threads_end();
        assert_int_equal(ask(f, "echo.Read", "tea").response.len, 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(spare_threads_rest_while_somebody_calls),
                WITH_SERVER(two_copies_leave_as_many_at_work_as_one),
        };

        if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || sysconf(_SC_NPROCESSORS_ONLN) >= THREADS_MAX)
                return 0; /* there are none to spare */
        return cmocka_run_group_tests(tests, NULL, NULL);
}
