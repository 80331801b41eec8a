/*
 * Records of the audit log by who, what, which row and when. Numbers and times rise together, so
 * the first record of a time is found by halving and the rest is read in order. Refused: an index
 * for each question, which every change of the staff would pay for and a search needs once a month.
 */
#include <string.h>
#include "governance.handlers.h"
#include "server/page.h"

#define LOOK_MAX 20000

static int64_t time_of(struct call *call, uint64_t number)
{
        const AuditRecord *record = audit_record_get(call->txn, number);

        return record == NULL ? INT64_MAX : time_us(record->time);
}

/* The number of the first record that is not before a time. */
static uint64_t first_from(struct call *call, int64_t from_us)
{
        uint64_t low = 1, high = txn_log_last(call->txn, &audit_record_table) + 1;

        while (low < high) {
                uint64_t middle = low + (high - low) / 2;

                if (time_of(call, middle) < from_us)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool has_subject(const AuditRecord *record, const char *subject)
{
        for (size_t i = 0; i < record->n_subjects; i++)
                if (strcmp(record->subjects[i], subject) == 0)
                        return true;
        for (size_t i = 0; i < record->n_members; i++)
                if (strcmp(record->members[i], subject) == 0)
                        return true;
        return false;
}

/* A name, or with a dot at its end what names begin with. */
static bool is_method(const char *name, const char *wanted)
{
        size_t len = strlen(wanted);

        if (len > 0 && wanted[len - 1] == '.')
                return strncmp(name, wanted, len) == 0;
        return strcmp(name, wanted) == 0;
}

static bool fits(const AuditRecord *record, const SearchAuditRequest *request)
{
        if (request->refused && record->code == 0)
                return false;
        if (request->principal[0] != '\0' && strcmp(record->principal, request->principal) != 0)
                return false;
        if (request->method[0] != '\0' && !is_method(record->method, request->method))
                return false;
        return request->subject[0] == '\0' || has_subject(record, request->subject);
}

enum status governance_search_audit(
        struct call *call, const SearchAuditRequest *request, SearchAuditResponse *response)
{
        size_t page = page_size(call, request);
        struct key_value from = key_uint(first_from(call, time_us(request->time_from)));
        struct scan *scan = audit_record_all(call->txn);
        const AuditRecord *record;

        scan_fleeting(scan);
        scan_between(scan, &from, NULL);
        enum status status = page_resume(call, request, scan);

        if (status != OK)
                return status;
        response->records = call_array(call, AuditRecord *, page);
        for (size_t looked = 0; (record = audit_record_next(scan)) != NULL; looked++) {
                if (request->time_before != NULL &&
                        time_us(record->time) >= time_us(request->time_before))
                        break;
                if (fits(record, request))
                        response->records[response->n_records++] =
                                audit_record_get(call->txn, record->number);
                if (response->n_records < page && looked + 1 < LOOK_MAX)
                        continue;
                response->next_page_token = page_token_here(call, request, scan);
                break;
        }
        return OK;
}
