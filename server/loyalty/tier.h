#pragma once
/* Growth and what follows of it, for this folder. */
#include "server/call.h"
#include "loyalty.rows.h"

/* Adds growth, or takes some back, and stores the account. Growth that comes may reach a higher
 * tier at once, or save one in its grace; what is taken back acts at the end of the period. */
void tier_grow(struct call *call, LoyaltyAccount *account, int64_t growth, PointSource source,
        const char *source_id);

/* Growth of the months that count for the tier now. */
int64_t tier_growth(struct call *call, const char *member_id, const ProgrammeVersion *programme);

/* The timer at the end of a tier's period and of its grace, by member id. */
#define TIER_REVIEW_METHOD "loyalty.ReviewTier"
