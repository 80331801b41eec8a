/*
 * Writes one line per sample. Whole numbers are written whole, so that counters stay exact and a
 * person can read them; others with nine digits. Refused: a registry of metrics that others fill
 * in; what there is to tell is one list in metrics.c.
 */
#include "server/exposition.h"

#include <math.h>

#define WHOLE_MAX 9007199254740992.0 /* 2^53: above it a double is no longer every integer */

static void append_value(struct buffer *out, double value)
{
        if (value == floor(value) && fabs(value) < WHOLE_MAX)
                buffer_printf(out, " %.0f\n", value);
        else
                buffer_printf(out, " %.9g\n", value);
}

static void append_escaped(struct buffer *out, const char *text)
{
        for (; *text != '\0'; text++) {
                if (*text == '\n')
                        buffer_append_text(out, "\\n");
                else if (*text == '"' || *text == '\\')
                        buffer_printf(out, "\\%c", *text);
                else
                        buffer_append(out, text, 1);
        }
}

/* The labels and, for a bucket, its bound. */
static void append_labels(struct buffer *out, const struct metric_label *labels, const char *bound)
{
        const char *before = "{";

        for (; labels != NULL && labels->name != NULL; labels++) {
                buffer_printf(out, "%s%s=\"", before, labels->name);
                append_escaped(out, labels->value);
                buffer_append_text(out, "\"");
                before = ",";
        }
        if (bound != NULL)
                buffer_printf(out, "%sle=\"%s\"", before, bound);
        if (bound != NULL || before[0] == ',')
                buffer_append_text(out, "}");
}

void metric_begin(struct buffer *out, const char *name, enum metric_type type, const char *help)
{
        static const char *const types[] = {
                [METRIC_COUNTER] = "counter",
                [METRIC_GAUGE] = "gauge",
                [METRIC_HISTOGRAM] = "histogram",
        };

        buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

void metric_sample(
        struct buffer *out, const char *name, const struct metric_label *labels, double value)
{
        buffer_append_text(out, name);
        append_labels(out, labels, NULL);
        append_value(out, value);
}

static void append_bucket(struct buffer *out, const char *name, const struct metric_label *labels,
        const char *bound, uint64_t count)
{
        buffer_printf(out, "%s_bucket", name);
        append_labels(out, labels, bound);
        append_value(out, (double)count);
}

void metric_histogram(struct buffer *out, const char *name, const struct metric_label *labels,
        const struct histogram *histogram, const struct histogram_scale *scale)
{
        double unit = (double)scale->unit;
        uint64_t count = 0;

        for (size_t i = 0; i < scale->count; i++) {
                struct buffer bound = {0};

                count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
                buffer_printf(&bound, "%g", (double)scale->bounds[i] / unit);
                buffer_append(&bound, "", 1);
                append_bucket(out, name, labels, (const char *)bound.data, count);
                buffer_release(&bound);
        }
        count += atomic_load_explicit(&histogram->counts[scale->count], memory_order_relaxed);
        append_bucket(out, name, labels, "+Inf", count);
        buffer_printf(out, "%s_sum", name);
        append_labels(out, labels, NULL);
        append_value(
                out, (double)atomic_load_explicit(&histogram->sum, memory_order_relaxed) / unit);
        buffer_printf(out, "%s_count", name);
        append_labels(out, labels, NULL);
        append_value(out, (double)count);
}
