/*
 * What a load found: a line per step on the screen, and files. Latencies are kept in microseconds
 * and told in milliseconds.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "tools/shopctl/bench/bench.h"

static const double percentiles[] = {50, 90, 99, 99.9};
#define PERCENTILE_COUNT (sizeof(percentiles) / sizeof(percentiles[0]))

static double latency_ms(const struct bench_step *step, size_t i)
{
        return (double)hdr_percentile(&step->latency, percentiles[i]) / 1e3;
}

/* ---- for people ---- */

void bench_print_head(const struct settings *settings)
{
        if (settings->output != OUTPUT_TEXT)
                return;
        printf("%10s %10s %10s %10s %10s", "rate/s", "offered", "started", "good", "good/s");
        for (size_t i = 0; i < PERCENTILE_COUNT; i++)
                printf("   p%-5g ms", percentiles[i]);
        printf(" %11s\n", "max ms");
}

static void print_text(const struct bench_step *step)
{
        printf("%10.0f %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10.0f", step->rate, step->offered,
                step->started, step->good, bench_goodput(step));
        for (size_t i = 0; i < PERCENTILE_COUNT; i++)
                printf(" %11.3f", latency_ms(step, i));
        printf(" %11.3f\n", (double)hdr_max(&step->latency) / 1e3);
        for (size_t i = 0; i < step->failure_count; i++)
                printf("%10s %" PRIu64 " %s %s%s%s\n", "", step->failures[i].count,
                        shop_status_name(step->failures[i].code), step->failures[i].reason,
                        i == 0 ? ": " : "", i == 0 ? step->message : "");
        if (step->started < step->offered)
                printf("%10s this program was too slow for the rate by %" PRIu64 " calls\n", "",
                        step->offered - step->started);
}

/* ---- for programs ---- */

static void append_step(struct buffer *out, const struct bench_step *step)
{
        buffer_printf(out,
                "{\"rate\":%g,\"offered\":%" PRIu64 ",\"started\":%" PRIu64 ",\"good\":%" PRIu64
                ",\"goodput\":%.3f,\"latency_ms\":{",
                step->rate, step->offered, step->started, step->good, bench_goodput(step));
        for (size_t i = 0; i < PERCENTILE_COUNT; i++)
                buffer_printf(out, "\"p%g\":%.3f,", percentiles[i], latency_ms(step, i));
        buffer_printf(out, "\"max\":%.3f},\"failures\":[", (double)hdr_max(&step->latency) / 1e3);
        for (size_t i = 0; i < step->failure_count; i++) {
                const struct bench_failure *failure = &step->failures[i];

                buffer_printf(out, "%s{\"code\":\"%s\",\"reason\":", i == 0 ? "" : ",",
                        shop_status_name(failure->code));
                buffer_append_quoted(out, bytes_of_text(failure->reason));
                buffer_printf(out, ",\"count\":%" PRIu64 "}", failure->count);
        }
        buffer_append_text(out, "]}");
}

void bench_print_step(const struct settings *settings, const struct bench_step *step)
{
        struct buffer line = {0};

        if (settings->output == OUTPUT_TEXT) {
                print_text(step);
        } else {
                append_step(&line, step);
                printf("%.*s\n", (int)line.len, (const char *)line.data);
                buffer_release(&line);
        }
        fflush(stdout);
}

/* ---- files ---- */

static bool open_file(const char *path, FILE **out)
{
        *out = fopen(path, "w");
        if (*out == NULL)
                fprintf(stderr, "shopctl: %s: %s\n", path, strerror(errno));
        return *out != NULL;
}

static bool close_file(FILE *file, const char *path)
{
        bool failed = ferror(file) != 0;

        if (fclose(file) == 0 && !failed)
                return true;
        fprintf(stderr, "shopctl: %s: %s\n", path, strerror(errno));
        return false;
}

/* Takes the text. */
static bool write_text(const char *path, struct buffer *text)
{
        FILE *file;
        bool written = open_file(path, &file);

        if (written) {
                fwrite(text->data, 1, text->len, file);
                written = close_file(file, path);
        }
        buffer_release(text);
        return written;
}

/* One file a step: a distribution is of one load. */
static bool write_histogram(const struct bench_plan *plan, const struct bench_step *step)
{
        char path[4096];
        FILE *file;

        if (plan->rate_count == 1)
                snprintf(path, sizeof(path), "%s", plan->histogram_path);
        else
                snprintf(path, sizeof(path), "%s.%g", plan->histogram_path, step->rate);
        if (!open_file(path, &file))
                return false;
        hdr_write(&step->latency, 1e3, file);
        return close_file(file, path);
}

static bool write_json(const struct bench_plan *plan, const struct bench_step *steps)
{
        struct buffer out = {0};

        buffer_printf(&out, "{\"method\":\"%s\",\"seconds\":%g,\"clients\":%zu,\"steps\":[",
                plan->method->name, (double)plan->duration_us / 1e6, plan->client_count);
        for (size_t i = 0; i < plan->rate_count; i++) {
                buffer_append_text(&out, i == 0 ? "\n" : ",\n");
                append_step(&out, &steps[i]);
        }
        buffer_append_text(&out, "\n]}\n");
        return write_text(plan->json_path, &out);
}

bool bench_write_files(const struct bench_plan *plan, const struct bench_step *steps)
{
        struct buffer out = {0};

        for (size_t i = 0; plan->histogram_path != NULL && i < plan->rate_count; i++)
                if (!write_histogram(plan, &steps[i]))
                        return false;
        if (plan->json_path != NULL && !write_json(plan, steps))
                return false;
        if (plan->svg_path == NULL)
                return true;
        bench_plot(&out, plan->method->name, steps, plan->rate_count);
        return write_text(plan->svg_path, &out);
}
