/* What opens an account that is not there. */
#include "membership.rows.h"
#include "membership_internal.rows.h"
#include "tests/domain/planted.h"

void address_of_nobody(struct world *world, struct txn *txn)
{
        Credential row = CREDENTIAL_INIT;
        uint8_t hash[32] = {1};

        row.email_hash = (ProtobufCBinaryData){.len = sizeof(hash), .data = hash};
        row.member_id = "nobody";
        credential_insert(txn, &row);
}

void password_of_nobody(struct world *world, struct txn *txn)
{
        MemberPassword row = MEMBER_PASSWORD_INIT;

        row.member_id = "nobody";
        row.password_hash = "x";
        member_password_insert(txn, &row);
}

void session_of_nobody(struct world *world, struct txn *txn)
{
        MemberSession row = MEMBER_SESSION_INIT;
        Timestamp end = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        end.seconds = INT32_MAX;
        row.id = "stray";
        row.member_id = "nobody";
        row.create_time = row.expire_time = &end;
        member_session_insert(txn, &row);
}

void member_who_is_another(struct world *world, struct txn *txn)
{
        Member *alice = member_get(txn, "alice");

        alice->joined_member_id = "bob";
        member_update(txn, alice);
}
