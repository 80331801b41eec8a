/*
 * Says whether a member pays tax. Staff only, and never without what shows it: the shop owes the
 * tax that it did not ask for. A reverse charge is between two countries, so it names the buyer's;
 * delivered elsewhere they pay like everybody.
 */
#include "membership.handlers.h"

static enum status check(struct call *call, const SetMemberTaxStatusRequest *request)
{
        const char *evidence = request->tax_evidence, *country = request->tax_country_code;

        if (request->tax_status == TAX_STATUS_UNSPECIFIED) {
                if (evidence[0] != '\0')
                        call_fail_field(call, "tax_evidence", "NOT_TOGETHER",
                                "tax_evidence: is for those who pay no tax");
                if (country[0] != '\0')
                        call_fail_field(call, "tax_country_code", "NOT_TOGETHER",
                                "tax_country_code: is for those who pay no tax");
                return call->error.code;
        }
        if (evidence[0] == '\0')
                call_fail_field(call, "tax_evidence", "REQUIRED",
                        "tax_evidence: nobody is free of tax without it");
        if (request->tax_status == TAX_STATUS_REVERSE_CHARGE && country[0] == '\0')
                call_fail_field(call, "tax_country_code", "REQUIRED",
                        "tax_country_code: a reverse charge holds in the country of the VAT id");
        return call->error.code;
}

enum status membership_set_member_tax_status(
        struct call *call, const SetMemberTaxStatusRequest *request, Member *response)
{
        enum status status = check(call, request);
        Member *member = member_get(call->txn, request->member_id);

        if (status != OK)
                return status;
        member->tax_status = request->tax_status;
        member->tax_country_code = request->tax_country_code;
        member->tax_evidence = request->tax_evidence;
        member->update_time = call_now(call);
        member_update(call->txn, member);
        call_event(call, "member.tax_status_set", member->id, member->id, "tax_status",
                (int64_t)member->tax_status, NULL);
        *response = *member;
        return OK;
}
