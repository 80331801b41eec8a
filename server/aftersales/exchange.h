#pragma once
/*
 * Inside this domain: what is particular about a case of type EXCHANGE. row is the case in the
 * caller's hand, who stores it; the order's rows are changed and stored here.
 */
#include "server/aftersales/return_case.h"

/* The timer that ends an exchange whose parcel does not come, by case id. */
#define EXCHANGE_EXPIRY_METHOD "aftersales.ExpireExchange"

/* Notes what is wanted for each line of a new case, and what that would cost today. */
enum status exchange_propose(struct call *call, const ApplyReturnRequest *request, ReturnCase *row);

/* Approves: adds the replacements to the order, holds their stock, raises what is due and sets the
 * timer. OUT_OF_STOCK, DUE_RAISED, or as replacement_make. */
enum status exchange_agree(struct call *call, ReturnCase *row);

/* What it replaces was looked at: the replacements may be sent when they are paid. */
void exchange_release(struct call *call, const ReturnCase *row);

/* Gives the replacements up: their stock is free, what was paid for them is refunded, and the units
 * of the case count for nothing any more. */
enum status exchange_give_up(struct call *call, ReturnCase *row);

/* Ends an approved exchange whose parcel or money did not come, and stores it: the units are the
 * customer's again. */
enum status exchange_expire(struct call *call, ReturnCase *row);
