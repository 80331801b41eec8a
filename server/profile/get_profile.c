/* What a member said of themselves; who said nothing has an empty profile, not none. */
#include "profile.handlers.h"
#include "server/profile/own_profile.h"

enum status profile_get_profile(
        struct call *call, const GetProfileRequest *request, Profile *response)
{
        const Profile *stored = profile_get(call->txn, request->member_id);

        if (stored != NULL) {
                *response = *stored;
                return OK;
        }
        response->member_id = request->member_id;
        return OK;
}
