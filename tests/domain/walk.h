#pragma once
/*
 * People of a stall who do whatever comes to mind, repeatably from a seed. Whatever is refused,
 * nothing may be an error of the shop's own.
 */
#include "lib/base/random.h"
#include "tests/domain/stall.h"

#define WALK_KEPT   1024
#define WALK_PEOPLE 4

struct names {
        const char *at[WALK_KEPT];
        size_t n;
};

struct walk {
        struct stall stall;
        struct random random;
        struct names orders, parcels, cases;
        struct persona people[WALK_PEOPLE];
        const char *method_id; /* a way of shipping */
        size_t receipts;
        size_t done; /* calls that were not refused */
};

struct walk walk_begin(uint64_t seed);
unsigned walk_any(struct walk *walk, unsigned below);
void walk_keep(struct names *names, const char *id);
/* One of them, most often one of the latest; "none". */
const char *walk_pick(struct walk *walk, const struct names *names);
struct persona walk_staff(struct walk *walk, enum role role);
struct persona walk_owner(struct walk *walk, const char *order_id);
/* The answer, or NULL where it was refused, which is as good. Nobody is the shop itself. */
void *walk_try(struct walk *walk, struct persona who, const char *method, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* ---- goods ---- */

void walk_cancel(struct walk *walk);
void walk_pack(struct walk *walk);
void walk_send(struct walk *walk);
void walk_track(struct walk *walk);
void walk_ask_for_a_return(struct walk *walk);
void walk_go_on_with_a_case(struct walk *walk);
void walk_see_a_case_through(struct walk *walk);
void walk_count_stock(struct walk *walk);
void walk_wait_a_while(struct walk *walk);

/* ---- money ---- */

void walk_buy(struct walk *walk);
/* As the sandbox is told to answer: a SandboxAnswer. */
void walk_pay(struct walk *walk, const char *order_id, unsigned answer);
void walk_pay_anyhow(struct walk *walk);
void walk_hear_from_the_gateway(struct walk *walk);
void walk_capture(struct walk *walk);
void walk_receive_money(struct walk *walk);
void walk_confirm_refunds(struct walk *walk);
void walk_edit(struct walk *walk);
void walk_withdraw_edit(struct walk *walk);
void walk_change_tax_status(struct walk *walk);
void walk_change_programme(struct walk *walk);

/* ---- proofs ---- */

/* Timers are those of what waits, and what waits has one; what has ended owes nothing. */
void walk_check(struct walk *walk);
/* Everybody ends what they began, and then nothing is left behind. */
void walk_end(struct walk *walk);
/* Then whoever owes nothing is erased, and their books go on for a year. */
void walk_forget_everybody(struct walk *walk);
