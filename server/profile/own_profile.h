#pragma once
/* A member's profile, for this folder. */
#include "server/call.h"
#include "profile.rows.h"

/* The member's row, or an empty one with the times of now that is not stored. */
Profile *own_profile(struct call *call, const char *member_id);
/* Stores it, new or changed, with its update_time. */
void own_profile_store(struct call *call, Profile *profile);
