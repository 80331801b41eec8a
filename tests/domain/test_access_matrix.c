/*
 * Walks every method of the contract by every role, and by nobody, over own rows, those of a member
 * of the caller's team, foreign and absent ones, by calling it through the pipeline. What must come
 * out is in access_table.c, written by hand.
 *
 * A role that is not listed is refused before any row is looked at; a foreign row is answered with
 * the same bytes as one that never was; an own one is not refused for access, whatever else may be
 * wrong with the request. Who reaches rows by team reaches those of a member without one too, and
 * not those of another team's. The rows are those of four customers who bought, paid, received and
 * sent back, so that handlers meet nothing that the shop itself would not write.
 */
#include <string.h>
#include "catalog.rows.h"
#include "governance.rows.h"
#include "loyalty.rows.h"
#include "reward.rows.h"
#include "insight.rows.h"
#include "membership.rows.h"
#include "payment.rows.h"
#include "server/pipeline.h"
#include "shop.schema.h"
#include "staff.rows.h"
#include "tests/domain/access_table.h"
#include "server/session.h"
#include "tests/domain/matrix_notices.h"
#include "tests/domain/matrix_privacy.h"
#include "tests/domain/matrix_sessions.h"
#include "tests/domain/matrix_request.h"
#include "tests/domain/matrix_staff.h"
#include "tests/domain/stall.h"

#define ROWS_MAX 24

struct row_name {
        const char *table;
        const char *id;
};

struct owner {
        struct persona who;
        struct row_name rows[ROWS_MAX];
        size_t n;
};

struct matrix {
        struct stall stall;
        struct owner member;
        struct owner guest;
        struct owner team;    /* a member whom the callers' team looks after */
        struct owner foreign; /* and one of another team */
        struct owner shop;    /* what nobody owns */
        size_t cells;
        size_t wrong;
};

enum whose { WHOSE_OWN, WHOSE_TEAM, WHOSE_FOREIGN, WHOSE_ABSENT };

/* ---- rows ---- */

static void add_row(struct owner *owner, const char *table, const char *id)
{
        assert_true(owner->n < ROWS_MAX);
        owner->rows[owner->n++] = (struct row_name){.table = table, .id = id};
}

static const char *row_of(const struct owner *owner, const char *table)
{
        for (size_t i = 0; i < owner->n; i++)
                if (strcmp(owner->rows[i].table, table) == 0)
                        return owner->rows[i].id;
        fail_msg("the test has no row of table %s: add one", table);
        return NULL;
}

/* By hand, since guests may not keep addresses and the matrix deletes what it finds. */
static void put_address(struct matrix *matrix, const struct owner *owner)
{
        Address address = ADDRESS_INIT;
        PostalAddress where = POSTAL_ADDRESS_INIT;
        Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        now.seconds = shop_now_us(matrix->stall.shop) / SECOND_US;
        address.id = row_of(owner, "Address");
        address.member_id = owner->who.id;
        where.country_code = "GB";
        address.address = &where;
        address.create_time = &now;
        if (address_has(shop_read(matrix->stall.shop), address.id))
                return;
        struct txn *txn = shop_write_begin(matrix->stall.shop);

        address_insert(txn, &address);
        shop_write_end(matrix->stall.shop, txn);
}

/* What the matrix deletes of somebody's; nothing new is kept of who was erased. */
static void put_back(struct matrix *matrix, const struct owner *owner)
{
        if (txn_owner_erased(shop_read(matrix->stall.shop), owner->who.id))
                return;
        put_address(matrix, owner);
        matrix_put_push_target(matrix->stall.shop, row_of(owner, "PushTarget"), owner->who.id);
        matrix_put_session(matrix->stall.shop, row_of(owner, "MemberSession"), owner->who.id);
        matrix_put_note(matrix->stall.shop, row_of(owner, "HandlingNote"), owner->who.id);
}

