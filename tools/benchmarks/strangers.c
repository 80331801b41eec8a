/*
 * Addresses that have an account and such that have none are asked about in turn, each as often and
 * as long after the last time as its twin, so that counters and quotas of both are alike; the test
 * of Mann and Whitney asks whether one kind takes longer (beyond 3 standard deviations it does).
 *
 * Codes go to an address once a minute: the shop has a simulated clock, moved on when all
 * addresses have had their turn.
 */
#include "tools/benchmarks/strangers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "governance.client.h"
#include "lib/base/clock.h"
#include "membership.client.h"
#include "notification.client.h"
#include "tests/live/storefront.h"

#define ACCOUNTS    8
#define FREE_WRONGS 4             /* before the account would be locked */
#define PAUSE_S     (3 * 60 * 60) /* between two turns of an address: a day has ten codes */
#define ADDRESS_LEN 40

struct door {
        struct daemon daemon;
        struct shop_channel *channel;
        char guest_token[64];
        double *times_us[2]; /* of addresses with an account, and without */
};

struct question {
        const char *name;
        int per_second; /* samples of each kind for each second of a measurement */
        enum shop_status expected;
        enum shop_status (*ask)(struct door *door, const char *email);
        void (*refresh)(struct door *door); /* before each fourth turn; may be NULL */
};

/* ---- accounts ---- */

/* The code that the sandbox gateway took for the member; waits for it. */
static void wait_for_code(struct shop_channel *channel, const char *member_id, char code[8])
{
        Shop__ListSandboxMessagesRequest request = SHOP__LIST_SANDBOX_MESSAGES_REQUEST__INIT;

        request.member_id = member_id;
        for (code[0] = '\0'; code[0] == '\0'; clock_sleep_us(10000)) {
                Shop__ListSandboxMessagesResponse *page = live_call(
                        channel, &shop_notification_list_sandbox_messages_method, &request, NULL);

                if (page->n_sandbox_messages > 0)
                        live_find_code(page->sandbox_messages[0]->body, code);
                live_free(page);
        }
}

void account_make(struct shop_channel *channel, const char *email)
{
        Shop__SignUpRequest request = SHOP__SIGN_UP_REQUEST__INIT;
        Shop__ConfirmAddressRequest confirm = SHOP__CONFIRM_ADDRESS_REQUEST__INIT;
        Shop__SessionGrant *grant;
        char code[8];

        request.email = confirm.email = email;
        request.password = ACCOUNT_PASSWORD;
        grant = live_call(channel, &shop_membership_sign_up_method, &request, "");
        wait_for_code(channel, grant->member->id, code);
        confirm.code = code;
        live_free(live_call(
                channel, &shop_membership_confirm_address_method, &confirm, grant->token));
        live_free(grant);
}

/* As long whether it has an account or not. */
static void name_address(char out[ADDRESS_LEN], size_t number, size_t kind)
{
        snprintf(out, ADDRESS_LEN, "%c%04zu@example.com", kind == 0 ? 'a' : 'n', number % 10000);
}

static void enter_guest(struct door *door)
{
        Shop__CreateGuestRequest request = SHOP__CREATE_GUEST_REQUEST__INIT;
        Shop__SessionGrant *grant =
                live_call(door->channel, &shop_membership_create_guest_method, &request, "");

        snprintf(door->guest_token, sizeof(door->guest_token), "%s", grant->token);
        live_free(grant);
}

static void open_door(struct door *door, const struct bench_options *options)
{
        static const char *const flags[] = {"--clock", "simulated", NULL};

        daemon_init(&door->daemon, options->shopd);
        daemon_configure(&door->daemon, "[limits]\ncaller_rate = 0\nstranger_rate = 0\n");
        daemon_start(&door->daemon, flags);
        daemon_wait(&door->daemon);
        door->channel = live_channel(door->daemon.url, door->daemon.token);
        for (size_t i = 0; i < ACCOUNTS; i++) {
                char email[ADDRESS_LEN];

                name_address(email, i, 0);
                account_make(door->channel, email);
        }
        enter_guest(door);
}

static void move_clock(struct door *door)
{
        Shop__AdvanceClockRequest request = SHOP__ADVANCE_CLOCK_REQUEST__INIT;
        Shop__AdvanceClockResponse *now =
                live_call(door->channel, &shop_governance_advance_clock_method, &request, NULL);

        now->time->seconds += PAUSE_S;
        request.time = now->time;
        live_free(live_call(door->channel, &shop_governance_advance_clock_method, &request, NULL));
        live_free(now);
}

/* ---- what is asked ---- */

static enum shop_status sign_in(struct door *door, const char *email, const char *password)
{
        const struct shop_call_options options = {.token = "", .timeout_ms = 60000};
        Shop__SignInRequest request = SHOP__SIGN_IN_REQUEST__INIT;

        request.email = email;
        request.password = password;
        return shop_membership_sign_in(door->channel, &request, &options, NULL, NULL);
}

