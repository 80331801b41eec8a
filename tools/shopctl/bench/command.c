/*
 * `shopctl bench`: reads the command line, opens the channels, runs step after step. Words that
 * are none of its own options are the request, as everywhere else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/shopctl/bench/bench.h"

#define RATE_MAX    2e6
#define SECONDS_MAX 86400
#define CLIENTS_MAX 1024

struct request {
        struct bench_plan plan;
        struct template template;
        const char *data_path;
};

static bool usage(const char *sentence, const char *value)
{
        fprintf(stderr, "shopctl: %s, not %s\n", sentence, value);
        return false;
}

/* A number up to most that ends at one of the characters of stops, or at the end. */
static bool read_number(const char *text, const char *stops, double most, double *out, char **end)
{
        *out = strtod(text, end);
        return *end != text && *out > 0 && *out <= most &&
               (**end == '\0' || strchr(stops, **end) != NULL);
}

static bool set_rates(struct request *request, const char *text)
{
        struct bench_plan *plan = &request->plan;
        const char *at = text;
        char *end;

        for (plan->rate_count = 0; plan->rate_count < BENCH_RATES_MAX; at = end + 1) {
                if (!read_number(at, ",", RATE_MAX, &plan->rates[plan->rate_count], &end))
                        break;
                plan->rate_count++;
                if (*end == '\0')
                        return true;
        }
        return usage("--rate is at most 64 numbers of calls a second with commas between, each "
                     "above 0 and up to 2000000",
                text);
}

static bool set_duration(struct request *request, const char *text)
{
        double seconds;
        char *end;

        if (!read_number(text, "", SECONDS_MAX, &seconds, &end))
                return usage("--duration is a number of seconds above 0 and up to 86400", text);
        request->plan.duration_us = (int64_t)(seconds * 1e6);
        return true;
}

static bool set_clients(struct request *request, const char *text)
{
        double clients;
        char *end;

        if (!read_number(text, "", CLIENTS_MAX, &clients, &end) || clients != (int)clients)
                return usage("--clients is 1 to 1024 connections", text);
        request->plan.client_count = (size_t)clients;
        return true;
}

static bool set_histogram(struct request *request, const char *text)
{
        request->plan.histogram_path = text;
        return true;
}

static bool set_svg(struct request *request, const char *text)
{
        request->plan.svg_path = text;
        return true;
}

static bool set_json(struct request *request, const char *text)
{
        request->plan.json_path = text;
        return true;
}

static bool set_data(struct request *request, const char *text)
{
        request->data_path = text;
        return true;
}

static bool set_token(struct request *request, const char *text)
{
        request->template.token = text;
        return true;
}

static const struct {
        const char *name;
        const char *value;
        const char *help;
        bool (*set)(struct request *request, const char *text);
} options[] = {
        {"--rate", "R[,R2...]", "calls a second, one step after another; needed", set_rates},
        {"--duration", "SECONDS", "of a step; default 10", set_duration},
        {"--clients", "N", "connections; default 1", set_clients},
        {"--data", "FILE", "lines for {line} and, between tabs, {1} to {9}", set_data},
        {"--call-token", "TEXT", "who makes a call, as in {2}; default as everywhere", set_token},
        {"--histogram", "FILE", "distribution in HdrHistogram's text form; FILE.RATE of several",
                set_histogram},
        {"--svg", "FILE", "a plot of latency and goodput", set_svg},
        {"--json", "FILE", "all figures", set_json},
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static int print_usage(void)
{
        fputs("usage: shopctl bench METHOD [NAME=VALUE]... [-d JSON] --rate R[,R2...] [OPTION]...\n"
              "\n"
              "Starts calls at their times, whatever the answers do, and counts latency from the\n"
              "intended start. Each is made once; an error is an answer. {n} in a value is the\n"
              "number of the call.\n"
              "\n",
                stderr);
        for (size_t i = 0; i < OPTION_COUNT; i++)
                fprintf(stderr, "  %-12s %-10s %s\n", options[i].name, options[i].value,
                        options[i].help);
        return EXIT_USAGE;
}

/* False after a sentence. */
static bool take_option(struct request *request, const char *name, const char *value)
{
        for (size_t i = 0; i < OPTION_COUNT; i++) {
                if (strcmp(options[i].name, name) != 0)
                        continue;
                if (value != NULL)
                        return options[i].set(request, value);
                fprintf(stderr, "shopctl: %s needs %s\n", name, options[i].value);
                return false;
        }
        fprintf(stderr, "shopctl: bench has no option %s; see shopctl bench\n", name);
        return false;
}

/* Options go where they belong, other words to the template. */
static bool take_words(struct request *request, int argc, char **argv)
{
        struct template *template = &request->template;

        template->words = arena_array(template->settings->arena, char *, (size_t)argc + 1);
        template->words[template->word_count++] = argv[0];
        for (int i = 1; i < argc; i++) {
                if (strncmp(argv[i], "--", 2) != 0)
                        template->words[template->word_count++] = argv[i];
                else if (!take_option(request, argv[i], argv[i + 1]))
                        return false;
                else
                        i++;
        }
        if (request->plan.rate_count > 0)
                return true;
        fputs("shopctl: bench needs --rate R, calls a second\n", stderr);
        return false;
}

static int run_steps(struct settings *settings, struct request *request)
{
        struct bench_plan *plan = &request->plan;
        struct bench_step *steps =
                arena_array(settings->arena, struct bench_step, plan->rate_count);
        struct shop_channel **channels =
                arena_array(settings->arena, struct shop_channel *, plan->client_count);
        uint64_t good = 0;
        struct error problem;
        bool made = true;

        error_init(&problem, settings->arena);
        for (size_t i = 0; i < plan->client_count; i++)
                channels[i] = session_open(settings, 1);
        bench_print_head(settings);
        for (size_t i = 0; made && i < plan->rate_count; i++) {
                hdr_init(&steps[i].latency);
                steps[i].rate = plan->rates[i];
                made = bench_load(plan, channels, &request->template, &steps[i], &problem);
                if (made)
                        bench_print_step(settings, &steps[i]);
                good += steps[i].good;
        }
        for (size_t i = 0; i < plan->client_count; i++)
                shop_channel_close(channels[i]);
        bool written = made && bench_write_files(plan, steps);

        for (size_t i = 0; i < plan->rate_count; i++)
                if (steps[i].latency.counts != NULL)
                        hdr_release(&steps[i].latency);
        if (!made)
                return print_local_error(settings, &problem);
        if (!written)
                return EXIT_USAGE;
        return good > 0 || steps[0].failure_count == 0
                       ? 0
                       : EXIT_STATUS_BASE + (int)steps[0].failures[0].code;
}

int bench_run(struct settings *settings, int argc, char **argv)
{
        struct request request = {
                .plan = {.duration_us = 10000000, .client_count = 1},
                .template = {.settings = settings},
        };
        struct error problem;

        if (argc < 2 || argv[1][0] == '-')
                return print_usage();
        request.plan.method = request.template.method = contract_method(argv[1]);
        if (request.plan.method == NULL)
                return EXIT_STATUS_BASE + SHOP_UNIMPLEMENTED;
        if (!take_words(&request, argc - 1, argv + 1))
                return EXIT_USAGE;
        error_init(&problem, settings->arena);
        int status = template_init(&request.template, request.data_path, &problem)
                             ? run_steps(settings, &request)
                             : print_local_error(settings, &problem);

        template_release(&request.template);
        return status;
}
