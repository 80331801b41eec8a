/*
 * Kills a shop under full work, again and again, and looks for anything that it promised and did
 * not keep. A shop lives through ROUNDS_PER_SHOP crashes; then it is brought to rest, stopped and
 * proved offline, and a new one is opened, so that the first start is killed too.
 *
 * The moments are drawn from the seed, but the machine is not repeated by it: a seed makes a
 * finding likelier to come again, no more.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "governance.client.h"
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tests/crash/checks.h"
#include "tests/live/daemon.h"

#define ROUNDS_PER_SHOP 10
#define VARIANTS        6
#define INITIAL_UNITS   2000
#define OLD_REPEATS     100 /* of the rounds before */
#define QUICK_KILL_US   80000
#define HOUR_S          3600

struct options {
        int64_t rounds;
        uint64_t seed;
        double seconds;
        const char *program;
};

struct tally {
        size_t rounds, kills, acknowledged, refusals, unanswered, happened, repeated, orders,
                events, sign_ins;
        size_t lost;
};

struct crash {
        const struct options *options;
        struct daemon daemon;
        struct random random;
        struct books books;
        struct chronicle *chronicle;
        struct shop_channel *channel;
        struct tally tally;
        size_t shops;   /* opened so far */
        size_t entries; /* of the journal, before this round */
};

static const char *const flags[] = {"--clock", "simulated", NULL};

/* ---- the server's lives ---- */

/* Starts that do not live long enough to listen, most of them. */
static void kill_early(struct crash *crash, size_t times)
{
        for (size_t i = 0; i < times; i++) {
                daemon_start(&crash->daemon, flags);
                clock_sleep_us((int64_t)random_below(&crash->random, QUICK_KILL_US));
                daemon_kill(&crash->daemon);
                crash->tally.kills++;
        }
}

/* One attempt: what was not answered is to be seen here, not repeated by the library. */
static struct shop_channel *connect_to(const struct daemon *daemon, int64_t patience_ms)
{
        const struct shop_channel_options options = {.url = daemon->url,
                .token = daemon->token,
                .timeout_ms = 60000,
                .attempts_max = 1,
                .connect_timeout_ms = patience_ms};
        struct shop_channel *channel = shop_channel_open(&options, NULL);

        if (channel == NULL)
                live_fail("no channel to %s", options.url);
        return channel;
}

static void start(struct crash *crash)
{
        daemon_start(&crash->daemon, flags);
        daemon_wait(&crash->daemon);
        crash->channel = connect_to(&crash->daemon, 60000);
}

static void disconnect(struct crash *crash)
{
        shop_channel_close(crash->channel);
        crash->channel = NULL;
}

/* Shop time never goes back. */
static void check_time(struct crash *crash)
{
        Shop__GetServerInfoRequest request = SHOP__GET_SERVER_INFO_REQUEST__INIT;
        Shop__ServerInfo *info =
                live_call(crash->channel, &shop_governance_get_server_info_method, &request, NULL);

        if (info->shop_time->seconds < crash->books.shop_time_s)
                crash->tally.lost += fault("shop time is %lld, it was %lld",
                        (long long)info->shop_time->seconds, (long long)crash->books.shop_time_s);
        crash->books.shop_time_s = info->shop_time->seconds;
        live_free(info);
}

static void advance(struct crash *crash, int64_t seconds)
{
        Shop__AdvanceClockRequest request = SHOP__ADVANCE_CLOCK_REQUEST__INIT;
        Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        time.seconds = crash->books.shop_time_s + seconds;
        request.time = &time;
        live_free(live_call(crash->channel, &shop_governance_advance_clock_method, &request, NULL));
        crash->books.shop_time_s += seconds;
}

/* ---- a round ---- */

static uint64_t sequence(struct crash *crash)
{
        Shop__GetServerInfoRequest request = SHOP__GET_SERVER_INFO_REQUEST__INIT;
        Shop__ServerInfo *info =
                live_call(crash->channel, &shop_governance_get_server_info_method, &request, NULL);
        uint64_t number = info->sequence;

        live_free(info);
        return number;
}

