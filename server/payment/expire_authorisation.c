/*
 * The timer of an authorisation. Its first parcel would have captured it, so nothing has left;
 * people decide whether the customer is asked to pay again or the order is cancelled. While a
 * capture is open it is looked at again a day later: banks honour what was asked for in time.
 */
#include "payment.handlers.h"
#include "server/payment/ledger.h"
#include "server/service/service.h"

enum status payment_expire_authorisation(
        struct call *call, const TimerRequest *request, Empty *response)
{
        Order *order = order_get(call->txn, request->subject_id);

        if (order == NULL || order->authorised_minor == 0)
                return OK;
        if (authorisation_in_flight(call, order) > 0) {
                call_schedule(
                        call, call->now_us + TERMS_DAY_US, AUTHORISATION_EXPIRY_METHOD, order->id);
                return OK;
        }
        service_open_ticket(call, "AUTHORISATION_EXPIRED", order->id, order->member_id,
                call_printf(call, "%lld %s were not captured in time and are due again",
                        (long long)order->authorised_minor, order->currency_code));
        authorisation_lose(call, order);
        return OK;
}
