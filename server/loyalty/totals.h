#pragma once
/* Sums over all members, for this folder: kept by what moves points and by what changes tiers. */
#include "server/call.h"
#include "loyalty.rows.h"

void totals_move(struct call *call, PointAccount from, PointAccount to, int64_t points);
/* A member's tier; 0: none. */
void totals_step(struct call *call, int32_t from_level, int32_t to_level);
