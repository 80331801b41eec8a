/*
 * Makes a guest. A guest is a row like a member's, so carts and orders have an owner from the first
 * moment and need not move when the guest signs up.
 */
#include "server/membership/device.h"
#include "membership.handlers.h"

enum status membership_create_guest(
        struct call *call, const CreateGuestRequest *request, SessionGrant *response)
{
        Member *guest = account_new(call, MEMBER_KIND_GUEST);

        guest->language = request->language;
        member_insert(call->txn, guest);
        call_event(call, "member.guest_created", guest->id, guest->id, NULL);
        device_open(call, guest, request->device_name, response);
        return OK;
}
