#pragma once
/*
 * What rows a List is asked for, by the filters of its request and the caller's scope, and the
 * ordered access that serves it.
 */
#include "server/work.h"

#define EQUALS_MAX (KEY_PARTS_MAX + 1)

/* What the rows must have. */
struct wanted {
        struct {
                uint16_t field; /* of the table */
                struct key_value value;
        } equal[EQUALS_MAX];
        size_t equal_count;
        uint16_t range_field;
        bool has_from, has_before;
        bool parent_given; /* the first part of the key */
        bool owned_given;  /* a row of the caller's own, which own_request has seen */
        bool owner_given;  /* which of the owners that the caller is */
        struct key_value from, before;
};

/* From the request; whoever reaches no further than what is their own wants that. */
void list_want(struct work *work, struct wanted *wanted);
/* Who reaches rows by team names the member, a row of theirs that own_request has seen, themselves,
 * or one of their own teams; a list by team that names none is of what no team was given. */
enum status list_want_team(struct work *work, struct wanted *wanted);
/* NULL: any value will do. */
const struct key_value *wanted_value(const struct wanted *wanted, uint16_t field);

/* An ordered access: the primary key or an index. */
struct access {
        const struct schema_index *index; /* NULL: primary */
        const char *owner;
        struct key_value values[KEY_PARTS_MAX];
        size_t count;
};

/* False where neither the primary key nor an index begins with the wanted fields. */
bool access_choose(
        const struct schema_table *table, const struct wanted *wanted, struct access *access);
/* Where no index begins with the owner, one that begins with a row of the caller's own does: what
 * belongs to a member's order is the member's. */
bool access_choose_owned(const struct work *work, struct wanted *wanted, struct access *access);
