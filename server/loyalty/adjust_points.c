/*
 * Staff give or take points. There is no other way for people to move points, and none at all to
 * give them to another member. The adjustment's own name keeps it from happening twice; what was
 * taken has no lot of its own, so the name is looked for among the entries.
 */
#include <string.h>
#include "loyalty.handlers.h"
#include "membership.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"

/* What the adjustment of this name did to points; 0: there is none. member_id: whose they were. */
static int64_t known(struct call *call, const char *external_id, const char **member_id)
{
        struct scan *scan = point_entry_by_source_id(call->txn, external_id);
        int64_t points = 0;

        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                if (entry->source != POINT_SOURCE_ADJUSTMENT)
                        continue;
                points += entry->to_account == POINT_ACCOUNT_AVAILABLE ? entry->points
                                                                       : -entry->points;
                *member_id = entry->member_id;
        }
        return points;
}

static enum status check(struct call *call, const AdjustPointsRequest *request)
{
        if (request->points == 0)
                return call_fail_field(
                        call, "points", "REQUIRED", "points: how many, above or below 0");
        if (member_get(call->txn, request->member_id)->kind != MEMBER_KIND_MEMBER)
                return call_fail_field(call, "member_id", "GUEST",
                        "member_id: %s is a guest; only members have points", request->member_id);
        return OK;
}

static enum status give(struct call *call, LoyaltyAccount *account,
        const AdjustPointsRequest *request, const struct points_cause *cause)
{
        const ProgrammeVersion *programme = programme_now(call);

        if (programme == NULL)
                return call_fail(call, FAILED_PRECONDITION, "NO_PROGRAMME",
                        "no version of the programme counts: nothing says when points expire");
        points_issue(call, account,
                &(struct points_issue){.points = request->points,
                        .expire_us = programme_expire_us(programme, call->now_us),
                        .source_key = call_printf(call, "ADJUSTMENT:%s", request->external_id),
                        .activity = "",
                        .cause = *cause});
        return OK;
}

static enum status take(struct call *call, LoyaltyAccount *account,
        const AdjustPointsRequest *request, const struct points_cause *cause)
{
        if (points_spend(call, account, -request->points, POINT_ACCOUNT_ISSUED, cause))
                return OK;
        call_fact(call, "available", "%lld", (long long)points_spendable(call, account));
        return call_fail(call, FAILED_PRECONDITION, "POINTS_NOT_AVAILABLE",
                "points: member %s has fewer than %lld", request->member_id,
                (long long)-request->points);
}

enum status loyalty_adjust_points(
        struct call *call, const AdjustPointsRequest *request, LoyaltyAccount *response)
{
        const struct points_cause cause = {.source = POINT_SOURCE_ADJUSTMENT,
                .source_id = request->external_id,
                .reason = request->reason,
                .author_id = call->caller->id};
        const char *member_id = "";
        enum status status = check(call, request);

        if (status != OK)
                return status;
        int64_t done = known(call, request->external_id, &member_id);

        if (done != 0 && (done != request->points || strcmp(member_id, request->member_id) != 0))
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                        "external_id %s names another adjustment", request->external_id);
        LoyaltyAccount *account = points_account(call, request->member_id);

        if (done == 0) {
                status = request->points > 0 ? give(call, account, request, &cause)
                                             : take(call, account, request, &cause);
                if (status != OK)
                        return status;
                call_event(call, "points.adjusted", request->member_id, request->member_id,
                        "points", request->points, NULL);
        }
        call_respond(response, loyalty_account_get(call->txn, request->member_id));
        return OK;
}
