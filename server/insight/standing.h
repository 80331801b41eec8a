#pragma once
/*
 * Where a customer stands, as a pure function of their figures and the time: days, RFM scores, the
 * stage of their life, and when any of it may change without an event. Days are the shop's: 0 on
 * the day itself.
 */
#include <stdbool.h>
#include <stdint.h>
#include "insight.rows.h"

#define STANDING_DAYS_MAX 36500

struct standing {
        const CustomerActivity *activity;
        const RfmScale *scale; /* or NULL: nobody was ranked */
        int64_t now_us;
        int64_t days_known;
        int64_t days_since_order; /* -1 without orders */
};

struct standing standing_of(
        const CustomerActivity *activity, const RfmScale *scale, int64_t now_us);

int64_t standing_spend_minor(const CustomerActivity *activity);

/* 1 to 5, or 0 without orders or scale. */
int32_t standing_recency_score(const struct standing *standing);
int32_t standing_frequency_score(const struct standing *standing);
int32_t standing_monetary_score(const struct standing *standing);

/* A policy whose zeros are the defaults. */
struct stage_terms {
        int32_t active_days;
        int32_t churn_days;
        int32_t loyal_orders;
};
struct stage_terms stage_terms_of(const LifecyclePolicy *policy); /* NULL: the defaults */
LifecycleStage standing_stage(const struct standing *standing, struct stage_terms terms);
/* "AT_RISK" */
const char *stage_name(LifecycleStage stage);
/* UNSPECIFIED: no such stage. */
LifecycleStage stage_named(const char *name);

/* The earliest instant that is still to come at which days_known or days_since_order is a number;
 * kept in *next_us, INT64_MAX at first. */
void standing_note_known(const struct standing *standing, int64_t days, int64_t *next_us);
void standing_note_since_order(const struct standing *standing, int64_t days, int64_t *next_us);
/* Those of the stage, and of the recency score. */
void standing_note_stage(
        const struct standing *standing, struct stage_terms terms, int64_t *next_us);
void standing_note_recency(const struct standing *standing, int64_t *next_us);

/* 201012 */
int32_t month_of(int64_t us);
int32_t month_next(int32_t month);
