/* Proves the whole database while it serves, on snapshots of its own. */
#include "server/verify.h"
#include "governance.handlers.h"
#include "server/pipeline.h"

#define FAULTS_MAX 100

struct findings {
        struct call *call;
        VerifyResponse *response;
};

static void report(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        struct findings *findings = context;
        VerifyResponse *response = findings->response;
        Fault *fault;

        if (response->n_faults == FAULTS_MAX)
                return;
        fault = call_new(findings->call, Fault);
        *fault = (Fault)FAULT_INIT;
        fault->kind = call_text(findings->call, kind);
        fault->table = call_text(findings->call, table);
        fault->key = call_text(findings->call, key);
        fault->description = call_text(findings->call, sentence);
        response->faults[response->n_faults++] = fault;
}

enum status governance_verify(
        struct call *call, const VerifyRequest *request, VerifyResponse *response)
{
        struct findings findings = {.call = call, .response = response};

        call_leave_snapshot(call);
        response->faults = call_array(call, Fault *, FAULTS_MAX);
        response->fault_count = (int64_t)verify_run(call_store(call), report, &findings);
        return OK;
}
