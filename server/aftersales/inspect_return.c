/*
 * Says what became of the units that came back: the resellable ones are on hand again, the others
 * are disposed of. Either way they are returned for good, and the refund may follow (rule 11).
 */
#include "aftersales.handlers.h"
#include "server/aftersales/exchange.h"
#include "server/supply/supply.h"

#define NOT_NAMED (-1)

static enum status read_findings(
        struct call *call, const InspectReturnRequest *request, struct return_lines lines)
{
        for (size_t i = 0; i < lines.n; i++)
                lines.at[i]->resellable = NOT_NAMED;
        for (size_t i = 0; i < request->n_lines; i++) {
                const InspectReturnLine *found = request->lines[i];
                const char *field = call_printf(call, "lines[%zu].number", i);

                if ((size_t)found->number > lines.n)
                        return call_fail_field(call, field, "LINE_NOT_FOUND",
                                "%s: the case has no line %d", field, found->number);
                ReturnLine *line = lines.at[found->number - 1];

                if (line->resellable != NOT_NAMED)
                        return call_fail_field(call, field, "LINE_REPEATED",
                                "%s: line %d is named twice", field, line->number);
                field = call_printf(call, "lines[%zu].resellable", i);
                if (found->resellable > line->quantity)
                        return call_fail_field(call, field, "TOO_MANY_RESELLABLE",
                                "%s: line %d has only %lld units", field, line->number,
                                (long long)line->quantity);
                line->resellable = found->resellable;
        }
        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->resellable == NOT_NAMED)
                        lines.at[i]->resellable = lines.at[i]->quantity;
        return OK;
}

static enum status book_line(struct call *call, const ReturnLine *line)
{
        int64_t bad = line->quantity - line->resellable;
        enum status status = OK;

        if (line->resellable > 0)
                status = supply_move(call, MOVEMENT_TYPE_RESTOCK, line->variant_id,
                        line->location_id, line->resellable, line->return_case_id);
        if (status == OK && bad > 0)
                status = supply_move(call, MOVEMENT_TYPE_SCRAP, line->variant_id, line->location_id,
                        bad, line->return_case_id);
        if (status == OK)
                return_line_update(call->txn, line);
        return status;
}

enum status aftersales_inspect_return(
        struct call *call, const InspectReturnRequest *request, ReturnCase *response)
{
        ReturnCase *row = return_case_get(call->txn, request->id);
        struct return_lines lines = case_lines(call, row->id);
        int64_t resellable = 0;

        if (row->state != RETURN_STATE_RECEIVED)
                return case_wrong_state(call, row, "RETURN_NOT_RECEIVED", "RECEIVED");
        enum status status = read_findings(call, request, lines);

        for (size_t i = 0; status == OK && i < lines.n; i++) {
                status = book_line(call, lines.at[i]);
                resellable += lines.at[i]->resellable;
        }
        if (status != OK)
                return status;
        case_use_up(call, row, lines);
        if (row->type == RETURN_TYPE_EXCHANGE)
                exchange_release(call, row);
        case_step(call, row, RETURN_STATE_INSPECTED);
        case_store(call, row, response);
        call_event(call, "return.inspected", row->id, row->member_id, "units", row->unit_count,
                "resellable", resellable, NULL);
        return OK;
}
