"""Set-up of the tests of approvals and duties: a clerk, approvers, a policy."""

from odoo import Command
from odoo.tests import new_test_user

from .common_flow import FlowCommon


class ApprovalCommon(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["order.approval.policy"].search([]).active = False
        cls.clerk = cls._user("clerk")
        cls.lead = cls._user("lead")
        cls.head = cls._user("head")
        cls.head2 = cls._user("head2")
        cls.boss = cls._user("boss")
        cls.policy = cls._policy(
            cls._step("Lead", cls.lead, max_amount=1000, max_discount=10, hours=4),
            cls._step("Heads", cls.head | cls.head2, minimum=2, max_amount=5000, hours=8),
            cls._step("Boss", cls.boss),
        )

    @classmethod
    def _user(cls, name, groups="order_processing.group_order_user"):
        return new_test_user(
            cls.env, f"approval_{name}", groups, name=name, email=f"{name}@example.com"
        )

    @classmethod
    def _step(cls, name, users, **vals):
        return {"name": name, "user_ids": [Command.set(users.ids)], **vals}

    @classmethod
    def _policy(cls, *steps, **vals):
        return cls.env["order.approval.policy"].create(
            {
                "name": "Special orders",
                "kind": "manual",
                "step_ids": [
                    Command.create({"sequence": number, **step})
                    for number, step in enumerate(steps)
                ],
                **vals,
            }
        )

    def _held(self, quantity=1, by=None, **vals):
        """A hold of an order of 199 a piece, entered by the clerk."""
        order = (
            self.env["sale.order"]
            .with_user(by or self.clerk)
            .create(
                {
                    "partner_id": self.partner.id,
                    "warehouse_id": self.main.id,
                    "order_line": [
                        Command.create({"product_id": self.green.id, "product_uom_qty": quantity})
                    ],
                }
            )
        )
        return order.sudo()._place_hold("manual", "release", "Special price", **vals).sudo()

    def _waits_for(self, hold):
        return hold.level_ids.filtered("is_open").step_id.mapped("name")
