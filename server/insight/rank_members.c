/* Asks for a ranking, now or every day. */
#include "insight.handlers.h"
#include "lib/base/calendar.h"
#include "server/insight/member.h"
#include "server/insight/rank.h"

#define AGAIN_METHOD "insight.RankAgain"

enum status insight_rank_members(
        struct call *call, const RankMembersRequest *request, RfmScale *response)
{
        RfmScale *scale = rank_ask(call);

        scale->daily = request->daily;
        if (request->daily)
                call_schedule(call, calendar_days_end_us(call->now_us, 0), AGAIN_METHOD, RFM_ID);
        else
                call_unschedule(call, AGAIN_METHOD, RFM_ID);
        rank_store(call, scale, "rfm_scale.asked");
        *response = *scale;
        return OK;
}
