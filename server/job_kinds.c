/*
 * Who performs which kind of job. A kind is named by call_job in a handler; its performer is the
 * domain's, declared in the domain's header.
 */
#include "server/jobs.h"

#include "server/insight/followers.h"
#include "server/notification/performers.h"
#include "server/payment/performers.h"
#include "server/privacy/performers.h"

const struct job_kind job_kinds[] = {
        {.name = "payment.submit", .perform = payment_submit},
        {.name = "payment.query", .perform = payment_query},
        {.name = "payment.close", .perform = payment_close},
        {.name = "notification.deliver", .perform = notification_deliver},
        {.name = "insight.rank", .perform = insight_rank},
        {.name = "insight.neighbours", .perform = insight_neighbours},
        {.name = PRIVACY_MAKE_KEY, .perform = privacy_make_key},
        {.name = PRIVACY_RETIRE_KEYS, .perform = privacy_retire_keys},
        {.name = NULL},
};