/* By hand, since guests are given none. */
static void put_credit_line(struct matrix *matrix, struct owner *owner)
{
        struct txn *txn = shop_write_begin(matrix->stall.shop);
        CreditLine line = CREDIT_LINE_INIT;

        line.member_id = owner->who.id;
        line.currency_code = "GBP";
        credit_line_insert(txn, &line);
        shop_write_end(matrix->stall.shop, txn);
        add_row(owner, "CreditLine", owner->who.id);
}

/* First, since what owners redeemed names it. */
static void put_reward(struct matrix *matrix)
{
        const Reward *reward = stall_ok(&matrix->stall,
                shop_as(matrix->stall.shop, ROLE_OPERATIONS), "reward.CreateReward",
                "{'reward':{'slug':'x','titles':[{'language':'en','text':'X'}],'points':'1',"
                "'kind':'REWARD_KIND_GIFT','variant_id':'%s'}}",
                matrix->stall.variant_ids[WARE_MUG]);

        add_row(&matrix->shop, "Reward", reward->id);
}

/* By hand, since guests earn and redeem nothing. */
static void put_points(struct matrix *matrix, struct owner *owner)
{
        struct txn *txn = shop_write_begin(matrix->stall.shop);
        OrderPoints row = ORDER_POINTS_INIT;
        RewardRedemption redemption = REWARD_REDEMPTION_INIT;
        Coupon coupon = COUPON_INIT;

        row.order_id = row_of(owner, "Order");
        row.member_id = owner->who.id;
        order_points_insert(txn, &row);
        redemption.id = arena_printf(shop_arena(matrix->stall.shop), "gift-%c", owner->who.id[0]);
        redemption.member_id = owner->who.id;
        redemption.reward_id = row_of(&matrix->shop, "Reward");
        redemption.kind = REWARD_KIND_GIFT;
        redemption.state = REDEMPTION_STATE_CANCELLED;
        reward_redemption_insert(txn, &redemption);
        coupon.id = arena_printf(shop_arena(matrix->stall.shop), "coupon-%c", owner->who.id[0]);
        coupon.member_id = owner->who.id;
        coupon.state = COUPON_STATE_EXPIRED;
        coupon_insert(txn, &coupon);
        add_row(owner, "RewardRedemption", redemption.id);
        add_row(owner, "Coupon", coupon.id);
        shop_write_end(matrix->stall.shop, txn);
}

static void fill_shown(struct matrix *matrix, struct owner *owner)
{
        struct txn *txn = shop_write_begin(matrix->stall.shop);
        ShownRecommendations row = SHOWN_RECOMMENDATIONS_INIT;

        row.member_id = owner->who.id;
        shown_recommendations_insert(txn, &row);
        add_row(owner, "ShownRecommendations", owner->who.id);
        shop_write_end(matrix->stall.shop, txn);
}

static void fill_owner(struct matrix *matrix, struct owner *owner)
{
        struct stall *stall = &matrix->stall;
        struct arena *arena = shop_arena(stall->shop);
        const struct basket basket = {{1, 0, 0}};
        const char *order_id = stall_sell(stall, owner->who, basket);
        const char *shipment_id = stall_deliver(stall, order_id);
        const PaymentAttempt *attempt =
                payment_attempt_next(payment_attempt_by_order_id(shop_read(stall->shop), order_id));
        const ReturnCase *row = stall_ok(stall, owner->who, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);

        add_row(owner, "Member", owner->who.id);
        add_row(owner, "CustomerActivity", owner->who.id);
        add_row(owner, "Order", order_id);
        add_row(owner, "Shipment", shipment_id);
        add_row(owner, "PaymentAttempt", attempt->id);
        add_row(owner, "ReturnCase", row->id);
        add_row(owner, "OrderPoints", order_id);
        add_row(owner, "Cart", stall_cart(stall, owner->who, basket));
        add_row(owner, "Address", arena_printf(arena, "home-%c", owner->who.id[0]));
        add_row(owner, "MemberSession", arena_printf(arena, "session-%c", owner->who.id[0]));
        add_row(owner, "PushTarget", arena_printf(arena, "device-%c", owner->who.id[0]));
        add_row(owner, "Notification", arena_printf(arena, "notice-%c", owner->who.id[0]));
        add_row(owner, "HandlingNote", arena_printf(arena, "note-%c", owner->who.id[0]));
        add_row(owner, "Ticket", arena_printf(arena, "ticket-%c", owner->who.id[0]));
        put_back(matrix, owner);
        put_credit_line(matrix, owner);
        matrix_put_ticket(stall->shop, row_of(owner, "Ticket"), owner->who.id);
        matrix_put_notice(stall->shop, row_of(owner, "Notification"), owner->who.id);
        put_points(matrix, owner);
        fill_shown(matrix, owner);
}

