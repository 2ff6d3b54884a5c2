from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import OrderProcessingCase, read_sample, sample_order, sku_order, to_payload


@tagged("post_install", "-at_install")
class TestIntakeRights(OrderProcessingCase):
    def test_channel_without_rights(self):
        clerk = new_test_user(
            self.env,
            "channel_without_rights",
            groups="base.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.channel.user_id = clerk
        intake = self._take_in(sku_order(1, test=True))
        self.assertEqual(intake.state, "rejected")
        self.assertIn(clerk.name, intake.error)
        self.assertIn(self.channel.name, intake.error)
        self.assertIn("Sales / User: All Documents", intake.error)
        self.assertIn("test order", intake.error)

    def test_least_rights_are_enough(self):
        self.channel.user_id = new_test_user(
            self.env,
            "channel_least_rights",
            groups="sales_team.group_sale_salesman_all_leads,base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        intake = self._take_in(sample_order(1001))
        self.assertEqual(intake.state, "accepted", intake.error)
        self.assertEqual(intake.order_id.state, "sale", intake.order_id.activity_ids.note)

    def test_user_without_the_company(self):
        self.channel.user_id = new_test_user(
            self.env,
            "other_company_user",
            groups="order_processing.group_order_manager",
            company_id=self.env.ref("base.main_company").id,
            company_ids=[Command.set(self.env.ref("base.main_company").ids)],
        )
        self.assertIn("has no access to company", self._take_in(sku_order(1)).error)

    def test_nobody_archived_user_and_archived_channel(self):
        self.channel.user_id = False
        intake = self._take_in(sku_order(1))
        self.assertIn("has no user to act as", intake.error)
        self.channel.user_id = self.user
        self.user.active = False
        intake.action_retry()
        self.assertIn("is archived. Choose another user", intake.error)
        self.user.active = True
        self.channel.active = False
        intake.action_retry()
        self.assertIn("takes no orders", intake.error)

    def test_channel_entered_by_hand_takes_no_documents(self):
        self.channel.kind = "manual"
        self.assertIn("takes no documents", self._take_in(sku_order(1)).error)

    def test_secret_is_for_managers(self):
        salesman = new_test_user(
            self.env,
            "salesman",
            groups="sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        channel = self.channel.with_user(salesman)
        self.assertEqual(channel.name, self.channel.name)
        with self.assertRaises(AccessError):
            channel.read(["secret"])
        with self.assertRaises(AccessError):
            channel.action_renew_secret()
        with self.assertRaises(AccessError):
            self.env["order.intake"].with_user(salesman).search([])
        before = self.channel.secret
        self.channel.with_user(self.user).action_renew_secret()
        self.assertNotEqual(self.channel.secret, before)

    def test_companies_are_kept_apart(self):
        intake = self._take_in(sku_order(1))
        other = self._create_company("Order Suite Other")
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="order_processing.group_order_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        outside = intake.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(outside.search([]))
        with self.assertRaises(AccessError):
            outside.read(["state"])
        # The other company's channel neither sees this company's products nor its customers.
        self.env.user.company_ids |= other
        env = self.env(context=dict(self.env.context, allowed_company_ids=other.ids))
        intake.order_id.partner_id.company_id = self.company
        channel = env["order.channel"].create(
            {
                "name": "Other",
                "code": "test",
                "kind": "shopify",
                "company_id": other.id,
                "user_id": stranger.id,
                "tax_policy": "line",
            }
        )
        theirs = self._take_in(sku_order(1, sku="THEIRS"), channel)
        self.assertIn("THEIRS", theirs.error)
        env["product.product"].create({"name": "Theirs", "default_code": "THEIRS"})
        stranger.group_ids |= self.env.ref("base.group_partner_manager")
        theirs.action_retry()
        self.assertEqual(theirs.state, "accepted", theirs.error)
        self.assertEqual(theirs.order_id.company_id, other)
        self.assertNotEqual(theirs.order_id.partner_id, intake.order_id.partner_id)

    def test_order_desk_needs_no_more_than_its_own_rights(self):
        clerk = new_test_user(
            self.env,
            "clerk",
            groups="order_processing.group_order_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        # As on the channel's form, whose button sets a default for the wizard.
        env = self.env(
            user=clerk, context=dict(self.env.context, default_channel_id=self.channel.id)
        )
        attachments = env["ir.attachment"].create(
            [
                {"name": "1001.json", "raw": read_sample("shopify_order_1001.json")},
                {"name": "bad.json", "raw": to_payload(sku_order(1, sku="NEVER-SEEN"))},
            ]
        )
        wizard = env["order.intake.upload"].create(
            {"attachment_ids": [Command.set(attachments.ids)]}
        )
        self.assertEqual(wizard.channel_id, self.channel)
        domain = wizard.action_upload()["params"]["next"]["domain"]
        accepted, rejected = env["order.intake"].search(domain).sorted("state")
        self.assertEqual((accepted.state, rejected.state), ("accepted", "rejected"))
        self.assertEqual(accepted.order_id.create_uid, self.user)
        self.assertEqual(accepted.create_uid, clerk)
        self.product_green.default_code = "NEVER-SEEN"
        rejected.action_retry()
        self.assertEqual(rejected.state, "accepted")
        self.assertTrue(rejected.document_text)

    def test_what_happened_to_a_document_is_edited_by_nobody(self):
        intake = self._take_in(sku_order(1))
        other = self._take_in(sku_order(2))
        clerk = new_test_user(
            self.env,
            "clerk_rpc",
            groups="order_processing.group_order_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        theirs = intake.with_user(clerk)
        for vals in (
            {"state": "received"},
            {"order_id": other.order_id.id},
            {"external_ref": "other"},
            {"findings": []},
        ):
            # A context can be forged over RPC; the guard doesn't trust it.
            for records in (theirs, theirs.with_context(order_event_source="channel", su=True)):
                with self.assertRaises(AccessError):
                    records.write(vals)
        with self.assertRaises(AccessError):
            theirs.create({"channel_id": self.channel.id, "state": "accepted"})
        with self.assertRaises(AccessError):
            theirs.copy()
        theirs.action_archive()
        theirs.message_post(body="Looked at")
        self.assertFalse(intake.active)