static enum shop_status sign_in_wrong(struct door *door, const char *email)
{
        return sign_in(door, email, "wrong horse battery");
}

/* Mistakes are forgotten, those of addresses without an account with them. */
static void sign_in_right(struct door *door)
{
        for (size_t i = 0; i < ACCOUNTS; i++) {
                char email[ADDRESS_LEN];

                name_address(email, i, 0);
                if (sign_in(door, email, ACCOUNT_PASSWORD) != SHOP_OK)
                        live_fail("%s cannot sign in", email);
        }
}

static enum shop_status sign_up(struct door *door, const char *email)
{
        const struct shop_call_options options = {.token = "", .timeout_ms = 60000};
        Shop__SignUpRequest request = SHOP__SIGN_UP_REQUEST__INIT;

        request.email = email;
        request.password = ACCOUNT_PASSWORD;
        return shop_membership_sign_up(door->channel, &request, &options, NULL, NULL);
}

static enum shop_status request_code(
        struct door *door, const char *email, Shop__CodePurpose purpose)
{
        const struct shop_call_options options = {.token = door->guest_token, .timeout_ms = 60000};
        Shop__RequestCodeRequest request = SHOP__REQUEST_CODE_REQUEST__INIT;

        request.email = email;
        request.purpose = purpose;
        return shop_membership_request_code(door->channel, &request, &options, NULL, NULL);
}

static enum shop_status request_entry(struct door *door, const char *email)
{
        return request_code(door, email, SHOP__CODE_PURPOSE__CODE_PURPOSE_SIGN_IN);
}

static enum shop_status request_reset(struct door *door, const char *email)
{
        return request_code(door, email, SHOP__CODE_PURPOSE__CODE_PURPOSE_RESET_PASSWORD);
}

static const struct question questions[] = {
        {"SignIn refused", 20, SHOP_UNAUTHENTICATED, sign_in_wrong, sign_in_right},
        {"SignUp", 20, SHOP_OK, sign_up, NULL},
        {"RequestCode to sign in", 200, SHOP_OK, request_entry, NULL},
        {"RequestCode to reset", 200, SHOP_OK, request_reset, NULL},
};

/* ---- how long it takes ---- */

static double time_question(
        struct door *door, const struct question *question, size_t number, size_t kind)
{
        char email[ADDRESS_LEN];

        name_address(email, number, kind);
        int64_t start_us = clock_monotonic_us();
        enum shop_status status = question->ask(door, email);

        if (status != question->expected)
                live_fail("%s of %s: status %d", question->name, email, (int)status);
        return (double)(clock_monotonic_us() - start_us);
}

/* By how many standard deviations the first are longer than the second. */
static double mann_whitney(const double *a, const double *b, size_t n)
{
        double u = 0, count = (double)n;

        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                        u += a[i] > b[j] ? 1 : a[i] < b[j] ? 0 : 0.5;
        return (u - count * count / 2) / sqrt(count * count * (2 * count + 1) / 12);
}

static void measure(struct door *door, const struct question *question, size_t count)
{
        size_t fresh = 0; /* where the addresses without an account begin */

        for (size_t i = 0; i < count; i++) {
                size_t at = i % ACCOUNTS, turn = i / ACCOUNTS;

                if (at == 0)
                        move_clock(door);
                if (at == 0 && question->refresh != NULL && turn % FREE_WRONGS == 0) {
                        question->refresh(door);
                        fresh += ACCOUNTS;
                }
                for (size_t k = 0; k < 2; k++) {
                        size_t kind = (i + k) % 2;

                        door->times_us[kind][i] =
                                time_question(door, question, kind == 0 ? at : fresh + at, kind);
                }
        }
}

static void compare(
        struct door *door, const struct question *question, struct table *table, size_t count)
{
        double *known = door->times_us[0] = calloc(count, sizeof(*known));
        double *unknown = door->times_us[1] = calloc(count, sizeof(*unknown));

        if (known == NULL || unknown == NULL)
                live_fail("no memory");
        measure(door, question, count);
        double z = mann_whitney(known, unknown, count);

        table_add(table, &(struct row){question->name, "samples", (int)count, median(known, count),
                                 median(unknown, count), "us", NAN, NAN});
        table_add(table, &(struct row){"  account longer than none", "samples", (int)count, fabs(z),
                                 NAN, z < 0 ? "sigma (shorter)" : "sigma", NAN, NAN});
        free(known);
        free(unknown);
}

void strangers_compare(const struct bench_options *options, struct table *table)
{
        struct door *door = calloc(1, sizeof(*door));

        if (door == NULL)
                live_fail("no memory");
        open_door(door, options);
        table->peer = "no account";
        for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
                compare(door, &questions[i], table,
                        (size_t)(questions[i].per_second * options->seconds) + 1);
        shop_channel_close(door->channel);
        daemon_release(&door->daemon);
        free(door);
}