/* The price that the matrix deletes is one that no cart uses. */
static void put_price(struct matrix *matrix)
{
        Price price = PRICE_INIT;

        price.id = row_of(&matrix->shop, "Price");
        price.variant_id = matrix->stall.variant_ids[WARE_GIFT];
        price.price_list_id = matrix->stall.price_list_id;
        price.quantity_min = 1000;
        if (price_has(shop_read(matrix->stall.shop), price.id))
                return;
        struct txn *txn = shop_write_begin(matrix->stall.shop);

        price_insert(txn, &price);
        shop_write_end(matrix->stall.shop, txn);
}

/* By hand, since sessions here have their roles by themselves. Everybody who calls is in one team.
 */
static void fill_teams(struct matrix *matrix)
{
        struct arena *arena = shop_arena(matrix->stall.shop);
        struct txn *txn = shop_write_begin(matrix->stall.shop);

        matrix_put_team(txn, "near");
        matrix_put_team(txn, "far");
        for (int role = ROLE_ADMINISTRATOR; role < ROLE_COUNT; role++)
                matrix_put_colleague(txn, "near", arena_printf(arena, "staff-%d", role));
        shop_write_end(matrix->stall.shop, txn);
        add_row(&matrix->shop, "Team", "near");
}

static void fill_staff(struct matrix *matrix, struct persona administrator)
{
        struct stall *stall = &matrix->stall;
        const StaffPassword *made = stall_ok(
                stall, administrator, "staff.CreateStaffAccount", "{'login_name':'matrix'}");
        const RoleGrant *grant = stall_ok(stall, administrator, "staff.GrantRole",
                "{'staff_id':'%s','post':'POST_FINANCE','reason':'x'}", made->staff_account->id);

        add_row(&matrix->shop, "StaffAccount", made->staff_account->id);
        add_row(&matrix->shop, "RoleGrant", grant->id);
}

static void fill_shop(struct matrix *matrix)
{
        struct stall *stall = &matrix->stall;
        struct persona administrator = shop_as(stall->shop, ROLE_ADMINISTRATOR);
        const ShippingMethod *method =
                stall_ok(stall, administrator, "checkout.CreateShippingMethod",
                        "{'shipping_method':{'slug':'post','price_list_id':'%s',"
                        "'titles':[{'language':'en','text':'Post'}]}}",
                        stall->price_list_id);
        const CreateServiceKeyResponse *key = stall_ok(stall, administrator,
                "governance.CreateServiceKey", "{'title':'matrix','posts':['POST_ANALYST']}");
        const Category *category = stall_ok(stall, administrator, "catalog.CreateCategory",
                "{'category':{'slug':'cups','titles':[{'language':'en','text':'Cups'}]}}");

        const ProgrammeVersion *programme =
                stall_ok(stall, administrator, "loyalty.CreateProgrammeVersion",
                        "{'programme_version':{'title':'x','expire_months':1,'tier_months':1}}");

        add_row(&matrix->shop, "ProgrammeVersion", programme->id);
        add_row(&matrix->shop, "Product", stall->product_id);
        add_row(&matrix->shop, "Variant", stall->variant_ids[WARE_MUG]);
        add_row(&matrix->shop, "PriceList", stall->price_list_id);
        add_row(&matrix->shop, "Location", stall->main_id);
        add_row(&matrix->shop, "ShippingMethod", method->id);
        add_row(&matrix->shop, "ServiceKey", key->service_key->id);
        add_row(&matrix->shop, "Category", category->id);
        add_row(&matrix->shop, "Price", "price-0");
        put_price(matrix);
        add_row(&matrix->shop, "NotificationTemplate", "offer");
        matrix_put_template(stall->shop, "offer");
        fill_staff(matrix, administrator);
        struct matrix_erased erased = matrix_erase(stall->shop);

        add_row(&matrix->shop, "Erasure", erased.erasure_id);
        add_row(&matrix->shop, "KeyRotation", erased.rotation_id);
        const Segment *segment = stall_ok(stall, administrator, "insight.CreateSegment",
                "{'segment':{'slug':'buyers','clauses':[{'conditions':[{"
                "'field':'SEGMENT_FIELD_ORDER_COUNT',"
                "'operator':'SEGMENT_OPERATOR_AT_LEAST','value':1}]}]}}");

        add_row(&matrix->shop, "Segment", segment->id);
}

