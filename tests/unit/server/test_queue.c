/* The queue by itself: bounds, order, priorities, and what it makes of its own pace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "lib/base/clock.h"
#include "server/work.h"

#define WORKS   64
#define WAIT_US 5000
#define STEP_US 500

static void queues_are_bounded_and_in_order(void **state)
{
        struct work works[4] = {0};
        struct queue queue;

        queue_init(&queue, 2, 0);
        assert_false(queue_wait(&queue, 1));
        assert_int_equal(queue_push(&queue, &works[0], PRIORITY_ORDINARY), QUEUE_TAKEN);
        assert_int_equal(queue_room(&queue, PRIORITY_ORDINARY), QUEUE_TAKEN);
        assert_int_equal(queue_push(&queue, &works[1], PRIORITY_ORDINARY), QUEUE_TAKEN);
        assert_int_equal(queue_room(&queue, PRIORITY_ORDINARY), QUEUE_FULL);
        assert_int_equal(queue_push(&queue, &works[2], PRIORITY_ORDINARY), QUEUE_FULL);
        queue_push_own(&queue, &works[3], PRIORITY_ORDINARY);
        assert_int_equal(queue_count(&queue), 3);
        assert_true(queue_wait(&queue, -1));
        assert_ptr_equal(queue_take(&queue), &works[0]);
        assert_ptr_equal(queue_take(&queue), &works[1]);
        assert_ptr_equal(queue_take(&queue), &works[3]);
        assert_null(queue_take(&queue));
        queue_close(&queue);
        assert_int_equal(queue_push(&queue, &works[0], PRIORITY_FIRST), QUEUE_FULL);
        assert_false(queue_wait(&queue, -1));
        queue_release(&queue);
}

/* Of twelve that wait, four of each: who is taken when. */
static void the_first_go_first_and_nobody_starves(void **state)
{
        static const char expected[] = "FFFOFOOBOBBB";
        struct work works[12] = {0};
        struct queue queue;

        queue_init(&queue, 4, 0);
        for (int i = 0; i < 4; i++) {
                queue_push_own(&queue, &works[8 + i], PRIORITY_BACKGROUND);
                queue_push(&queue, &works[4 + i], PRIORITY_ORDINARY);
                queue_push(&queue, &works[i], PRIORITY_FIRST);
        }
        for (size_t i = 0; i < 12; i++) {
                const struct work *work = queue_take(&queue);

                assert_int_equal("FOB"[(work - works) / 4], expected[i]);
        }
        queue_release(&queue);
}

/* A call from an address, named by a letter; "#" is a program at a's. */
static void put_from(struct queue *queue, struct work *work, struct rpc_call *call, char address)
{
        static const char *const peers[] = {"1.1.1.1", "2.2.2.2", "3.3.3.3"};

        *call = (struct rpc_call){.peer = peers[address == '#' ? 0 : address - 'a']};
        *work = (struct work){.rpc = call, .sequence = (uint64_t)address};
        work->payer.kind = address == '#' ? PAYER_EXEMPT : PAYER_STRANGER;
        assert_int_equal(queue_push(queue, work, PRIORITY_ORDINARY), QUEUE_TAKEN);
}

static void take_from(struct queue *queue, const char *expected)
{
        for (; *expected != '\0'; expected++)
                assert_int_equal(queue_take(queue)->sequence, *expected);
}

static void addresses_take_turns(void **state)
{
        static const char first[] = "##aaaaabbc", then[] = "cab#";
        struct work works[WORKS];
        struct rpc_call calls[WORKS];
        struct queue queue;
        size_t count = 0;

        queue_init(&queue, WORKS, 0);
        queue_by_address(&queue);
        for (const char *at = first; *at != '\0'; at++, count++)
                put_from(&queue, &works[count], &calls[count], *at);
        take_from(&queue, "##abc");
        /* Who comes again is in the next round, behind those who waited for it. */
        for (const char *at = then; *at != '\0'; at++, count++)
                put_from(&queue, &works[count], &calls[count], *at);
        take_from(&queue, "abc#");
        take_from(&queue, "abaaa");
        assert_null(queue_take(&queue));
        queue_release(&queue);
}

/* Who is left when others were dropped has kept its turn. */
static void turns_outlive_who_leaves(void **state)
{
        static const char waiting[] = "aaabb";
        const struct rpc_which none = {.connection = 1, .id = 7};
        struct work works[WORKS];
        struct rpc_call calls[WORKS];
        struct queue queue;

        queue_init(&queue, WORKS, 0);
        queue_by_address(&queue);
        for (size_t i = 0; waiting[i] != '\0'; i++)
                put_from(&queue, &works[i], &calls[i], waiting[i]);
        assert_null(queue_drop(&queue, &none));
        take_from(&queue, "ababa");
        queue_release(&queue);
}

/* A full queue for one priority has room for another. */
static void priorities_have_their_own_room(void **state)
{
        struct work works[3] = {0};
        struct queue queue;

        queue_init(&queue, 1, 0);
        assert_int_equal(queue_push(&queue, &works[0], PRIORITY_ORDINARY), QUEUE_TAKEN);
        assert_int_equal(queue_push(&queue, &works[1], PRIORITY_ORDINARY), QUEUE_FULL);
        assert_int_equal(queue_push(&queue, &works[1], PRIORITY_FIRST), QUEUE_TAKEN);
        assert_ptr_equal(queue_take(&queue), &works[1]);
        assert_ptr_equal(queue_take(&queue), &works[0]);
        queue_release(&queue);
}

