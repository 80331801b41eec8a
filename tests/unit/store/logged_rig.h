#pragma once
/*
 * An engine with a commit log for one test. Group n is always the same changes, made from the
 * number n, so that what the engine must hold after any group can be worked out. Writes and syncs
 * of the log and transactions of the engine below can be made to fail, to be torn, or to kill
 * the process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/base/random.h"
#include "lib/store/engine_logged.h"

#define RIG_KEYS 300

enum rig_step {
        RIG_WRITE,      /* before a write of the log */
        RIG_WRITE_TORN, /* some of its sectors are on the disk */
        RIG_WRITTEN,    /* all of them, but nothing was synced */
        RIG_SYNCED,     /* and the writer does not know yet */
        RIG_APPLY,      /* before a transaction of the engine below */
        RIG_APPLIED,    /* after it */
        RIG_STEPS
};

struct rig {
        struct arena arena;
        struct keyring *keyring;
        char dir[64];
        uint64_t log_bytes;
        uint64_t map_bytes;
        enum { RIG_LMDB, RIG_MEMORY } below;
        struct engine *engine; /* with the log */
        struct log_io io;
        struct random random;
        /* Called at every step; what it returns is the step's error (0: none). May not return. */
        int (*_Atomic at)(struct rig *rig, enum rig_step step);
        _Atomic uint64_t steps; /* for at */
        uint64_t last_step;     /* for at */
        /* Called once, before a snapshot of the engine below. */
        void (*before_snapshot)(struct rig *rig);
        bool torn;                /* the next write of the log reaches RIG_WRITE_TORN in pieces */
        _Atomic int apply_status; /* an enum status: what transactions below fail with, or OK */
        _Atomic uint64_t applies; /* how many there were */
};

void rig_init(struct rig *rig);
void rig_release(struct rig *rig); /* closes and removes everything */
enum status rig_open(struct rig *rig, struct error *error);
void rig_open_well(struct rig *rig);
void rig_close(struct rig *rig);
char *rig_path(struct rig *rig, const char *name);

/* Applies group number. */
enum status rig_group(struct rig *rig, uint64_t number, const char **why);
/* Has it accepted without a sync. */
void rig_accepted(struct rig *rig, uint64_t number);
void rig_groups(struct rig *rig, uint64_t from, uint64_t to);
/* The number of the last group in a snapshot. */
uint64_t rig_number(struct engine_snapshot *snapshot);
/* Fails the test unless a new snapshot is exactly what there was after its last group; returns
 * the number of that. */
uint64_t rig_check(struct rig *rig);
/* The same for a snapshot; false where it is not. */
bool rig_holds(struct engine_snapshot *snapshot);