/* ---- requests ---- */

struct choice {
        struct matrix *matrix;
        const struct owner *own;
        enum whose whose;
        const char *id; /* the first row of somebody that was named, which is judged first */
};

/* As long as the foreign one, so that nothing but the name tells them apart. */
static const char *absent_id(struct matrix *matrix, const char *foreign_id)
{
        char *id = arena_text(shop_arena(matrix->stall.shop), foreign_id);

        memset(id, 'z', strlen(id));
        return id;
}

static const char *choose_row(void *context, const struct schema_table *table)
{
        struct choice *choice = context;
        struct matrix *matrix = choice->matrix;

        if (!matrix_owned(table))
                return row_of(&matrix->shop, table->name);
        const struct owner *owner = choice->whose == WHOSE_OWN    ? choice->own
                                    : choice->whose == WHOSE_TEAM ? &matrix->team
                                                                  : &matrix->foreign;

        const char *id = row_of(owner, table->name);

        if (choice->whose == WHOSE_ABSENT)
                id = absent_id(matrix, id);
        if (choice->id[0] == '\0')
                choice->id = id;
        return id;
}

/* ---- cells ---- */

static bool is_refused(struct outcome outcome)
{
        return outcome.error != NULL && (strcmp(outcome.error->reason, "METHOD_NOT_ALLOWED") == 0 ||
                                                strncmp(outcome.error->reason, "TOKEN_", 6) == 0);
}

/* The row that the request named is said not to be there; a line of it may be missing. */
static bool is_absent(struct outcome outcome, const char *id)
{
        return outcome.error != NULL && outcome.error->code == NOT_FOUND &&
               strstr(outcome.error->message, id) != NULL;
}

static const char *outcome_text(struct matrix *matrix, struct outcome outcome)
{
        struct arena *arena = shop_arena(matrix->stall.shop);
        const struct error *error = outcome.error;
        const char *text;

        if (error == NULL)
                return "OK";
        text = arena_printf(
                arena, "%s %s: %s", status_name(error->code), error->reason, error->message);
        for (const struct error_fact *fact = error->facts; fact != NULL; fact = fact->next)
                text = arena_printf(arena, "%s; %s = %s", text, fact->name, fact->value);
        return text;
}

/* With every foreign id replaced by the absent one of its length. */
static const char *with_absent_ids(struct matrix *matrix, const char *text)
{
        char *out = arena_text(shop_arena(matrix->stall.shop), text);

        for (size_t i = 0; i < matrix->foreign.n; i++) {
                const char *id = matrix->foreign.rows[i].id;

                for (char *at = out; (at = strstr(at, id)) != NULL;)
                        memset(at, 'z', strlen(id));
        }
        return out;
}

static void expect(
        struct matrix *matrix, bool holds, const char *cell, const char *wanted, const char *got)
{
        matrix->cells++;
        if (holds)
                return;
        matrix->wrong++;
        print_error("%s: wanted %s, got %s\n", cell, wanted, got);
}

