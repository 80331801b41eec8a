#pragma once
/*
 * The text format of Prometheus, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): what a scrape answers.
 */
#include "lib/base/bytes.h"
#include "server/histogram.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Both NULL ends a list of them. A value may be any text. */
struct metric_label {
        const char *name;
        const char *value;
};

/* HELP and TYPE; the samples follow. */
void metric_begin(struct buffer *out, const char *name, enum metric_type type, const char *help);
/* labels: NULL for none. */
void metric_sample(
        struct buffer *out, const char *name, const struct metric_label *labels, double value);
void metric_histogram(struct buffer *out, const char *name, const struct metric_label *labels,
        const struct histogram *histogram, const struct histogram_scale *scale);
