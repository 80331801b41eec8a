/* By hand, since the matrix calls by sessions that have their roles without accounts or grants. */
#include "tests/domain/matrix_staff.h"

#include <string.h>
#include "care.rows.h"
#include "membership.rows.h"
#include "service.rows.h"
#include "staff.rows.h"
#include "staff_internal.rows.h"

void matrix_put_note(struct shop *shop, const char *id, const char *member_id)
{
        HandlingNote note = HANDLING_NOTE_INIT;
        Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        if (handling_note_has(shop_read(shop), id))
                return;
        struct txn *txn = shop_write_begin(shop);

        now.seconds = 1;
        note.id = id;
        note.member_id = member_id;
        note.text = "rings on Mondays";
        note.create_time = &now;
        handling_note_insert(txn, &note);
        shop_write_end(shop, txn);
}

void matrix_put_ticket(struct shop *shop, const char *id, const char *member_id)
{
        Ticket ticket = TICKET_INIT;
        Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        struct txn *txn = shop_write_begin(shop);

        now.seconds = 1;
        ticket.id = id;
        ticket.kind = "TEST";
        ticket.state = TICKET_STATE_OPEN;
        ticket.subject_id = "none";
        ticket.member_id = member_id;
        ticket.create_time = &now;
        ticket_insert(txn, &ticket);
        shop_write_end(shop, txn);
}

void matrix_put_team(struct txn *txn, const char *id)
{
        Team team = TEAM_INIT;

        team.id = id;
        team.slug = id;
        team_insert(txn, &team);
}

void matrix_put_in_team(struct shop *shop, const char *team_id, const char *member_id)
{
        if (strcmp(member_get(shop_read(shop), member_id)->team_id, team_id) == 0)
                return;
        struct txn *txn = shop_write_begin(shop);
        Member *member = member_get(txn, member_id);

        member->team_id = team_id;
        member->agent_id = "";
        member_update(txn, member);
        shop_write_end(shop, txn);
}

void matrix_put_colleague(struct txn *txn, const char *team_id, const char *id)
{
        StaffAccount account = STAFF_ACCOUNT_INIT;
        StaffCredential credential = STAFF_CREDENTIAL_INIT;
        TeamMember row = TEAM_MEMBER_INIT;

        account.id = id;
        account.login_name = id;
        account.state = STAFF_STATE_ACTIVE;
        staff_account_insert(txn, &account);
        credential.staff_id = id;
        staff_credential_insert(txn, &credential);
        row.team_id = team_id;
        row.staff_id = id;
        team_member_insert(txn, &row);
}
