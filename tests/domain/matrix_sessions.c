/* A session of somebody, as a row and without tokens: the matrix calls with tokens of its own. */
#include "tests/domain/matrix_sessions.h"

#include "membership.rows.h"

void matrix_put_session(struct shop *shop, const char *id, const char *member_id)
{
        MemberSession session = MEMBER_SESSION_INIT;
        Timestamp end = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        if (member_session_has(shop_read(shop), id))
                return;
        end.seconds = INT32_MAX;
        session.id = id;
        session.member_id = member_id;
        session.create_time = session.expire_time = &end;
        struct txn *txn = shop_write_begin(shop);

        member_session_insert(txn, &session);
        shop_write_end(shop, txn);
}