/* Who calls: nobody is without a token; sessions are new, since some methods end them. */
static struct persona caller_of(struct matrix *matrix, enum role role, const struct owner *own)
{
        struct shop *shop = matrix->stall.shop;

        if (role == ROLE_ANYONE)
                return shop_nobody();
        if (role == ROLE_MEMBER || role == ROLE_GUEST)
                return shop_mint(shop, own->who.id, 1u << role);
        return shop_mint(shop, arena_printf(shop_arena(shop), "staff-%d", role), 1u << role);
}

struct cell {
        const struct schema_method *method;
        enum role role;
        const struct owner *own;
        bool named;     /* by the last call: the request named a row of somebody */
        const char *id; /* that row, or "" */
};

static struct outcome call_cell(struct matrix *matrix, struct cell *cell, enum whose whose)
{
        struct choice choice = {.matrix = matrix, .own = cell->own, .whose = whose, .id = ""};
        const char *json = matrix_request(
                shop_arena(matrix->stall.shop), cell->method, choose_row, &choice, &cell->named);

        cell->id = choice.id;
        return shop_call_json(matrix->stall.shop, caller_of(matrix, cell->role, cell->own),
                cell->method->name, json);
}

static const char *cell_text(struct matrix *matrix, const struct cell *cell, const char *whose)
{
        return arena_printf(shop_arena(matrix->stall.shop), "%s by %s, %s rows", cell->method->name,
                schema_role_name(cell->role), whose);
}

static void check_none(struct matrix *matrix, struct cell *cell)
{
        struct outcome outcome = call_cell(matrix, cell, WHOSE_FOREIGN);
        bool nobody = cell->role == ROLE_ANYONE;
        enum status wanted = nobody ? UNAUTHENTICATED : PERMISSION_DENIED;

        expect(matrix,
                is_refused(outcome) && outcome.error != NULL && outcome.error->code == wanted,
                cell_text(matrix, cell, "any"), status_name(wanted), outcome_text(matrix, outcome));
}

static void check_reach(
        struct matrix *matrix, struct cell *cell, enum whose whose, const char *words)
{
        struct outcome outcome = call_cell(matrix, cell, whose);

        expect(matrix, !is_refused(outcome) && !(cell->named && is_absent(outcome, cell->id)),
                cell_text(matrix, cell, words), "access", outcome_text(matrix, outcome));
}

static const char *check_absent(
        struct matrix *matrix, struct cell *cell, enum whose whose, const char *words)
{
        struct outcome outcome = call_cell(matrix, cell, whose);
        const char *text = outcome_text(matrix, outcome);

        if (cell->named)
                expect(matrix, is_absent(outcome, cell->id), cell_text(matrix, cell, words),
                        "NOT_FOUND", text);
        return with_absent_ids(matrix, text);
}

/* Agents and their leads look after members by team. */
static void check_by_team(struct matrix *matrix, const struct cell *cell)
{
        bool by_team = cell->role == ROLE_SERVICE_AGENT || cell->role == ROLE_SERVICE_LEAD;

        expect(matrix, !by_team || !cell->named, cell_text(matrix, cell, "members'"),
                "scope TEAM in the contract, and team in access_table.c", "all");
}

static void check_cell(struct matrix *matrix, struct cell *cell, enum scope scope)
{
        if (scope == SCOPE_NONE) {
                check_none(matrix, cell);
                return;
        }
        if (scope == SCOPE_ALL) {
                check_reach(matrix, cell, WHOSE_FOREIGN, "foreign");
                check_by_team(matrix, cell);
                if (cell->named)
                        check_absent(matrix, cell, WHOSE_ABSENT, "absent");
                return;
        }
        check_reach(matrix, cell, WHOSE_OWN, scope == SCOPE_TEAM ? "no team's" : "own");
        if (!cell->named)
                return;
        if (scope == SCOPE_TEAM)
                check_reach(matrix, cell, WHOSE_TEAM, "their team's");
        const char *foreign = check_absent(matrix, cell, WHOSE_FOREIGN, "foreign");
        const char *absent = check_absent(matrix, cell, WHOSE_ABSENT, "absent");

        expect(matrix, strcmp(foreign, absent) == 0, cell_text(matrix, cell, "foreign and absent"),
                absent, foreign);
}

