/*
 * `shopctl replay FILE`: a year of a real shop through the same methods that everybody uses, with
 * the simulated clock. Documents run one after another, each complete before the next, as they did
 * in that year. Interrupted by Ctrl-C, by an error or by a server that was killed, it is simply
 * started again.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "governance.client.h"
#include "tools/shopctl/replay/replay.h"

#define REPLAY_TIMEOUT_MS (60 * 1000)
#define EXIT_INTERRUPTED  130

atomic_bool replay_stop;

static void on_interrupt(int number)
{
        atomic_store(&replay_stop, true);
}

bool replay_failed(struct replay *replay, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        replay->failed_at = arena_vprintf(replay->arena, format, args);
        va_end(args);
        return false;
}

int64_t timestamp_us(const Google__Protobuf__Timestamp *time)
{
        return time == NULL ? 0 : time->seconds * 1000000 + time->nanos / 1000;
}

struct arguments {
        const char *file;
        const char *report;
        const char *rejects;
};

static bool parse(struct arguments *arguments, int argc, char **argv)
{
        static const struct option options[] = {
                {"report", required_argument, NULL, 'r'},
                {"rejects", required_argument, NULL, 'j'},
                {NULL, 0, NULL, 0},
        };
        int code;

        optind = 0; /* begin anew: main has read options of its own */
        while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (code == '?')
                        return false;
                if (code == 'r')
                        arguments->report = optarg;
                else
                        arguments->rejects = optarg;
        }
        if (optind + 1 == argc)
                arguments->file = argv[optind];
        return arguments->file != NULL;
}

/* The clock must be the simulated one and not past what is still to be played. */
static bool check_server(struct replay *replay)
{
        Shop__GetServerInfoRequest request = SHOP__GET_SERVER_INFO_REQUEST__INIT;
        Shop__ServerInfo *info = NULL;

        if (shop_governance_get_server_info(
                    replay->channel, &request, NULL, &info, &replay->error) != SHOP_OK)
                return replay_failed(replay, "asking for the server's clock");
        replay->shop_time_us = timestamp_us(info->shop_time);
        if (!info->simulated_clock) {
                fputs("shopctl: a replay needs a server that was started with --clock simulated\n",
                        stderr);
                replay->failed_at = "";
        }
        protobuf_c_message_free_unpacked(&info->base, NULL);
        return replay->failed_at == NULL;
}

/* An importer's post is needed; an administrator makes a key that has it. */
static bool become_importer(struct replay *replay)
{
        Shop__WhoAmIRequest who = SHOP__WHO_AM_IREQUEST__INIT;
        Shop__WhoAmIResponse *me = NULL;
        Shop__CreateServiceKeyRequest create = SHOP__CREATE_SERVICE_KEY_REQUEST__INIT;
        Shop__Post posts[] = {SHOP__POST__POST_IMPORTER};
        Shop__CreateServiceKeyResponse *key = NULL;
        bool importer = false;

        if (shop_governance_who_am_i(replay->channel, &who, NULL, &me, &replay->error) != SHOP_OK)
                return replay_failed(replay, "asking who this is");
        for (size_t i = 0; i < me->n_posts; i++)
                importer = importer || me->posts[i] == SHOP__POST__POST_IMPORTER;
        protobuf_c_message_free_unpacked(&me->base, NULL);
        if (importer)
                return true;
        create.title = "replay";
        create.posts = posts;
        create.n_posts = 1;
        if (shop_governance_create_service_key(
                    replay->channel, &create, NULL, &key, &replay->error) != SHOP_OK)
                return replay_failed(replay, "making an importer's key");
        shop_channel_set_token(replay->channel, key->token);
        protobuf_c_message_free_unpacked(&key->base, NULL);
        return true;
}

static bool run_documents(struct replay *replay)
{
        const struct plan *plan = replay->plan;
        struct progress *progress = progress_begin("documents", plan->document_count);
        bool going = true;
        size_t i;

        for (i = 0; i < plan->document_count && going && !atomic_load(&replay_stop); i++) {
                progress_step(progress, i);
                going = order_run(replay, &plan->documents[i]) &&
                        credit_run(replay, &plan->documents[i]);
                if (!going && replay->failed_at != NULL)
                        replay_failed(replay, "invoice %s: %s", plan->documents[i].invoice,
                                replay->failed_at);
        }
        progress_end(progress);
        return going && i == plan->document_count;
}

static bool run(struct replay *replay, const struct arguments *arguments)
{
        return check_server(replay) && become_importer(replay) && setup_run(replay) &&
               programme_run(replay) && known_load(replay) && run_documents(replay) &&
               clock_move(replay, replay->shop_time_us) && insight_run(replay) &&
               report_write(replay, arguments->report);
}

static int finish(struct replay *replay, bool done)
{
        int status = 1;

        if (done)
                return 0;
        if (replay->failed_at != NULL && replay->error.reason != NULL) {
                fprintf(stderr, "shopctl: %s\n", replay->failed_at);
                status = print_error(replay->settings, &replay->error);
        } else if (atomic_load(&replay_stop)) {
                status = EXIT_INTERRUPTED;
        } else if (replay->error.code != SHOP_OK) {
                status = EXIT_STATUS_BASE + (int)replay->error.code;
        }
        fputs("shopctl: stopped; the same command goes on from here\n", stderr);
        return status;
}

int replay_run(struct settings *settings, int argc, char **argv)
{
        struct sigaction action = {.sa_handler = on_interrupt};
        struct arguments arguments = {0};
        struct replay replay = {.settings = settings, .arena = settings->arena};
        struct plan plan;
        int status;

        if (!parse(&arguments, argc, argv)) {
                fputs("usage: shopctl replay FILE [--report FILE] [--rejects FILE]\n", stderr);
                return EXIT_USAGE;
        }
        if (!plan_make(&plan, arguments.file, arguments.rejects))
                return EXIT_STATUS_BASE + SHOP_INVALID_ARGUMENT;
        fprintf(stderr, "%s: %llu lines, %zu documents, %zu products, %zu customers\n",
                arguments.file, (unsigned long long)plan.line_count, plan.document_count,
                plan.code_count, plan.customer_count);
        sigaction(SIGINT, &action, NULL);
        if (settings->timeout_ms == 0)
                settings->timeout_ms = REPLAY_TIMEOUT_MS;
        replay.plan = &plan;
        replay.channel = session_channel(settings);
        status = finish(&replay, run(&replay, &arguments));
        known_release(&replay);
        shop_error_release(&replay.error);
        plan_release(&plan);
        return status;
}
