/*
 * Makes a guest. A guest is a row like a member's, so carts and orders have an owner from the first
 * moment and need not move when the guest signs up.
 */
#include "lib/base/calendar.h"
#include "membership.handlers.h"
#include "server/membership/device.h"
#include "server/membership/membership.h"

enum status membership_create_guest(
        struct call *call, const CreateGuestRequest *request, SessionGrant *response)
{
        Member *guest = account_new(call, MEMBER_KIND_GUEST);

        guest->language = request->language;
        member_insert(call->txn, guest);
        call_schedule(call, calendar_days_end_us(call->now_us, call->terms->guest_days),
                GUEST_FORGET_METHOD, guest->id);
        call_event(call, "member.guest_created", guest->id, guest->id, NULL);
        device_open(call, guest, request->device_name, response);
        return OK;
}
