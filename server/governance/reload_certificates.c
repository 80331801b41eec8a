/* What SIGHUP does, for who has a token but no shell: and it learns what came of it. */
#include "governance.handlers.h"
#include "server/pipeline.h"

enum status governance_reload_certificates(struct call *call,
        const ReloadCertificatesRequest *request, ReloadCertificatesResponse *response)
{
        struct rpc_certificate certificate;
        enum status status = call_reload(call, &certificate);

        if (status != OK)
                return status;
        response->fingerprint = call_printf(call, "%s", certificate.fingerprint);
        response->expire_time = call_time(call, certificate.expire_s * 1000000);
        return OK;
}
