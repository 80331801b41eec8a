/*
 * One credit document: a return case for every order whose units it gives back, and goodwill for
 * the rest. A case is taken through its states from wherever an earlier run left it.
 */
#include <stdio.h>
#include <stdlib.h>
#include "aftersales.client.h"
#include "tools/shopctl/replay/replay.h"

struct walk {
        const char *id;
        int state;
};

static bool take(struct replay *replay, struct walk *walk, enum shop_status status,
        Shop__ReturnCase *const *answer, const char *what)
{
        if (status != SHOP_OK)
                return replay_failed(replay, "%s", what);
        walk->state = (int)(*answer)->state;
        if (walk->id == NULL)
                walk->id = arena_text(replay->arena, (*answer)->id);
        protobuf_c_message_free_unpacked(&(*answer)->base, NULL);
        return true;
}

static bool apply(struct replay *replay, struct walk *walk, const struct plan_return *returns,
        size_t count, const char *external_id)
{
        const char *invoice = replay->plan->documents[returns[0].order].invoice;
        const struct known_row *order = known_get(&replay->orders, invoice);
        Shop__ApplyReturnRequest request = SHOP__APPLY_RETURN_REQUEST__INIT;
        Shop__ApplyReturnLine *lines = calloc(count, sizeof *lines);
        Shop__ApplyReturnLine **pointers = calloc(count, sizeof *pointers);
        char(*keys)[16] = calloc(count, sizeof *keys);
        Shop__ReturnCase *answer = NULL;
        enum shop_status status;

        for (size_t i = 0; i < count; i++) {
                snprintf(keys[i], sizeof keys[i], "%u", returns[i].line);
                lines[i] = (Shop__ApplyReturnLine)SHOP__APPLY_RETURN_LINE__INIT;
                lines[i].order_line_number = (int32_t)returns[i].sale_number;
                lines[i].quantity = returns[i].quantity;
                lines[i].line_key = keys[i];
                pointers[i] = &lines[i];
        }
        request.order_id = order->id;
        request.lines = pointers;
        request.n_lines = count;
        request.reason = "credit line of the file";
        request.external_id = external_id;
        status = shop_aftersales_apply_return(
                replay->channel, &request, NULL, &answer, &replay->error);
        free(keys);
        free(pointers);
        free(lines);
        return take(replay, walk, status, &answer, "applying for a return");
}

static bool approve(struct replay *replay, struct walk *walk)
{
        Shop__ReviewReturnRequest request = SHOP__REVIEW_RETURN_REQUEST__INIT;
        Shop__ReturnCase *answer = NULL;

        request.id = walk->id;
        request.decision = SHOP__REVIEW_DECISION__REVIEW_DECISION_APPROVE;
        return take(replay, walk,
                shop_aftersales_review_return(
                        replay->channel, &request, NULL, &answer, &replay->error),
                &answer, "approving a return");
}

static bool receive(struct replay *replay, struct walk *walk)
{
        Shop__ReceiveReturnRequest request = SHOP__RECEIVE_RETURN_REQUEST__INIT;
        Shop__ReturnCase *answer = NULL;

        request.id = walk->id;
        request.location_id = replay->location_id;
        return take(replay, walk,
                shop_aftersales_receive_return(
                        replay->channel, &request, NULL, &answer, &replay->error),
                &answer, "receiving a return");
}

static bool inspect(struct replay *replay, struct walk *walk)
{
        Shop__InspectReturnRequest request = SHOP__INSPECT_RETURN_REQUEST__INIT;
        Shop__ReturnCase *answer = NULL;

        request.id = walk->id;
        return take(replay, walk,
                shop_aftersales_inspect_return(
                        replay->channel, &request, NULL, &answer, &replay->error),
                &answer, "inspecting a return");
}

static bool refund(struct replay *replay, struct walk *walk)
{
        Shop__RefundReturnRequest request = SHOP__REFUND_RETURN_REQUEST__INIT;
        Shop__ReturnCase *answer = NULL;

        request.id = walk->id;
        return take(replay, walk,
                shop_aftersales_refund_return(
                        replay->channel, &request, NULL, &answer, &replay->error),
                &answer, "refunding a return");
}

static bool close_case(struct replay *replay, struct walk *walk)
{
        Shop__CloseReturnRequest request = SHOP__CLOSE_RETURN_REQUEST__INIT;
        Shop__ReturnCase *answer = NULL;

        request.id = walk->id;
        return take(replay, walk,
                shop_aftersales_close_return(
                        replay->channel, &request, NULL, &answer, &replay->error),
                &answer, "closing a return");
}

/* What leads from each state to the next; NULL where the case has ended. */
static bool (*const next_step[])(struct replay *, struct walk *) = {
        [SHOP__RETURN_STATE__RETURN_STATE_APPLIED] = approve,
        [SHOP__RETURN_STATE__RETURN_STATE_APPROVED] = receive,
        [SHOP__RETURN_STATE__RETURN_STATE_RECEIVED] = inspect,
        [SHOP__RETURN_STATE__RETURN_STATE_INSPECTED] = refund,
        [SHOP__RETURN_STATE__RETURN_STATE_REFUNDED] = close_case,
};
#define NEXT_STEP_COUNT ((int)(sizeof next_step / sizeof *next_step))

static bool run_case(struct replay *replay, const struct plan_document *document,
        const struct plan_return *returns, size_t count)
{
        const char *invoice = replay->plan->documents[returns[0].order].invoice;
        const struct known_row *known;
        struct walk walk = {0};
        char external_id[64];

        snprintf(external_id, sizeof external_id, "%s/%s", document->invoice, invoice);
        known = known_get(&replay->cases, external_id);
        if (known != NULL)
                walk = (struct walk){.id = known->id, .state = known->state};
        else if (!clock_move(replay, document->time_us) ||
                 !apply(replay, &walk, returns, count, external_id))
                return false;
        while (walk.state < NEXT_STEP_COUNT && next_step[walk.state] != NULL)
                if (!next_step[walk.state](replay, &walk))
                        return false;
        return true;
}

static bool run_goodwill(struct replay *replay, const struct plan_document *document,
        const struct plan_goodwill *goodwill)
{
        Shop__GrantGoodwillRequest request = SHOP__GRANT_GOODWILL_REQUEST__INIT;
        char external_id[64];

        snprintf(external_id, sizeof external_id, "line:%u", goodwill->line);
        if (known_get(&replay->goodwill, external_id) != NULL)
                return true;
        if (replay->shop_time_us < document->time_us && !clock_move(replay, document->time_us))
                return false;
        if (goodwill->customer != PLAN_NONE)
                request.member_id = replay->member_ids[goodwill->customer];
        request.currency_code = "GBP";
        request.amount_minor = goodwill->amount_minor;
        request.reason = goodwill_name(goodwill->reason);
        request.external_id = external_id;
        return shop_aftersales_grant_goodwill(
                       replay->channel, &request, NULL, NULL, &replay->error) == SHOP_OK ||
               replay_failed(replay, "granting goodwill");
}

bool credit_run(struct replay *replay, const struct plan_document *document)
{
        size_t end;

        for (size_t begin = 0; begin < document->return_count; begin = end) {
                end = begin + 1;
                while (end < document->return_count &&
                        document->returns[end].order == document->returns[begin].order)
                        end++;
                if (!run_case(replay, document, &document->returns[begin], end - begin))
                        return false;
        }
        for (size_t i = 0; i < document->goodwill_count; i++)
                if (!run_goodwill(replay, document, &document->goodwill[i]))
                        return false;
        return true;
}
