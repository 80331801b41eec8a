#pragma once
/*
 * An open-loop load: calls are started at the times that the rate says, whatever the answers do,
 * and latency is counted from the intended start. A closed loop would wait with a slow server and
 * so never see how slow it was ("coordinated omission", G. Tene, "How NOT to Measure Latency").
 */
#include <pthread.h>
#include "tools/shopctl/bench/hdr.h"
#include "tools/shopctl/bench/template.h"
#include "tools/shopctl/shopctl.h"

#define BENCH_RATES_MAX    64
#define BENCH_FAILURES_MAX 32

/* What the command line asked for. */
struct bench_plan {
        const struct schema_method *method;
        double rates[BENCH_RATES_MAX]; /* calls a second, step by step */
        size_t rate_count;
        int64_t duration_us;        /* of a step */
        size_t client_count;        /* channels, each a connection */
        const char *histogram_path; /* or NULL, as the others */
        const char *svg_path;
        const char *json_path;
};

/* Calls that ended alike. */
struct bench_failure {
        enum shop_status code;
        char reason[64];
        uint64_t count;
};

struct bench_step {
        double rate;
        int64_t duration_us;
        uint64_t offered;      /* calls that the rate asked for */
        uint64_t started;      /* calls of them that this program was fast enough to start */
        uint64_t good;         /* of them answered well, sooner or later */
        uint64_t good_in_time; /* answered well before the step's end */
        struct hdr latency;    /* of the good ones, in microseconds */
        struct bench_failure failures[BENCH_FAILURES_MAX];
        size_t failure_count;
        char message[256]; /* of the first failure */
};

/* Good answers a second while the step lasted. */
double bench_goodput(const struct bench_step *step);

/* load.c: runs one step and waits for its last answer. False with the error set when a request
 * cannot be made. */
bool bench_load(const struct bench_plan *plan, struct shop_channel *const *channels,
        struct template *template, struct bench_step *step, struct error *error);

/* report.c */
void bench_print_head(const struct settings *settings);
void bench_print_step(const struct settings *settings, const struct bench_step *step);
/* All files that the plan names. False with a sentence on standard error. */
bool bench_write_files(const struct bench_plan *plan, const struct bench_step *steps);

/* plot.c: latency and goodput over offered load. */
void bench_plot(
        struct buffer *out, const char *title, const struct bench_step *steps, size_t count);

int bench_run(struct settings *settings, int argc, char **argv);
