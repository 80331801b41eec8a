/* Changes preferences, as a standard update would, of a row that may not be there yet. */
#include "profile.handlers.h"
#include "server/change.h"
#include "server/profile/own_profile.h"

enum status profile_update_profile(
        struct call *call, const UpdateProfileRequest *request, Profile *response)
{
        const char *member_id = request->profile->member_id;

        if (member_id[0] == '\0')
                return call_fail_field(
                        call, "profile.member_id", "REQUIRED", "profile.member_id: whose profile?");
        if (!profile_has(call->txn, member_id))
                own_profile_store(call, own_profile(call, member_id));
        Profile *row = change_row(call, &profile_table, request->profile, request->update_mask);

        if (row == NULL)
                return call->error.code;
        own_profile_store(call, row);
        call_event(call, "profile.updated", member_id, member_id, NULL);
        call_respond(response, profile_get(call->txn, member_id));
        return OK;
}
