/* A new day of the shop: it is ranked again. */
#include "insight.handlers.h"
#include "lib/base/calendar.h"
#include "server/insight/member.h"
#include "server/insight/rank.h"

enum status insight_rank_again(struct call *call, const TimerRequest *request, RfmScale *response)
{
        RfmScale *scale = rank_ask(call);

        if (scale->daily)
                call_schedule(call, calendar_days_end_us(call->now_us, 0), call->method->name,
                        request->subject_id);
        rank_store(call, scale, "rfm_scale.asked");
        *response = *scale;
        return OK;
}
