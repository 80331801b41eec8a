#pragma once
/* Rotations, of which one runs at a time. */
#include "privacy.rows.h"
#include "server/call.h"

/* A new one, or one of this kind that has not begun; begun where none runs. */
KeyRotation *rotation_ask(struct call *call, RotationKind kind);
/* The one that runs or waits of this kind, or NULL. */
KeyRotation *rotation_pending(struct call *call, RotationKind kind);
/* Begins the oldest that waits, unless one runs. */
void rotation_begin_next(struct call *call);
/* Stores a new state and tells of it. */
void rotation_store(struct call *call, KeyRotation *rotation, RotationState state);