/* What nobody answered is sent again: it happened before, or it happens now. */
static void settle_unanswered(struct crash *crash, uint64_t restarted_at)
{
        struct journal *journal = &crash->books.journal;

        for (size_t i = crash->entries; i < journal->count; i++) {
                struct entry *entry = journal->at[i];

                if (entry->outcome != OUTCOME_UNKNOWN)
                        continue;
                if (!entry_settle(entry, crash->channel))
                        live_fail("%s is not answered after the restart", entry->method->name);
                crash->tally.unanswered++;
                crash->tally.happened +=
                        entry->outcome == OUTCOME_KEPT && entry->sequence <= restarted_at;
        }
}

static void repeat_entry(struct crash *crash, const struct entry *entry)
{
        char buffer[400];

        if (entry->outcome != OUTCOME_KEPT)
                return;
        if (entry_repeat(entry, crash->channel, buffer, sizeof(buffer)) != REPEAT_SAME)
                crash->tally.lost += fault("%s", buffer);
        crash->tally.repeated++;
}

static void repeat_entries(struct crash *crash)
{
        const struct journal *journal = &crash->books.journal;

        for (size_t i = crash->entries; i < journal->count; i++) {
                const struct entry *entry = journal->at[i];

                repeat_entry(crash, entry);
                if (!entry->heard || entry->outcome != OUTCOME_KEPT)
                        continue;
                crash->tally.acknowledged++;
                crash->tally.refusals += entry->code != SHOP_OK;
                crash->tally.sign_ins +=
                        entry_succeeded(entry) && entry->method == &shop_membership_sign_in_method;
        }
        for (size_t i = 0; i < OLD_REPEATS && crash->entries > 0; i++)
                repeat_entry(crash, journal->at[random_below(&crash->random, crash->entries)]);
}

static void check(struct crash *crash)
{
        struct journal *journal = &crash->books.journal;
        uint64_t restarted_at = sequence(crash);
        size_t *lost = &crash->tally.lost;

        check_time(crash);
        settle_unanswered(crash, restarted_at);
        repeat_entries(crash);
        *lost += check_reads(&crash->books, crash->channel, crash->entries);
        *lost += check_baskets(&crash->books, crash->channel);
        *lost += check_stock(&crash->books, crash->channel, INITIAL_UNITS);
        *lost += chronicle_read(crash->chronicle, crash->channel);
        *lost += chronicle_check_writes(crash->chronicle, journal);
        *lost += chronicle_check_orders(crash->chronicle, ENDED_AT_MOST_ONCE);
        *lost += check_verify(crash->channel);
        crash->entries = journal->count;
}

static void run_round(struct crash *crash)
{
        int64_t work_us = (int64_t)(crash->options->seconds * 1e6);
        /* Clients that call after the kill need not wait long for nobody. */
        struct round round = {.books = &crash->books,
                .channel = connect_to(&crash->daemon, 500),
                .admin = crash->daemon.token,
                .seed = random_next(&crash->random)};

        round_start(&round);
        clock_sleep_us(5000 + (int64_t)random_below(&crash->random, (uint64_t)work_us));
        daemon_kill(&crash->daemon);
        crash->tally.kills++;
        round_end(&round);
        shop_channel_close(round.channel);
        disconnect(crash);
        if (random_below(&crash->random, 3) == 0)
                kill_early(crash, 1 + random_below(&crash->random, 4));
        start(crash);
        check(crash);
        crash->tally.rounds++;
}

/* ---- a shop ---- */

static void open_shop(struct crash *crash)
{
        journal_init(&crash->books.journal);
        pthread_mutex_init(&crash->books.lock, NULL);
        crash->books.baskets = NULL;
        crash->books.shop_time_s = 0;
        atomic_store(&crash->books.names, 0);
        crash->entries = 0;
        crash->chronicle = chronicle_new();
        daemon_init(&crash->daemon, crash->options->program);
        /* Every second shop runs each handler twice and stops where the runs differ. */
        if (crash->shops++ % 2 == 1)
                daemon_configure(&crash->daemon, "[debug]\nhandlers = checked\n");
        kill_early(crash, random_below(&crash->random, 5));
        start(crash);
        storefront_open(&crash->books.storefront, crash->channel, VARIANTS, INITIAL_UNITS);
        crash->tally.lost += chronicle_read(crash->chronicle, crash->channel);
        chronicle_forget(crash->chronicle);
        check_time(crash);
}

