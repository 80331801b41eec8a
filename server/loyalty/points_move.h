#pragma once
/* The one way in which points move, for the two files of the ledger. */
#include "server/loyalty/points.h"

/* What the source_key of lots begins with whose points came back. */
#define POINTS_BACK "BACK:"

struct points_movement {
        PointAccount from, to;
        int64_t points;
        const char *origin_lot_id; /* "" */
};

/* Writes both sides at once, changes the figures of lot and account, and stores the lot; the
 * account is stored by whoever ends the operation. */
void points_move(struct call *call, LoyaltyAccount *account, PointLot *lot,
        struct points_movement movement, const struct points_cause *cause);

/* A lot that is stored and holds nothing yet. */
PointLot *points_new_lot(
        struct call *call, const LoyaltyAccount *account, const struct points_issue *issue);
/* The lot of source_key with so many points more, to be stored with their movement; or a new one.
 */
PointLot *points_lot_to_add(
        struct call *call, const LoyaltyAccount *account, const struct points_issue *issue);
