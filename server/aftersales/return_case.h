#pragma once
/*
 * A return case in the hand of a handler: its lines, its steps, the units that it holds. Everything
 * is the call's.
 */
#include "aftersales.rows.h"
#include "checkout.rows.h"
#include "server/call.h"

#define CASE_LINES_MAX 2000 /* what ReturnCase.lines holds */

struct return_lines {
        ReturnLine **at; /* by number */
        size_t n;
};

struct return_lines case_lines(struct call *call, const char *case_id);

/* Puts a case into a state and writes down who did it and when. */
void case_step(struct call *call, ReturnCase *row, ReturnState state);

/* Stores the case with a new update_time and makes it, with lines and steps, the answer. */
void case_store(struct call *call, ReturnCase *row, ReturnCase *response);

/* Appends an event with the case's figures. */
void case_event(struct call *call, const char *type, const ReturnCase *row);

/* Fails the call: the case is in the wrong state for it. */
enum status case_wrong_state(
        struct call *call, const ReturnCase *row, const char *reason, const char *wanted);

/* The units of a case go back to where they were, or are used up for good. */
void case_give_back(struct call *call, const ReturnCase *row);
void case_use_up(struct call *call, const ReturnCase *row, struct return_lines lines);

/* Whether a case of the order is open decides its aftersales_state; to be called after the case
 * is stored. */
void case_settle_order(struct call *call, const char *order_id);

/* ---- pure rules ---- */

const char *case_state_name(ReturnState state);
/* Its units come back: what they are refunded or exchanged for is theirs after an inspection. */
bool case_comes_back(ReturnType type);
/* Whether it was the seller who did wrong, by what is wrong. */
bool case_seller_at_fault(ReturnCause cause);
/* Neither closed, withdrawn nor expired. */
bool case_is_open(ReturnState state);
