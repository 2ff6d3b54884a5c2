from dataclasses import replace

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import datetime, safe_eval

from ..engine import validation, validation_kinds
from ..flow import GATES

#: Kinds of rule with what they say and which of the rule's own fields they need.
KINDS = (
    ("content", "Lines complete", ()),
    ("address", "Address incomplete or undeliverable", ("check_served",)),
    ("total", "Total differs from the channel's", ()),
    ("customer", "Customer archived", ()),
    ("blocked", "Blocked customer or country", ("country_ids",)),
    ("credit", "Credit exposure", ("limit_base", "count_held")),
    ("overdue", "Overdue invoices", ("days", "amount")),
    ("order_value", "Order value", ("amount", "amount_min")),
    ("discount", "Discount", ("percent",)),
    ("margin", "Margin", ("percent",)),
    ("price_floor", "Price below the floor", ("floor_base", "percent")),
    ("price_list", "Price off the pricelist", ("percent",)),
    ("price_changed", "Unit price changed after confirmation", ()),
    ("tax", "Tax missing", ("country_ids",)),
    ("duplicate", "Suspected duplicate", ("hours",)),
    ("stock", "Stock short", ()),
    ("promise", "Promised date not feasible", ("days",)),
    ("payment", "Payment not captured", ("percent",)),
    ("fraud", "Fraud score", ("score", "signal_ids")),
    ("export", "Export restriction", ("country_ids", "product_ids", "hs_codes")),
    ("domain", "Own condition", ()),
)
#: Kinds that look at open invoices, so that payments matter to them.
CREDIT_KINDS = frozenset({"credit", "overdue"})


