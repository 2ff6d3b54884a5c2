"""Who gets what answer at each address, from a table that lives beside the tests of each addon.

``routes.csv`` has one row for each route of the addon's controllers: how it is guarded, why it may
be open to the public or go without a token against forged forms, and the status each kind of
stranger gets (for each method, where they differ). All of them send a forged link, key and
signature along.
"""

import re

from odoo import Command, http
from odoo.tests import HttpCase, new_test_user

from .common_access import read_table

#: Columns of the table: who asks, and with which login.
STRANGERS = {
    "nobody": None,
    "customer": "route_customer",
    "other_company": "route_other",
    "employee": "route_employee",
}
FORGED = "0" * 36
HEADERS = {
    "Authorization": f"Bearer {FORGED}",
    "X-Shopify-Hmac-Sha256": FORGED,
    "X-WC-Webhook-Signature": FORGED,
    "X-Hmac-Signature": FORGED,
}


class RouteTableCase(HttpCase):
    """Base of the generated test of an addon's routes; those say which one in ``module``."""

    module = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        new_test_user(cls.env, "route_customer", "base.group_portal")
        new_test_user(cls.env, "route_employee", "base.group_user")
        new_test_user(
            cls.env,
            "route_other",
            "base.group_portal",
            company_id=cls.company_b.id,
            company_ids=[Command.set(cls.company_b.ids)],
        )
        partner = cls.env["res.partner"].create({"name": "Whose Order"})
        cls.order = cls.env["sale.order"].create({"partner_id": partner.id})
        cls.order._portal_ensure_token()
        channel = cls.env["order.channel"].create(
            {"name": "Route", "code": "route", "kind": "shopify", "secret": "right"}
        )
        goods = {"product_id": cls.env["product.product"].create({"name": "Agreed"}).id}
        blanket, schedule = (
            cls.env[model].create(
                {"partner_id": partner.id, "line_ids": [Command.create(goods)]} | vals
            )
            for model, vals in (
                ("order.blanket", {}),
                ("order.schedule", {"date_next": "2100-01-01"}),
            )
        )
        blanket.action_run()
        schedule.action_run()
        #: What stands in an address for each of its variables.
        cls.values = {
            "order_id": cls.order.id,
            "channel_id": channel.id,
            "intake_id": channel._receive_documents([(b"{}", "x.json")], source="api").id,
            "reference": "X-1",
            "token": FORGED,
            "blanket_id": blanket.id,
            "schedule_id": schedule.id,
            "wish": "end",
        }

    def _get_routes(self):
        """{route: routing} of the addon's controllers."""
        router = self.env["ir.http"]._generate_routing_rules(
            self.env["ir.module.module"].search([("state", "=", "installed")]).mapped("name"),
            self.env["ir.http"]._get_converters(),
        )
        return {
            rule: endpoint.routing
            for rule, endpoint in router
            if self.module in self._get_modules(endpoint)
        }

    @staticmethod
    def _get_modules(endpoint):
        """Addons that define or change the method behind a route."""
        method = endpoint.func
        return {
            cls.__module__.split(".")[2]
            for cls in type(method.__self__).mro()
            if method.__name__ in vars(cls) and cls.__module__.startswith("odoo.addons.")
        }

    def check_routes(self):
        """Every route is in the table, as guarded as it says, and strangers get nothing."""
        table = {row["route"]: row for row in read_table(self.module, "routes.csv")}
        routes = self._get_routes()
        for route, routing in routes.items():
            with self.subTest(route=route):
                row = self._describe(routing)
                self.assertIn(
                    route,
                    table,
                    f"{route} isn't in {self.module}/tests/routes.csv. See how it is guarded, add"
                    f" it, and say why if it is public or goes without csrf.\n{row}",
                )
                self.assertEqual(row, {key: table[route][key] for key in row})
                if routing["auth"] != "user" or row["csrf"] == "no":
                    self.assertTrue(table[route]["why"], "Say why it may be so open.")
        self.assertFalse(set(table) - set(routes), f"Not in {self.module} any more")
        for column, login in STRANGERS.items():
            self.authenticate(login, login)
            for route, row in table.items():
                methods = row["methods"].split()
                expected = row[column].split()
                for method, status in zip(methods, expected * len(methods), strict=False):
                    with self.subTest(who=column, route=route, method=method):
                        answer = self._ask(route, method, row["csrf"] == "yes")
                        self.assertEqual(str(answer.status_code), status)
                        self.assertNotIn(self.order.name, answer.text)

    @staticmethod
    def _describe(routing):
        csrf = routing.get("csrf", routing["type"] == "http")
        return {
            "methods": " ".join(sorted(routing["methods"] or ("GET", "POST"))),
            "auth": routing["auth"],
            "csrf": "yes" if csrf else "no",
        }

    def _ask(self, route, method, csrf):
        """Ask an address, with everything a forger can make up."""
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(self.values[found[1]]), route)
        data = {"cancel": "1", "body": "x", "decision": "approve"} if method == "POST" else None
        if data and csrf:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(
            f"{path}?access_token={FORGED}&ids={self.values.get('label_id', 0)}",
            data=data,
            headers=HEADERS | ({} if csrf or not data else {"Content-Type": "application/json"}),
            method=method,
            allow_redirects=False,
        )
