/*
 * A shop in which everybody does whatever comes to mind: orders are paid in every way, edited,
 * cancelled, packed, lost, returned, exchanged, refunded and contradicted in any order, stock is
 * counted anew and time jumps. Whatever is refused, nothing may be an error of the shop's own, and
 * every now and then verify must prove money, units and stock. What the other tests look at one by
 * one meets here. WALK_FIRST and WALK_SEEDS choose other walks.
 *
 * Refused: a model beside the shop that says what each step must answer; it would be a second shop.
 */
#include <stdlib.h>
#include "tests/domain/walk.h"

#define SEEDS 8
#define STEPS 1000
#define ROUND 100 /* steps between two proofs */

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
        const char *text = getenv(name);

        return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

static void go(struct walk *walk, size_t steps)
{
        static void (*const kinds[])(struct walk *) = {walk_buy, walk_buy, walk_buy,
                walk_pay_anyhow, walk_pay_anyhow, walk_hear_from_the_gateway, walk_capture,
                walk_capture, walk_receive_money, walk_receive_money, walk_confirm_refunds,
                walk_edit, walk_edit, walk_edit, walk_withdraw_edit, walk_change_tax_status,
                walk_cancel, walk_pack, walk_pack, walk_send, walk_send, walk_track, walk_track,
                walk_track, walk_track, walk_ask_for_a_return, walk_ask_for_a_return,
                walk_ask_for_a_return, walk_ask_for_a_return, walk_go_on_with_a_case,
                walk_go_on_with_a_case, walk_go_on_with_a_case, walk_go_on_with_a_case,
                walk_see_a_case_through, walk_see_a_case_through, walk_count_stock,
                walk_count_stock};

        for (size_t i = 1; i <= steps; i++) {
                kinds[walk_any(walk, sizeof(kinds) / sizeof(kinds[0]))](walk);
                if (i % 40 == 0)
                        walk_wait_a_while(walk);
                if (i % 60 == 0)
                        walk_change_programme(walk);
                if (i % ROUND == 0)
                        walk_check(walk);
        }
}

static void whatever_happens_it_adds_up(void **state)
{
        unsigned long first = from_environment("WALK_FIRST", 1);
        unsigned long seeds = from_environment("WALK_SEEDS", SEEDS);
        unsigned long steps = from_environment("WALK_STEPS", STEPS);

        for (unsigned long seed = first; seed < first + seeds; seed++) {
                print_message("seed %lu\n", seed);
                struct walk walk = walk_begin(seed);

                go(&walk, steps);
                walk_end(&walk);
                walk_forget_everybody(&walk);
                print_message("%zu orders, %zu parcels, %zu cases, %zu calls not refused\n",
                        walk.orders.n, walk.parcels.n, walk.cases.n, walk.done);
                stall_close(&walk.stall);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(whatever_happens_it_adds_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
