from odoo import api, models
from odoo.exceptions import AccessError, UserError


class PickingScan(models.Model):
    """The returns desk: what arrived is counted by scan, and inspected by scan."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "picking.scan"

    @api.model
    def _get_scope(self, model, record_id):
        """Extend: the receipts of a return, or the deliveries of an order of which some came back.

        :raise UserError: there is no such return or order
        """
        if model not in ("shipping.return", "sale.order"):
            return super()._get_scope(model, record_id)
        self._check_may_scan()
        # sudo: pickers may not read orders; what they may see of them is checked next.
        record = self.env[model].sudo().browse(record_id if type(record_id) is int else 0).exists()
        if not record:
            raise UserError(self.env._("It was deleted meanwhile. Scan another one."))
        if record.company_id not in self.env.companies:
            raise AccessError(self.env._("This return is another company's."))
        if model == "shipping.return":
            record.sudo(False).check_access("write")
            record._expect_blind()
        if not record.picking_ids:
            raise UserError(
                self.env._("%s isn't approved: put it aside and ask the office.", record.name)
            )
        pickings = record.picking_ids.sudo(False)
        pickings.check_access("write")
        return pickings

    @api.model
    def _get_touched(self, pickings, operations):
        """Extend: of two desks with one return, the second waits."""
        if any(operation["kind"] in ("arrive", "inspect") for operation in operations):
            return pickings
        return super()._get_touched(pickings, operations)

    @api.model
    def _do_arrive(self, pickings, operation):
        """Receive what was counted; goods without notice get their return first."""
        counts = self._get_counts(operation)
        if not counts:
            return {}, self._refuse("empty", self.env._("Scan what has come first."))
        back = self._get_return(pickings, operation)
        if not back:
            order = pickings.sale_id.sudo().filtered(lambda o: o.id == operation.get("order"))
            if not order:
                return {}, self._refuse("gone", self.env._("It was changed meanwhile: reload."))
            back = self.env["shipping.return"]._start_blind(order, counts)
        receipts = back._receive_counted(counts, is_rest_coming=operation.get("rest") == "later")
        count = sum(sum(by_lot.values()) for by_lot in counts.values())
        vals = {"picking_id": receipts[:1].id, "return_id": back.id}
        return vals | {"code": back.name, "quantity": count}, self._accept(
            self.env._("%(name)s: %(count)s received.", name=back.name, count=f"{count:g}"),
            back=back.id,
        )

    @api.model
    def _do_inspect(self, pickings, operation):
        """Give goods that arrived their outcome and move them there."""
        back = self._get_return(pickings, operation)
        if not back:
            return {}, self._refuse("gone", self.env._("It was changed meanwhile: reload."))
        found = self._get_found(back, operation)
        if not found:
            return {}, self._refuse("empty", self.env._("Say first what becomes of the goods."))
        back._inspect_counted(found)
        vals = {"picking_id": back._get_arrivals().ids[0], "return_id": back.id, "code": back.name}
        return vals | {"quantity": sum(each["quantity"] for each in found)}, self._accept(
            self.env._("%s is inspected.", back.name), back=back.id
        )

    @api.model
    def _get_return(self, pickings, operation):
        """The return that an operation is about; empty if it isn't one of these transfers'."""
        return pickings.shipping_return_id.filtered(
            lambda back: back.id == operation.get("back")
        ).sudo(False)

    @api.model
    def _get_counts(self, operation):
        """What the screen counted: dict product → dict of lot's name → quantity in its unit."""
        counts = {}
        for entry in operation.get("contents") or []:
            number = entry.get("product")
            product = self.env["product.product"].browse(number if type(number) is int else 0)
            quantity = self._get_quantity(entry)
            if not product.exists() or product.uom_id.compare(quantity, 0.0) <= 0:
                continue
            by_lot = counts.setdefault(product, {})
            lot = self._get_text(entry, "lot")
            by_lot[lot] = product.uom_id.round(by_lot.get(lot, 0.0) + quantity)
        return counts

    @api.model
    def _get_found(self, back, operation):
        """What the screen found: list of values of inspections."""
        outcomes = self.env["shipping.return.inspection"]._fields["outcome"].get_values(self.env)
        lines = {line.id: line for line in back.line_ids}
        return [
            {
                "line_id": entry["line"],
                "quantity": self._get_quantity(entry),
                "outcome": entry["outcome"],
                "note": self._get_text(entry, "note"),
            }
            for entry in operation.get("contents") or []
            if entry.get("line") in lines
            and entry.get("outcome") in outcomes
            and self._get_quantity(entry) > 0
        ]
