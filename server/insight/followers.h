#pragma once
/* What insight does about events and jobs, by the names in server/followers.c and job_kinds.c. */
#include "server/follow.h"
#include "server/jobs.h"

/* Keeps CustomerActivity and what follows from it: stages, segments, cohorts. */
enum status insight_follow_activity(struct call *call, const Event *event);

/* Keeps what is bought by whom and how often, and has what goes with it computed. */
enum status insight_follow_products(struct call *call, const Event *event);

/* Computes the boundaries of the RFM scores. */
performer insight_rank;
/* Computes what goes with a product. */
performer insight_neighbours;
