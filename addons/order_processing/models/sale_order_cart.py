import datetime
import uuid

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

#: Carts one run of the cron tells of; the rest the next time.
MOST_CARTS = 200


class SaleOrder(models.Model):
    """Carts of the website that were left, or are worth a call: told to sales, once each.

    Only with Odoo's website shop; without it nothing of this is shown or run. With its coupons the
    incentive is a code for one use, without them a discount on the cart's lines.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    cart_reason = fields.Selection(
        [("abandoned", "Left"), ("high", "High Value")],
        string="Cart Told to Sales",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
    )
    cart_offer = fields.Char(string="Offered", readonly=True, copy=False, groups="base.group_user")

    # === ACTION === #

    def action_offer_incentive(self):
        """Offer the customer of a cart the company's incentive, and open the mail about it.

        :raise UserError: it is no open cart, it has its offer, or no incentive is set
        """
        self.ensure_one()
        self.check_access("write")
        if not self._is_website_cart() or self.state != "draft":
            raise UserError(self.env._("This is no open cart."))
        if self.cart_offer:
            raise UserError(self.env._("It has its offer: %s.", self.cart_offer))
        company = self.company_id.sudo()  # sudo: sellers may not read settings
        percent = company.order_cart_discount
        if not 0 < percent <= 100:
            raise UserError(self.env._("Set the incentive first: Settings ▸ Order Flow ▸ Carts."))
        self.lock_for_update()
        days = company.order_cart_offer_days
        until = fields.Date.context_today(self) + datetime.timedelta(days=days)
        if "loyalty.program" in self.env:
            self.cart_offer = self._make_coupon(percent, until)
        else:
            goods = self.order_line.filtered(lambda line: not line.display_type)
            for line in goods:
                line.discount = max(line.discount, percent)
            self.write({"validity_date": until})
            self.cart_offer = self.env._("%(percent)s %% off", percent=f"{percent:g}")
        self.message_post(
            body=self.env._("Offered: %(offer)s, until %(day)s", offer=self.cart_offer, day=until)
        )
        return self.action_quotation_send()

    # === BUSINESS === #

    def _is_website_cart(self):
        self.ensure_one()
        return "website_id" in self._fields and bool(self.sudo().website_id)

    def _make_coupon(self, percent, until):
        """A code for one use, of Odoo's own promotions: its text."""
        code = f"CART-{uuid.uuid4().hex[:8].upper()}"
        # sudo: sellers may not make promotions; this one is the company's own rule.
        self.env["loyalty.program"].sudo().create(
            {
                "name": self.env._("Cart %s", self.name),
                "program_type": "promo_code",
                "trigger": "with_code",
                "applies_on": "current",
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "date_to": until,
                "limit_usage": True,
                "max_usage": 1,
                "rule_ids": [
                    Command.clear(),
                    Command.create({"mode": "with_code", "code": code}),
                ],
                "reward_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount": percent,
                            "discount_mode": "percent",
                            "discount_applicability": "order",
                        }
                    ),
                ],
            }
        )
        return self.env._(
            "%(percent)s %% off by the code %(code)s", percent=f"{percent:g}", code=code
        )

    @api.model
    def _cron_watch_carts(self):
        """Tell sales of carts that were left, and of those above the company's limit."""
        if "is_abandoned_cart" not in self._fields:
            return
        companies = self.env["res.company"].search([("order_cart_watch", "=", True)])
        for company in companies:
            mine = Domain("company_id", "=", company.id) & Domain("cart_reason", "=", False)
            carts = mine & Domain("website_id", "!=", False) & Domain("state", "=", "draft")
            ways = {"abandoned": Domain("is_abandoned_cart", "=", True)}
            if company.order_cart_high > 0:
                ways = {"high": Domain("order_line", "!=", False)} | ways
            least = {"abandoned": company.order_cart_least, "high": company.order_cart_high}
            for reason, domain in ways.items():
                found = self.search(carts & domain, limit=MOST_CARTS, order="id desc")
                found._filter_worth(company, least[reason])._tell_sales(reason)

    def _filter_worth(self, company, least):
        """Carts of somebody (visitors without a name are archived partners) and of some worth."""
        return self.filtered(
            lambda cart: cart.partner_id.active and cart._get_cart_worth(company) >= least
        )

    def _get_cart_worth(self, company):
        """Amount with tax, in the company's currency."""
        self.ensure_one()
        return self.currency_id._convert(
            self.amount_total, company.currency_id, company, fields.Date.today()
        )

    def _tell_sales(self, reason):
        """A task with the cart for whoever looks after the customer, the team or the shop; once."""
        for cart in self.try_lock_for_update():
            cart.invalidate_recordset(["cart_reason"])
            if cart.cart_reason:
                continue
            cart.cart_reason = reason
            words = {
                "abandoned": self.env._("A cart was left: offer something"),
                "high": self.env._("A cart of high value: help the customer"),
            }
            cart.activity_schedule(
                "mail.mail_activity_data_call",
                summary=words[reason],
                note=cart._describe_cart(),
                user_id=cart._get_cart_seller().id,
            )

    def _get_cart_seller(self):
        """The salesperson of cart, customer, team or shop; else the administrator."""
        self.ensure_one()
        shop = self.website_id.salesperson_id if "website_id" in self._fields else self.user_id
        return (
            self.user_id
            or self.partner_id.user_id
            or self.team_id.user_id
            or shop
            or self.env.ref("base.user_admin")
        )

    def _describe_cart(self):
        """Customer, goods and worth, for people."""
        goods = self.order_line.filtered(lambda line: not line.display_type)
        lines = [f"{line.product_uom_qty:g} × {line.product_id.display_name}" for line in goods]
        partner = self.partner_id
        contact = ", ".join(filter(None, (partner.name, partner.phone, partner.email)))
        total = formatLang(self.env, self.amount_total, currency_obj=self.currency_id)
        return self.env._(
            "%(contact)s: %(goods)s. Worth %(total)s.",
            contact=contact,
            goods=", ".join(lines),
            total=total,
        )


class ResCompany(models.Model):
    _inherit = "res.company"

    order_cart_watch = fields.Boolean(
        string="Tell Sales of Carts",
        help="A task for carts of the website that were left, or are worth a call.",
    )
    order_cart_least = fields.Monetary(
        string="Left Carts Above", help="Smaller ones aren't told.", default=0.0
    )
    order_cart_high = fields.Monetary(
        string="High Value From",
        help="Carts of this worth are told at once, before they are left. 0: none.",
    )
    order_cart_discount = fields.Float(
        string="Incentive (%)", help="What a salesperson may offer for a cart."
    )
    order_cart_offer_days = fields.Integer(string="Incentive Is Valid (days)", default=7)

    _order_cart_discount_share = models.Constraint(
        "CHECK (order_cart_discount >= 0 AND order_cart_discount <= 100)",
        "The incentive is between 0 and 100 percent.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_cart_watch = fields.Boolean(related="company_id.order_cart_watch", readonly=False)
    order_cart_least = fields.Monetary(
        related="company_id.order_cart_least",
        readonly=False,
    )
    order_cart_high = fields.Monetary(
        related="company_id.order_cart_high",
        readonly=False,
    )
    order_cart_discount = fields.Float(related="company_id.order_cart_discount", readonly=False)
    order_cart_offer_days = fields.Integer(
        related="company_id.order_cart_offer_days", readonly=False
    )
    has_website_shop = fields.Boolean(compute="_compute_has_website_shop")

    def _compute_has_website_shop(self):
        self.has_website_shop = "is_abandoned_cart" in self.env["sale.order"]._fields
