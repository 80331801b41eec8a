#pragma once
/* Inside this domain: the order line that is to be sent for units of a case. */
#include "server/aftersales/return_case.h"

/*
 * The line, not stored and without a number. The same variant stands for what its units paid, to
 * the penny and tax by tax; another is priced by the list that the order was placed by, at
 * call->now_us: NOT_ON_SALE, NO_PRICE, AMOUNT_TOO_LARGE, with the fact line.
 */
enum status replacement_make(
        struct call *call, const Order *order, const ReturnLine *taken, OrderLine **out);