/* Taken slowly, so many would wait for too long: the rest is refused, but not who goes first. When
 * it has been empty everybody may come again. */
static void a_slow_queue_knows_its_pace(void **state)
{
        static struct work works[WORKS], late[2];
        struct queue queue;

        queue_init(&queue, 1000, WAIT_US);
        for (size_t i = 0; i < WORKS; i++)
                assert_int_equal(queue_push(&queue, &works[i], PRIORITY_ORDINARY), QUEUE_TAKEN);
        assert_int_equal(queue_limit(&queue), 1000); /* a burst is no trouble yet */
        for (size_t i = 0; i < 5; i++) {
                assert_ptr_equal(queue_take(&queue), &works[i]);
                clock_sleep_us(STEP_US);
        }
        assert_true(queue_limit(&queue) <= WORKS / 2);
        assert_int_equal(queue_room(&queue, PRIORITY_ORDINARY), QUEUE_SLOW);
        assert_int_equal(queue_push(&queue, &late[0], PRIORITY_ORDINARY), QUEUE_SLOW);
        assert_int_equal(queue_push(&queue, &late[0], PRIORITY_BACKGROUND), QUEUE_TAKEN);
        assert_int_equal(queue_push(&queue, &late[1], PRIORITY_FIRST), QUEUE_TAKEN);
        assert_ptr_equal(queue_take(&queue), &late[1]);
        while (queue_take(&queue) != NULL)
                ;
        assert_int_equal(queue_limit(&queue), 1000);
        assert_int_equal(queue_push(&queue, &late[0], PRIORITY_ORDINARY), QUEUE_TAKEN);
        assert_ptr_equal(queue_take(&queue), &late[0]);
        queue_release(&queue);
}

/* Out of every priority, in order, and the rest stays in its place. */
static void what_is_dropped_leaves_the_rest(void **state)
{
        const struct rpc_call gone = {.connection = 7}, here = {.connection = 8};
        struct work works[6] = {0};
        struct queue queue;

        queue_init(&queue, 2, WAIT_US);
        for (int i = 0; i < 6; i++) {
                works[i].rpc = i % 2 == 0 ? &gone : &here;
                queue_push_own(&queue, &works[i], (enum priority)(i / 2));
        }
        struct work *dropped = queue_drop(&queue, &(struct rpc_which){.connection = 7});

        assert_ptr_equal(dropped, &works[0]);
        assert_ptr_equal(dropped->next, &works[2]);
        assert_ptr_equal(dropped->next->next, &works[4]);
        assert_null(dropped->next->next->next);
        assert_int_equal(queue_count(&queue), 3);
        for (int i = 1; i < 6; i += 2)
                assert_ptr_equal(queue_take(&queue), &works[i]);
        queue_release(&queue);
}

/* However slow it is, a few may always wait, and of the first all. */
static void a_standing_queue_still_takes_some(void **state)
{
        static struct work works[WORKS], first[WORKS];
        struct queue queue;
        size_t taken = 0;

        queue_init(&queue, 1000, WAIT_US);
        queue_push(&queue, &works[taken++], PRIORITY_ORDINARY);
        queue_push(&queue, &works[taken++], PRIORITY_ORDINARY);
        queue_push(&queue, &works[taken++], PRIORITY_ORDINARY);
        queue_take(&queue);
        clock_sleep_us(10 * WAIT_US);
        queue_take(&queue);
        while (taken < WORKS && queue_push(&queue, &works[taken], PRIORITY_ORDINARY) == QUEUE_TAKEN)
                taken++;
        assert_int_equal(queue_count(&queue), 16);
        for (size_t i = 0; i < WORKS / 2; i++)
                assert_int_equal(queue_push(&queue, &first[i], PRIORITY_FIRST), QUEUE_TAKEN);
        while (queue_take(&queue) != NULL)
                ;
        queue_release(&queue);
}

struct waiting {
        struct queue queue;
        atomic_bool busy;
};

static void *wait_beside(void *context)
{
        struct waiting *waiting = context;

        queue_wait_beside(&waiting->queue, &waiting->busy);
        return NULL;
}

/* By work, and by the end of what it waits beside; where that is over, it does not wait. */
static void who_waits_beside_something_is_woken(void **state)
{
        struct waiting waiting = {.busy = true};
        struct work work = {0};
        pthread_t thread;

        queue_init(&waiting.queue, 1, 0);
        pthread_create(&thread, NULL, wait_beside, &waiting);
        clock_sleep_us(WAIT_US);
        queue_push(&waiting.queue, &work, PRIORITY_ORDINARY);
        pthread_join(thread, NULL);
        queue_take(&waiting.queue);
        pthread_create(&thread, NULL, wait_beside, &waiting);
        clock_sleep_us(WAIT_US);
        atomic_store(&waiting.busy, false);
        queue_wake(&waiting.queue);
        pthread_join(thread, NULL);
        wait_beside(&waiting);
        queue_release(&waiting.queue);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(queues_are_bounded_and_in_order),
                cmocka_unit_test(the_first_go_first_and_nobody_starves),
                cmocka_unit_test(addresses_take_turns),
                cmocka_unit_test(turns_outlive_who_leaves),
                cmocka_unit_test(priorities_have_their_own_room),
                cmocka_unit_test(a_slow_queue_knows_its_pace),
                cmocka_unit_test(what_is_dropped_leaves_the_rest),
                cmocka_unit_test(a_standing_queue_still_takes_some),
                cmocka_unit_test(who_waits_beside_something_is_woken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