/* Who sees personal data of others clear is said twice, too. */
static void check_clear(
        struct matrix *matrix, const struct schema_method *method, const char *allow)
{
        for (uint16_t i = 0; i < method->allow_count; i++)
                expect(matrix,
                        access_is_clear(allow, method->allow[i].role) == method->allow[i].clear,
                        method->name, "the same clear in both", allow);
}

static void check_method(struct matrix *matrix, const struct schema_method *method)
{
        const char *allow = access_of(method->name);

        if (allow == NULL) {
                expect(matrix, false, method->name, "a line in access_table.c", "none");
                return;
        }
        check_clear(matrix, method, allow);
        for (int role = ROLE_ANYONE; role < ROLE_COUNT; role++) {
                struct cell cell = {
                        .method = method,
                        .role = (enum role)role,
                        .own = role == ROLE_GUEST ? &matrix->guest : &matrix->member,
                };

                if (role == ROLE_SYSTEM) /* never granted */
                        continue;
                put_back(matrix, &matrix->member);
                put_back(matrix, &matrix->team);
                put_back(matrix, &matrix->guest);
                put_back(matrix, &matrix->foreign);
                matrix_put_in_team(matrix->stall.shop, "near", matrix->team.who.id);
                matrix_put_in_team(matrix->stall.shop, "far", matrix->foreign.who.id);
                put_price(matrix);
                matrix_put_template(
                        matrix->stall.shop, row_of(&matrix->shop, "NotificationTemplate"));
                check_cell(matrix, &cell, access_scope(allow, cell.role));
                if (pipeline_draining(shop_pipeline(matrix->stall.shop)))
                        shop_restart(matrix->stall.shop);
        }
}

/* The matrix calls with sessions that nobody gave, also for who was erased. */
static void end_sessions(struct matrix *matrix, const struct owner *owner)
{
        if (!txn_owner_erased(shop_read(matrix->stall.shop), owner->who.id))
                return;
        struct txn *txn = shop_write_begin(matrix->stall.shop);

        session_close_for(txn, owner->who.id);
        shop_write_end(matrix->stall.shop, txn);
}

static void every_method_by_every_role_over_every_row(void **state)
{
        struct matrix matrix = {.stall = stall_open()};
        struct shop *shop = matrix.stall.shop;

        matrix.member.who = matrix.stall.alice;
        matrix.guest.who = shop_guest(shop, "gus");
        matrix.team.who = shop_member(shop, "tess");
        matrix.foreign.who = shop_member(shop, "bob");
        put_reward(&matrix);
        fill_owner(&matrix, &matrix.member);
        fill_owner(&matrix, &matrix.guest);
        fill_owner(&matrix, &matrix.team);
        fill_owner(&matrix, &matrix.foreign);
        fill_shop(&matrix);
        fill_teams(&matrix);
        const struct schema_method *erase =
                schema_method(&shop_schema, bytes_of_text("privacy.EraseMember"));
        for (size_t i = 0; i < shop_schema.method_count; i++)
                if (&shop_schema.methods[i] != erase)
                        check_method(&matrix, &shop_schema.methods[i]);
        check_method(&matrix, erase); /* the last: who was erased has nothing to reach */
        end_sessions(&matrix, &matrix.member);
        end_sessions(&matrix, &matrix.guest);
        print_message("%zu cells, %zu wrong\n", matrix.cells, matrix.wrong);
        assert_int_equal(matrix.wrong, 0);
        stall_close(&matrix.stall);
}

static void every_line_has_its_method(void **state)
{
        for (const struct access_line *line = access_table; line->method != NULL; line++)
                if (schema_method(&shop_schema, bytes_of_text(line->method)) == NULL)
                        fail_msg("access_table.c: there is no method %s", line->method);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_line_has_its_method),
                cmocka_unit_test(every_method_by_every_role_over_every_row),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
