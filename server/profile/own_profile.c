/* A profile is made when something is first said: most members never do. */
#include "server/profile/own_profile.h"

Profile *own_profile(struct call *call, const char *member_id)
{
        Profile *profile = profile_get(call->txn, member_id);

        if (profile != NULL)
                return profile;
        profile = call_new(call, Profile);
        *profile = (Profile)PROFILE_INIT;
        profile->member_id = member_id;
        profile->create_time = call_now(call);
        profile->update_time = profile->create_time;
        return profile;
}

void own_profile_store(struct call *call, Profile *profile)
{
        profile->update_time = call_now(call);
        if (profile_has(call->txn, profile->member_id))
                profile_update(call->txn, profile);
        else
                profile_insert(call->txn, profile);
}
