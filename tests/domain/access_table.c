/*
 * One line a method. A method of the contract without a line here fails the test, and so does a
 * line without its method: who adds an RPC says here once more, in their own words, whom it is for.
 */
#include "tests/domain/access_table.h"

#include <stddef.h>

const struct access_line access_table[] = {
        /* catalog */
        {"catalog.GetProduct", "ANYONE own, PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.BrowseProducts", "ANYONE own"},
        {"catalog.SearchProducts", "ANYONE own"},
        {"catalog.ListProducts", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.CreateProduct", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.UpdateProduct", "PRODUCT_SPECIALIST all"},
        {"catalog.ListProductForSale", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.DelistProduct", "PRODUCT_SPECIALIST all"},
        {"catalog.GetVariant",
                "ANYONE own, PRODUCT_SPECIALIST all, WAREHOUSE all, BUYER all, IMPORTER all"},
        {"catalog.ListVariants",
                "ANYONE own, PRODUCT_SPECIALIST all, WAREHOUSE all, BUYER all, IMPORTER all"},
        {"catalog.CreateVariant", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.UpdateVariant", "PRODUCT_SPECIALIST all"},
        {"catalog.ListCategories", "ANYONE all"},
        {"catalog.CreateCategory", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.DeleteCategory", "PRODUCT_SPECIALIST all"},
        {"catalog.ListPriceLists", "ANYONE all"},
        {"catalog.CreatePriceList", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.ListPrices", "ANYONE all"},
        {"catalog.CreatePrice", "PRODUCT_SPECIALIST all, IMPORTER all"},
        {"catalog.DeletePrice", "PRODUCT_SPECIALIST all"},
        /* supply */
        {"supply.CreateLocation", "WAREHOUSE all, IMPORTER all"},
        {"supply.ListLocations", "WAREHOUSE all, IMPORTER all, PRODUCT_SPECIALIST all"},
        {"supply.ReceiveGoods", "WAREHOUSE all, BUYER all, IMPORTER all"},
        {"supply.ListGoodsReceipts", "WAREHOUSE all, BUYER all, IMPORTER all"},
        {"supply.AdjustStock", "WAREHOUSE all, IMPORTER all"},
        {"supply.ListStockAdjustments", "WAREHOUSE all, IMPORTER all"},
        {"supply.SetStockThreshold", "WAREHOUSE all"},
        {"supply.ListStock", "WAREHOUSE all, IMPORTER all, PRODUCT_SPECIALIST all"},
        {"supply.BatchGetAvailability", "ANYONE all"},
        {"supply.ListMovements", "WAREHOUSE all, IMPORTER all"},
        /* cart */
        {"cart.CreateCart", "GUEST own, MEMBER own, IMPORTER all"},
        {"cart.GetCart", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                         "SPECIALIST all, IMPORTER all"},
        {"cart.ListCarts", "GUEST own, MEMBER own"},
        {"cart.AddCartLines", "GUEST own, MEMBER own, IMPORTER all"},
        {"cart.SetCartLine", "GUEST own, MEMBER own"},
        {"cart.ClearCart", "GUEST own, MEMBER own, IMPORTER all"},
        /* checkout */
        {"checkout.CreateTaxRate", "FINANCE all, IMPORTER all"},
        {"checkout.ListTaxRates", "ANYONE all"},
        {"checkout.CreateShippingMethod", "OPERATIONS all, IMPORTER all"},
        {"checkout.ListShippingMethods", "ANYONE all"},
        {"checkout.GetQuote", "GUEST own, MEMBER own, IMPORTER all"},
        {"checkout.PlaceOrder", "GUEST own, MEMBER own, IMPORTER all"},
        {"checkout.GetOrder", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                              "SPECIALIST all, RISK all, WAREHOUSE all, FINANCE all, IMPORTER all"},
        {"checkout.ListOrders", "GUEST own, MEMBER own"},
        {"checkout.ListAllOrders",
                "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, RISK all, "
                "WAREHOUSE all, FINANCE all, IMPORTER all"},
        {"checkout.CancelOrder", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                                 "SPECIALIST all"},
        {"checkout.PreviewOrderEdit",
                "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                "SPECIALIST all"},
        {"checkout.EditOrder", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                               "SPECIALIST all"},
        {"checkout.WithdrawOrderRevision",
                "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                "SPECIALIST all"},
        {"checkout.ListOrderRevisions",
                "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                "SPECIALIST all, RISK all, WAREHOUSE all, FINANCE all"},
        {"checkout.ExpireOrder", "SYSTEM all"},
        /* payment */
        {"payment.PayOrder", "GUEST own, MEMBER own, IMPORTER all"},
        {"payment.GetPaymentAttempt",
                "GUEST own, MEMBER own, FINANCE all, SERVICE_AGENT team, SERVICE_LEAD "
                "team, SPECIALIST all, RISK all, IMPORTER all"},
        {"payment.ListPaymentAttempts",
                "GUEST own, MEMBER own, FINANCE all, SERVICE_AGENT team, SERVICE_LEAD "
                "team, SPECIALIST all, RISK all"},
        {"payment.CapturePayment", "FINANCE all"},
        {"payment.ExpireAuthorisation", "SYSTEM all"},
        {"payment.RecordReceipt", "FINANCE all, WAREHOUSE all"},
        {"payment.ConfirmRefund", "FINANCE all"},
        {"payment.SetCreditLine", "FINANCE all"},
        {"payment.GetCreditLine", "MEMBER own, FINANCE all"},
        {"payment.RecordOutcome", "SYSTEM all"},
        {"payment.ExpireDue", "SYSTEM all"},
        {"payment.ListLedgerEntries", "FINANCE all, IMPORTER all"},
        /* fulfilment */
        {"fulfilment.CreateShipment", "WAREHOUSE all, IMPORTER all"},
        {"fulfilment.ShipShipment", "WAREHOUSE all, IMPORTER all"},
        {"fulfilment.CancelShipment", "WAREHOUSE all"},
        {"fulfilment.RecordTracking", "WAREHOUSE all, IMPORTER all"},
        {"fulfilment.InspectShipment", "WAREHOUSE all, IMPORTER all"},
        {"fulfilment.GetShipment",
                "GUEST own, MEMBER own, WAREHOUSE all, SERVICE_AGENT team, SERVICE_LEAD "
                "team, SPECIALIST all"},
        {"fulfilment.ListShipments",
                "GUEST own, MEMBER own, WAREHOUSE all, SERVICE_AGENT team, SERVICE_LEAD "
                "team, SPECIALIST all, IMPORTER all"},
        /* aftersales */
        {"aftersales.ApplyReturn", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                                   "SPECIALIST all, IMPORTER all"},
        {"aftersales.ReviewReturn",
                "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, IMPORTER all"},
        {"aftersales.WithdrawReturn",
                "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                "SPECIALIST all"},
        {"aftersales.ReceiveReturn", "WAREHOUSE all, IMPORTER all"},
        {"aftersales.InspectReturn", "WAREHOUSE all, IMPORTER all"},
        {"aftersales.RefundReturn",
                "FINANCE all, SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, "
                "IMPORTER all"},
        {"aftersales.ExpireExchange", "SYSTEM all"},
        {"aftersales.CloseReturn", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                                   "SPECIALIST all, IMPORTER all"},
        {"aftersales.GetReturn", "GUEST own, MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, "
                                 "SPECIALIST all, RISK all, WAREHOUSE all, IMPORTER all"},
        {"aftersales.ListReturns", "GUEST own, MEMBER own"},
        {"aftersales.ListAllReturns",
                "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, RISK all, "
                "FINANCE all, IMPORTER all"},
        {"aftersales.GrantGoodwill", "FINANCE all, SERVICE_LEAD team, IMPORTER all"},
        {"aftersales.ListGoodwillCredits", "FINANCE all, ANALYST all, IMPORTER all"},
        /* service */
        {"service.GetTicket", "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, FINANCE all"},
        {"service.ListTickets",
                "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, FINANCE all"},
        {"service.ResolveTicket",
                "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, FINANCE all"},
        /* membership */
        {"membership.CreateGuest", "ANYONE all"},
        {"membership.SignUp", "ANYONE all"},
        {"membership.SignIn", "ANYONE all"},
        {"membership.RenewSession", "MEMBER own, GUEST own"},
        {"membership.SignOut", "MEMBER own, GUEST own"},
        {"membership.ImportMember", "IMPORTER all"},
        {"membership.GetMember", "MEMBER own, GUEST own, SERVICE_AGENT team, SERVICE_LEAD team, "
                                 "SPECIALIST all, RISK all, IMPORTER all"},
        {"membership.SetMemberTaxStatus", "FINANCE all"},
        {"membership.UpdateMember",
                "MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all"},
        {"membership.ListMembers",
                "SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, RISK all, "
                "IMPORTER all"},
        {"membership.GetAddress",
                "MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, "
                "RISK all"},
        {"membership.ListAddresses",
                "MEMBER own, SERVICE_AGENT team, SERVICE_LEAD team, SPECIALIST all, "
                "RISK all"},
        {"membership.CreateAddress", "MEMBER own"},
        {"membership.UpdateAddress", "MEMBER own"},
        {"membership.DeleteAddress", "MEMBER own"},
        /* notification */
        {"notification.CreateNotificationTemplate", "OPERATIONS all"},
        {"notification.UpdateNotificationTemplate", "OPERATIONS all"},
        {"notification.GetNotificationTemplate", "OPERATIONS all"},
        {"notification.ListNotificationTemplates", "OPERATIONS all"},
        {"notification.DeleteNotificationTemplate", "OPERATIONS all"},
        {"notification.SendNotification", "OPERATIONS all"},
        {"notification.GetNotification",
                "MEMBER own, GUEST own, SERVICE_AGENT all, OPERATIONS all"},
        {"notification.ListNotifications",
                "MEMBER own, GUEST own, SERVICE_AGENT all, OPERATIONS all"},
        {"notification.MarkNotificationRead", "MEMBER own, GUEST own"},
        {"notification.ReplayNotification", "OPERATIONS all"},
        {"notification.RecordDelivery", "SYSTEM all"},
        {"notification.InstallTemplates", "SYSTEM all"},
        {"notification.CreatePushTarget", "MEMBER own"},
        {"notification.ListPushTargets", "MEMBER own"},
        {"notification.DeletePushTarget", "MEMBER own"},
        {"notification.ListSandboxMessages", "ADMINISTRATOR all"},
        {"notification.SetSandboxChannel", "ADMINISTRATOR all"},
        /* governance */
        {"governance.GetServerInfo", "ANYONE all"},
        {"governance.WhoAmI", "ANYONE all"},
        {"governance.AdvanceClock", "IMPORTER all"},
        {"governance.ListEvents", "ANALYST all"},
        {"governance.WatchEvents", "GUEST own, MEMBER own, ANALYST all"},
        {"governance.ListFollowers", "ANALYST all, OPERATIONS all"},
        {"governance.FollowEvents", "SYSTEM all"},
        {"governance.ListParkedEvents", "ANALYST all, OPERATIONS all"},
        {"governance.ReplayParkedEvent", "OPERATIONS all"},
        {"governance.DeleteParkedEvent", "OPERATIONS all"},
        {"governance.CreateServiceKey", "ADMINISTRATOR all"},
        {"governance.ListServiceKeys", "ADMINISTRATOR all"},
        {"governance.RevokeServiceKey", "ADMINISTRATOR all"},
        {"governance.Verify", "ADMINISTRATOR all"},
        {"governance.Backup", "ADMINISTRATOR all"},
        {"governance.CheckHealth", "ANYONE all"},
        {"governance.WatchHealth", "ANYONE all"},
        {"governance.GetContract", "ANYONE all"},
        {"governance.DrainServer", "ADMINISTRATOR all"},
        {"governance.ReloadCertificates", "ADMINISTRATOR all"},
        {"governance.SearchAudit", "RISK all"},
        {"governance.ExportAuditHead", "RISK all"},
        /* staff */
        {"staff.SignIn", "ANYONE all"},
        {"staff.SignOut", "ANYONE all"},
        {"staff.CreateStaffAccount", "ADMINISTRATOR all"},
        {"staff.ResetStaffPassword", "ADMINISTRATOR all"},
        {"staff.SuspendStaffAccount", "ADMINISTRATOR all"},
        {"staff.ResumeStaffAccount", "ADMINISTRATOR all"},
        {"staff.GetStaffAccount", "ADMINISTRATOR all, OPERATIONS all, SERVICE_LEAD all"},
        {"staff.ListStaffAccounts", "ADMINISTRATOR all, OPERATIONS all, SERVICE_LEAD all"},
        {"staff.UpdateStaffAccount", "ADMINISTRATOR all"},
        {"staff.OpenAdministrator", "SYSTEM all"},
        {"staff.GrantRole", "ADMINISTRATOR all"},
        {"staff.ApproveGrant", "ADMINISTRATOR all"},
        {"staff.RevokeGrant", "ADMINISTRATOR all"},
        {"staff.ExpireGrant", "SYSTEM all"},
        {"staff.ListGrants", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.ListRoles", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.DescribeRole", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.CreateTeam", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.GetTeam", "ADMINISTRATOR all, OPERATIONS all, SERVICE_AGENT all, SPECIALIST all, "
                          "SERVICE_LEAD all"},
        {"staff.ListTeams", "ADMINISTRATOR all, OPERATIONS all, SERVICE_AGENT all, SPECIALIST all, "
                            "SERVICE_LEAD all"},
        {"staff.UpdateTeam", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.SetTeamMember", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.RemoveTeamMember", "ADMINISTRATOR all, OPERATIONS all"},
        {"staff.ListTeamMembers",
                "ADMINISTRATOR all, OPERATIONS all, SERVICE_AGENT all, SPECIALIST all, "
                "SERVICE_LEAD all"},
        {NULL, NULL},
};
