from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: Returns on the start screen, and to choose from where a barcode is of several.
MAX_RETURNS = 30


class PickingScan(models.Model):
    """What a hand-held at the returns desk is told."""

    _inherit = "picking.scan"

    # === API: CALLED BY THE SCREENS === #

    @api.model
    def find_return(self, code):
        """The return that a barcode at the returns desk stands for.

        :param str code: number of a return, its receipt or order; tracking number of its label;
            else the order, delivery or parcel of goods that came without notice; else the barcode
            of a product that is announced
        :return: dict with ``model`` and ``id``; or ``choices``, a list of such dicts with ``name``
            and ``note``; or ``problem``
        """
        self._check_may_scan()
        code = (code or "").strip()[:200] if isinstance(code, str) else ""
        if not code:
            return {"problem": self.env._("Scan the label of the return.")}
        returns = self._find_announced(code)
        if not returns:
            if order := self._find_shipped_order(code):
                return {"model": "sale.order", "id": order.id}
            returns = self._find_announced_goods(code)
        if not returns:
            return {
                "problem": self.env._(
                    "No open return is called “%s”. Scan the parcel, the order or an item.", code
                )
            }
        if len(returns) == 1:
            return {"model": "shipping.return", "id": returns.id}
        return {"choices": [self._get_return_facts(back) for back in returns]}

    @api.model
    def get_return_work(self):
        """Returns that wait to be received or inspected, for the start screen."""
        self._check_may_scan()
        returns = self.env["shipping.return"].search(
            self._get_return_domain(), limit=MAX_RETURNS, order="state desc, id"
        )
        return {"returns": [self._get_return_facts(back) for back in returns]}

    @api.model
    def get_return_task(self, model, record_id):
        """All that the returns desk needs to know of one return, or of an order without one.

        :param str model: ``shipping.return``, or ``sale.order`` for goods without notice
        :return: dict with ``arrivals``, the goods to receive, ``goods`` to inspect and the ``step``
            that comes first: ``receive``, ``inspect`` or ``end``
        :raise UserError: it isn't approved, or nothing of it can come back
        """
        self._get_scope(model, record_id)
        if model == "sale.order":
            return self._get_blind_task(self.env[model].sudo().browse(record_id))
        back = self.env[model].browse(record_id)
        arrivals, goods = back._get_scan_arrivals(), back._get_scan_goods()
        return self._get_return_facts(back) | {
            "order": back.order_id.sudo().name,  # sudo: pickers may not read orders
            "arrivals": arrivals,
            "goods": goods,
            "step": "inspect" if goods else "receive" if arrivals else "end",
        }

    @api.model
    def find_item(self, code):
        """What a barcode of goods is that nobody announced.

        :return: facts as in ``arrivals``, or False where nobody knows the barcode
        """
        self._check_may_scan()
        code = (code or "").strip()[:200] if isinstance(code, str) else ""
        product = self._find_product(code)
        return product._get_return_scan_facts(0.0) if product else False

    # === BUSINESS === #

    @api.model
    def _find_product(self, code):
        if not code:
            return self.env["product.product"]
        companies = Domain("company_id", "in", (False, *self.env.companies.ids))
        names = ("barcode", "default_code", "product_uom_ids.barcode")
        domain = companies & Domain.OR(Domain(name, "=", code) for name in names)
        return self.env["product.product"].search(domain, limit=1)

    @api.model
    def _get_return_domain(self):
        """Returns of the user's companies that can be received or inspected here."""
        return Domain("company_id", "in", self.env.companies.ids) & (
            Domain("state", "in", ("approved", "label_sent", "received"))
            | Domain("state", "=", "requested") & Domain("source", "=", "blind")
        )

    @api.model
    def _find_announced(self, code):
        names = ("name", "label_ids.tracking_number", "picking_ids.name", "order_id.name")
        either = Domain.OR(Domain(name, "=", code) for name in names)
        # sudo: labels and orders are looked into for their numbers only.
        returns = self.env["shipping.return"].sudo()
        found = returns.search(self._get_return_domain() & either, limit=MAX_RETURNS)
        return found.sudo(False)

    @api.model
    def _find_announced_goods(self, code):
        product = self._find_product(code)
        if not product:
            return self.env["shipping.return"]
        domain = Domain("state", "in", ("approved", "label_sent"))
        of_product = Domain("line_ids.product_id", "=", product.id)
        return self.env["shipping.return"].search(
            self._get_return_domain() & domain & of_product, limit=MAX_RETURNS, order="id"
        )

    @api.model
    def _find_shipped_order(self, code):
        """The order whose goods came back without notice; empty if nothing of it can."""
        names = (
            "name",
            "client_order_ref",
            "picking_ids.name",
            "picking_ids.carrier_tracking_ref",
            "picking_ids.label_ids.tracking_number",
        )
        domain = Domain("company_id", "in", self.env.companies.ids) & Domain("state", "=", "sale")
        # sudo: pickers may not read orders; only what was shipped is told of them.
        order = (
            self.env["sale.order"]
            .sudo()
            .search(domain & Domain.OR(Domain(name, "=", code) for name in names), limit=1)
        )
        is_any = any(facts["left"] > 0 for facts in order._get_returnable().values())
        return order if is_any else order.browse()

    @api.model
    def _get_return_facts(self, back):
        words = dict(back._fields["state"]._description_selection(self.env))
        return {
            "model": back._name,
            "id": back.id,
            "name": back.name,
            "partner": back.sudo().partner_id.display_name or "",
            "state": words[back.state],
            "note": ", ".join(
                f"{line.quantity or line.quantity_received:g} × {line.product_id.display_name}"
                for line in back.line_ids[:3]
            ),
            "words": back.note or "",
            "photos": back.sudo().photo_ids.ids,
            "is_blind": back.source == "blind",
        }

    @api.model
    def _get_blind_task(self, order):
        left = order._get_returnable()
        arrivals = [
            line.product_id.sudo(False)._get_return_scan_facts(
                line.product_uom_id._compute_quantity(facts["left"], line.product_id.uom_id),
                line._get_out_moves().lot_ids.mapped("name"),
            )
            for line, facts in left.items()
            if facts["left"] > 0
        ]
        if not arrivals:
            raise UserError(self.env._("Nothing of %s can come back.", order.name))
        return {
            "model": "sale.order",
            "id": order.id,
            "name": order.name,
            "partner": order.partner_id.display_name or "",
            "state": self.env._("Without notice"),
            "note": "",
            "words": "",
            "photos": [],
            "is_blind": True,
            "order": order.name,
            "arrivals": arrivals,
            "goods": [],
            "step": "receive",
        }