class OrderRule(models.Model):
    """A check of orders as data: what it looks at, what is too much, and which gate it shuts."""

    _name = "order.rule"
    _description = "Order Rule"
    _inherit = ["mail.thread", "order.audit.mixin"]
    _order = "sequence, id"

    _audited = (
        "name",
        "active",
        "kind",
        "severity",
        "gate",
        "company_id",
        "channel_ids",
        "partner_ids",
        "partner_tag_ids",
        "category_ids",
        "domain",
        "date_from",
        "date_to",
        "amount",
        "amount_min",
        "score",
        "percent",
        "days",
        "hours",
        "limit_base",
        "floor_base",
        "count_held",
        "check_served",
        "country_ids",
        "product_ids",
        "hs_codes",
        "asked_only",
    )
    _audit_duties = {"*": "rule"}

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection(
        [(code, label) for code, label, _fields in KINDS],
        required=True,
        tracking=True,
        help="What the rule looks at.",
    )
    severity = fields.Selection(
        [("inform", "Inform"), ("hold", "Hold"), ("refuse", "Refuse")],
        required=True,
        default="hold",
        tracking=True,
        help="Inform: a note on the order, nothing waits. Hold: the order waits until somebody"
        " decides, or until it is put right. Refuse: nobody can let the order pass as it is; it"
        " has to be changed.",
    )
    gate = fields.Selection(
        list(GATES),
        required=True,
        default="release",
        tracking=True,
        help="What the order may not do while the rule holds it.",
    )
    advice = fields.Char(
        string="What to Do",
        translate=True,
        help="Told on the order to whoever meets the hold, instead of what the suite says itself.",
    )
    asked_only = fields.Boolean(
        string="Typed Orders Only When Asked",
        help="Orders of channels are always checked by this rule; orders typed in by hand only"
        " when somebody presses Check.",
    )
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: orders of every company.", tracking=True
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    channel_ids = fields.Many2many("order.channel", string="Channels")
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        help="The rule looks at orders of these contacts, and of the contacts of these companies.",
    )
    partner_tag_ids = fields.Many2many("res.partner.category", string="Customer Tags")
    category_ids = fields.Many2many(
        "product.category",
        string="Product Categories",
        help="Only lines with products of these categories, or of categories below them, count.",
    )
    domain = fields.Char(default="[]", help="Only orders this is true of.", tracking=True)
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")

    amount = fields.Monetary(
        string="Most", tracking=True, help="In the company's currency. Zero: no upper end."
    )
    amount_min = fields.Monetary(string="Least", tracking=True)
    score = fields.Integer(
        string="Points", default=50, tracking=True, help="Orders with as many points are held."
    )
    percent = fields.Float(digits=(16, 2), tracking=True)
    days = fields.Integer(tracking=True)
    hours = fields.Float(default=24.0, help="How far back to look.")
    limit_base = fields.Selection(
        [
            ("limit", "Credit limit"),
            ("insured", "Insured amount"),
            ("lower", "The lower of both"),
        ],
        default="limit",
        tracking=True,
    )
    floor_base = fields.Selection(
        [("cost", "Cost"), ("sales_price", "Sales price")], default="cost", tracking=True
    )
    count_held = fields.Boolean(
        string="Held Orders Use Credit",
        default=True,
        help="Orders on hold that were made before count as if they were confirmed.",
    )
    check_served = fields.Boolean(
        string="Some Delivery Method Must Go There",
        help="Also find addresses that no delivery method of the company goes to.",
    )
    country_ids = fields.Many2many("res.country", string="Countries")
    product_ids = fields.Many2many("product.product", string="Products")
    hs_codes = fields.Char(
        string="HS Codes",
        help="Tariff codes or their beginnings, separated by commas: “9306, 8526.91”.",
    )
    signal_ids = fields.One2many("order.rule.signal", "rule_id", string="Signs", copy=True)
    hold_count = fields.Integer(compute="_compute_hold_count", string="Open Holds")

    _percent_positive = models.Constraint(
        "CHECK (kind = 'margin' OR percent >= 0)", "A percentage can't be below zero."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "The rule ends before it begins.",
    )

    @api.depends("company_id")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    def _compute_hold_count(self):
        counts = dict(
            self.env["order.hold"]._read_group(
                [("rule_id", "in", self.ids), ("state", "in", ("pending", "rejected"))],
                ["rule_id"],
                ["__count"],
            )
        )
        for rule in self:
            rule.hold_count = counts.get(rule, 0)

    @api.constrains("kind", "country_ids", "partner_ids", "partner_tag_ids", "domain")
    def _check_scope(self):
        for rule in self:
            narrow = rule.partner_ids or rule.partner_tag_ids or rule._parse_domain()
            if rule.kind == "blocked" and not (narrow or rule.country_ids):
                raise ValidationError(
                    self.env._("%s: say which customers or countries are blocked.", rule.name)
                )
            if rule.kind == "export" and not rule.country_ids:
                raise ValidationError(
                    self.env._("%s: say to which countries nothing may go.", rule.name)
                )
            if rule.kind == "domain" and not narrow:
                raise ValidationError(
                    self.env._("%s: give the condition orders are held on.", rule.name)
                )

    @api.constrains("company_id", "channel_ids")
    def _check_channels(self):
        for rule in self:
            # sudo: whose the channels are is asked, nothing is told of them.
            foreign = rule.sudo().channel_ids.company_id - rule.company_id
            if rule.company_id and foreign:
                raise ValidationError(
                    self.env._("%s: choose channels of the rule's own company.", rule.name)
                )

    @api.constrains("domain")
    def _check_domain(self):
        orders = self.env["sale.order"]
        for rule in self:
            try:
                orders.search(Domain(rule._parse_domain()), limit=1)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "%(rule)s: this condition can't be used: %(error)s",
                        rule=rule.name,
                        error=error,
                    )
                ) from error

    @api.constrains("kind", "signal_ids")
    def _check_signals(self):
        for rule in self:
            if rule.kind == "fraud" and not rule.signal_ids:
                raise ValidationError(
                    self.env._("%s: say which signs count, and how much.", rule.name)
                )

    @api.onchange("kind")
    def _onchange_kind(self):
        """Begin with what most companies want of this kind."""
        if self.kind == "price_changed":
            self.gate = "invoice"
        elif self.kind == "payment":
            self.percent = self.percent or 100.0
        elif self.kind == "price_floor":
            self.percent = self.percent or 100.0
        elif self.kind == "fraud" and not self.signal_ids:
            self.signal_ids = self.env["order.rule.signal"]._get_usual()

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Rules are read from a cache, which a new one empties."""
        rules = super().create(vals_list)
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        """See :meth:`create`."""
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        """See :meth:`create`."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    # === ACTION === #

    def action_view_holds(self):
        """Open the holds these rules placed."""
        action = self.env["ir.actions.act_window"]._for_xml_id("order_processing.order_hold_action")
        action["domain"] = [("rule_id", "in", self.ids)]
        return action

    def action_try(self):
        """Show which open orders this rule would hold, without touching them.

        :return: window with the orders and what would be said about each
        """
        self.ensure_one()
        self.check_access("read")
        trial = self.env["order.rule.trial"]._run(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try: %s", self.name),
            "res_model": "order.rule.trial",
            "res_id": trial.id,
            "view_mode": "form",
            "target": "new",
        }

    # === BUSINESS === #

    @api.model
    @tools.ormcache()
    def _get_active(self):
        """The active rules as the engine knows them, with their domains as text: pairs."""
        # sudo: a rule holds for everybody, whoever may read it.
        rules = self.sudo().search([("active", "=", True)])
        return tuple((rule._prepare_facts(), rule.domain or "[]") for rule in rules)

    @api.model
    def _get_kinds(self, gates=None):
        """Kinds of the active rules, of those at ``gates`` only if given."""
        return {
            facts.kind for facts, _domain in self._get_active() if not gates or facts.gate in gates
        }

    def _prepare_facts(self):
        """This rule as the engine knows it, but for the orders of its domain."""
        self.ensure_one()
        codes = [validation_kinds.plain_code(code) for code in (self.hs_codes or "").split(",")]
        return validation.RuleFacts(
            rule_id=self.id,
            kind=self.kind,
            severity=self.severity,
            gate=self.gate,
            asked_only=self.asked_only,
            company_id=self.company_id.id or 0,
            channel_ids=frozenset(self.channel_ids.ids),
            partner_ids=frozenset(self.partner_ids.ids),
            tag_ids=frozenset(self.partner_tag_ids.ids),
            category_ids=frozenset(self.category_ids.ids),
            date_from=self.date_from or None,
            date_to=self.date_to or None,
            amount=self.score if self.kind == "fraud" else self.amount,
            amount_min=self.amount_min,
            percent=self.percent,
            days=self.days,
            hours=self.hours,
            base=(self.limit_base if self.kind == "credit" else self.floor_base) or "",
            count_held=self.count_held,
            check_served=self.check_served,
            country_ids=frozenset(self.country_ids.ids),
            product_ids=frozenset(self.product_ids.ids),
            hs_codes=tuple(code for code in codes if code),
            signals=tuple(signal._prepare_facts() for signal in self.signal_ids),
        )

    def _parse_domain(self):
        """The domain as a list."""
        self.ensure_one()
        return self._evaluate_domain(self.domain or "[]")

    @api.model
    def _evaluate_domain(self, text):
        """A domain as a list; what it says of the user or the day is of now."""
        names = {
            "uid": self.env.uid,
            "datetime": datetime,
            "context_today": lambda: fields.Date.context_today(self),
        }
        return list(safe_eval(text, names))

    @api.model
    def _match(self, rules, orders):
        """Complete rules by the orders their domain is true of: a query for each domain.

        :param rules: pairs of :meth:`_get_active`
        :return: list of ``validation.RuleFacts``
        """
        matched = []
        for facts, text in rules:
            domain = self._evaluate_domain(text)
            if domain:
                # sudo: the rule looks at the orders, whoever makes it look.
                found = orders.sudo().with_context(active_test=False)
                found = found.search(Domain("id", "in", orders.ids) & Domain(domain))
                facts = replace(facts, matched=frozenset(found.ids))
            matched.append(facts)
        return matched
