#pragma once
/*
 * What staff and programs did, in a chained log of its own. Methods do nothing for it: the pipeline
 * writes a record with every change that one of them asks for, in the change's own transaction, and
 * before the answer where there is none: for what was refused or denied, and for administration.
 */
#include <stdbool.h>

struct caller;
struct txn;
struct work;

/* Of the staff or a program, also one whose posts are gone; not a customer, nor the shop itself. */
bool audit_is_staff(const struct caller *caller);
/* The work has its outcome; whether there is to be a record of it. */
bool audit_owes(const struct work *work);
/* Appends the record. */
void audit_append(struct work *work, struct txn *txn);
/* Has the writer append it, for work that has its answer and did not meet the writer: done runs
 * when the record is durable, and where it cannot be, that is the answer. Takes the work. */
void audit_submit(struct work *work);
/* The same of a change that was asked for by a request which breaks the rules of its fields: true
 * where its token was staff's when it was last read. Only the writer finds out who it is. */
bool audit_owes_malformed(const struct work *work);
void audit_submit_malformed(struct work *work);
/* The same work with its answer in memory of its own, for one that lives on a batch's stack. */
struct work *audit_adopt(const struct work *work);