/* After three hours nothing waits for money any more: each order has ended, once. */
static void close_shop(struct crash *crash)
{
        struct tally *tally = &crash->tally;

        advance(crash, 3 * HOUR_S);
        tally->lost += chronicle_read(crash->chronicle, crash->channel);
        tally->lost += chronicle_check_orders(crash->chronicle, ENDED_ONCE);
        tally->lost += check_followers(crash->channel);
        tally->lost += check_verify(crash->channel);
        tally->orders += chronicle_order_count(crash->chronicle);
        tally->events += chronicle_event_count(crash->chronicle);
        disconnect(crash);
        if (daemon_stop(&crash->daemon) != 0)
                tally->lost += fault("shopd did not stop well");
        if (daemon_verify(&crash->daemon) != 0)
                tally->lost += fault("shopd --verify found faults");
        if (tally->lost > 0) {
                daemon_show_log(&crash->daemon);
                live_fail("%zu lost; the shop is kept in %s", tally->lost, crash->daemon.dir);
        }
        daemon_release(&crash->daemon);
        chronicle_free(crash->chronicle);
        journal_release(&crash->books.journal);
        for (struct basket *basket = crash->books.baskets, *next; basket != NULL; basket = next) {
                next = basket->next;
                free(basket);
        }
        pthread_mutex_destroy(&crash->books.lock);
}

static void print_progress(const struct crash *crash)
{
        fprintf(stderr, "round %zu of %lld: %zu acknowledged, %zu lost\n", crash->tally.rounds,
                (long long)crash->options->rounds, crash->tally.acknowledged, crash->tally.lost);
}

static void print_tally(const struct options *options, const struct tally *tally)
{
        printf("seed          %llu\n"
               "rounds        %zu (%zu kills)\n"
               "acknowledged  %zu (%zu refusals and %zu sign-ins among them)\n"
               "unanswered    %zu (%zu had happened)\n"
               "repeated      %zu\n"
               "orders        %zu, each ended once\n"
               "events        %zu\n"
               "lost          %zu\n",
                (unsigned long long)options->seed, tally->rounds, tally->kills, tally->acknowledged,
                tally->refusals, tally->sign_ins, tally->unanswered, tally->happened,
                tally->repeated, tally->orders, tally->events, tally->lost);
}

static struct options read_options(int argc, char **argv)
{
        static const struct option known[] = {
                {"rounds", required_argument, NULL, 'r'},
                {"seed", required_argument, NULL, 's'},
                {"seconds", required_argument, NULL, 't'},
                {"shopd", required_argument, NULL, 'p'},
                {0},
        };
        struct options options = {.rounds = 20,
                .seed = (uint64_t)clock_real_us(),
                .seconds = 2,
                .program = "build/shopd"};
        bool good = true;

        for (int flag; (flag = getopt_long(argc, argv, "", known, NULL)) != -1;) {
                if (flag == 'r')
                        options.rounds = atoll(optarg);
                else if (flag == 's')
                        options.seed = strtoull(optarg, NULL, 10);
                else if (flag == 't')
                        options.seconds = atof(optarg);
                else if (flag == 'p')
                        options.program = optarg;
                else
                        good = false;
        }
        if (!good || optind < argc || options.rounds < 1 || options.seconds <= 0)
                live_fail("usage: crash [--rounds N] [--seed S] [--seconds PER_ROUND] "
                          "[--shopd PROGRAM]");
        return options;
}

int main(int argc, char **argv)
{
        struct options options = read_options(argc, argv);
        struct crash crash = {.options = &options};

        random_seed(&crash.random, options.seed);
        for (int64_t round = 0; round < options.rounds; round++) {
                if (round % ROUNDS_PER_SHOP == 0)
                        open_shop(&crash);
                run_round(&crash);
                if (round % ROUNDS_PER_SHOP == ROUNDS_PER_SHOP - 1 || round + 1 == options.rounds)
                        close_shop(&crash);
                print_progress(&crash);
        }
        print_tally(&options, &crash.tally);
        return crash.tally.lost == 0 ? 0 : 1;
}
