from collections import defaultdict
from dataclasses import asdict, replace

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine.intake import change as engine
from ..engine.intake import resolve
from ..engine.intake.canonical import ERROR, HOLD, WARNING, Finding
from ..flow import BY_CHANNEL, STEP_RANK
from .order_channel_receive import copy_ref

#: What a shop says of its order once we have shipped it: no change.
ECHOES = {"already_shipped", "partly_shipped"}


class ChangeRefused(Exception):
    """A change can't be applied; carries the findings that say why."""

    def __init__(self, findings):
        super().__init__()
        self.findings = findings


class OrderIntake(models.Model):
    """Documents about an order that was taken in before: shown as differences, applied or held."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.intake"

    is_change = fields.Boolean(
        readonly=True, help="The document changes or cancels an order that came before."
    )
    original_ref = fields.Char(
        readonly=True, index="btree_not_null", help="Reference of the order it is about."
    )
    differences = fields.Json(readonly=True)
    # sanitize=False: every value in it is escaped by Markup.
    difference_table = fields.Html(
        compute="_compute_difference_table", sanitize=False, string="Changes"
    )

    @api.depends("differences")
    @api.depends_context("lang")
    def _compute_difference_table(self):
        words = self._get_difference_words()
        for intake in self:
            rows = Markup().join(
                Markup("<tr><td>%s</td><td>%s</td><td>%s</td><td><b>%s</b></td></tr>")
                % (words.get(each["kind"], each["kind"]), each["what"], each["old"], each["new"])
                for each in intake.differences or []
            )
            head = Markup("<tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr>") % (
                self.env._("What"),
                self.env._("Line"),
                self.env._("Before"),
                self.env._("Now"),
            )
            intake.difference_table = rows and Markup(
                '<table class="table table-sm"><thead>%s</thead><tbody>%s</tbody></table>'
            ) % (head, rows)

    @api.model
    def _get_difference_words(self):
        return {
            "line_added": self.env._("Line added"),
            "line_removed": self.env._("Line removed"),
            "product": self.env._("Product"),
            "quantity": self.env._("Quantity"),
            "price": self.env._("Unit price"),
            "line_discount": self.env._("Line discount"),
            "unit": self.env._("Unit"),
            "line_date": self.env._("Line asked for by"),
            "charge": self.env._("Charge"),
            "discount": self.env._("Discount"),
            "tax": self.env._("Tax"),
            "total": self.env._("Total"),
            "shipping": self.env._("Delivery address"),
            "billing": self.env._("Invoice address"),
            "delivery": self.env._("Receiver"),
            "date": self.env._("Asked for by"),
            "note": self.env._("Note"),
            "po_number": self.env._("Customer's number"),
            "terms": self.env._("Payment terms"),
            "customer": self.env._("Customer"),
            "currency": self.env._("Currency"),
            "payment": self.env._("Payment"),
            "cancel": self.env._("Cancellation"),
        }

    def _describe_differences(self):
        """The differences in one line, for an event or hold."""
        self.ensure_one()
        words = self._get_difference_words()
        shown = [
            f"{words.get(each['kind'], each['kind'])} {each['what']}: {each['old']} → {each['new']}"
            for each in self.differences or []
        ]
        more = f" (+{len(shown) - 5})" if len(shown) > 5 else ""
        return "; ".join(" ".join(text.split()) for text in shown[:5])[:400] + more

    # === BUSINESS === #

    def _process_changes(self, channel, results):
        """Apply each of these changes, or say why it waits for a person.

        What they need is gathered once for all; several of one order follow one another.

        :param dict results: what was read, by intake
        """
        changes = self.sorted("id")
        changes._find_originals(channel)
        current = changes._read_current(channel)
        facts = changes._gather_change_facts(channel._as_acting_user(), results, current)
        for intake in changes:
            result, seen = results[intake], {}
            try:
                with self.env.cr.savepoint():
                    intake._process_change(channel, result, seen, current, facts)
                continue
            except ChangeRefused as refused:
                findings = [*result.findings, *refused.findings]
            except UserError as error:
                findings = [*result.findings, Finding("refused", args={"detail": str(error)})]
            except Exception as error:
                intake._reject_all(channel, error)
                continue
            intake.write(seen)
            # What keeps an order from release keeps a change from being applied.
            intake._refuse_change(
                channel, [replace(f, severity=ERROR) if f.severity == HOLD else f for f in findings]
            )
        changed = changes.filtered(
            lambda intake: intake.state == "accepted" and intake.differences
        ).order_id
        orders = changed.with_env(channel._as_acting_user().env).with_context(
            order_event_source=BY_CHANNEL
        )
        self._release_orders(orders.filtered(lambda sale: sale.state in ("draft", "sent")))

    def _process_change(self, channel, result, seen, current, facts):
        """Apply one change.

        :param dict seen: gets what is worth keeping when the change is refused
        :param dict current: the orders as they are, by the intakes they came with; kept up to date
        :param facts: ``engine.intake.resolve.Facts`` of all of them
        :raise ChangeRefused: it can't be applied, or not without a person
        """
        self.ensure_one()
        self._check_original(channel)
        seen["original_id"] = self.original_id.id
        acting = channel._as_acting_user()
        sale = acting.env["sale.order"].browse(self.original_id.order_id.id)
        codes = {finding.code for finding in result.errors}
        cancels = "order_cancelled" in codes or (result.change and result.change.kind == "cancel")
        if cancels:
            seen["differences"] = [{"kind": "cancel", "what": "", "old": sale.name, "new": ""}]
        elif codes and codes <= ECHOES:
            self._conclude_same(sale, result.findings)
            return
        elif result.errors:
            raise ChangeRefused([])
        if cancels and sale.state == "cancel":
            self.differences = seen["differences"]
            self._conclude_change(sale, result.findings)
            return
        old = new = current[self.original_id]
        if not cancels:
            new = self._get_new_order(old, acting, result)
            found = engine.differences(old, new)
            if not found:
                self._conclude_same(sale, result.findings)
                return
            seen["differences"] = [asdict(each) for each in found]
        self.differences = seen["differences"]
        if not cancels and any(finding.severity == HOLD for finding in result.findings):
            raise ChangeRefused([])
        kinds = set() if cancels else {each.kind for each in found}
        # That it was paid is news of any order, however far it is.
        obstacle = kinds != {"payment"} and self._get_obstacle(sale)
        if obstacle:
            args = {"order": sale.name, "reason": obstacle}
            raise ChangeRefused([Finding("change_too_late", args=args)])
        if cancels:
            sale.with_context(order_event_source=BY_CHANNEL).action_cancel()
        else:
            self._apply_change(acting, sale, old, new, kinds, facts)
        self._conclude_change(sale, result.findings)
        current[self.original_id] = new

    def _find_originals(self, channel):
        """Find the orders that these documents are about, in one search."""
        lost = self.filtered(lambda intake: not intake.original_id.order_id)
        earlier = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_ref", "in", lost.mapped("original_ref")),
                ("order_id", "!=", False),
            ],
            order="id",
        )
        by_ref = {intake.external_ref: intake for intake in earlier}
        for intake in lost:
            if intake.original_ref in by_ref:
                intake.original_id = by_ref[intake.original_ref]

    def _check_original(self, channel):
        """Make sure that the order this document is about is here.

        :raise ChangeRefused: it isn't, or waits itself
        """
        if self.original_id.order_id:
            return
        domain = [("channel_id", "=", channel.id), ("external_ref", "=", self.original_ref)]
        code = "change_of_waiting" if self.search_count(domain, limit=1) else "change_of_unknown"
        args = {"number": (self.original_ref or "").rpartition("/")[2]}
        raise ChangeRefused([Finding(code, args=args)])

    def _read_current(self, channel):
        """The orders of these changes as the documents accepted so far have them.

        :return: dict intake that an order came with → ``engine.intake.canonical.Order``
        """
        originals = self.original_id.filtered("order_id")
        current = {
            original: channel._complete_order(order)
            for original in originals
            if (order := original._read(channel).order)
        }
        for change in self.search(
            [
                ("original_id", "in", [original.id for original in current]),
                ("is_change", "=", True),
                ("state", "=", "accepted"),
            ],
            order="id",
        ):
            result = change._read(channel)
            if result.order or result.change and result.change.kind == "change":
                order = self._get_new_order(current[change.original_id], channel, result)
                current[change.original_id] = order
        return current

    def _gather_change_facts(self, acting, results, current):
        """What the database knows of everything that the orders and their changes name."""
        orders = list(current.values())
        for intake in self:
            result, old = results[intake], current.get(intake.original_id)
            if old and (result.order or result.change and result.change.kind == "change"):
                orders.append(self._get_new_order(old, acting, result))
        return acting._gather_facts(orders)

    def _read(self, channel):
        return channel._read_document(self.attachment_id.raw or b"")

    @api.model
    def _get_new_order(self, old, channel, result):
        """The order as a document about it wants it."""
        if result.order:
            return channel._complete_order(result.order)
        return engine.apply_change(old, result.change)

    @api.model
    def _get_obstacle(self, sale):
        """Why an order can't be changed by itself any more, in words; nothing if it can."""
        # sudo: what has moved or was billed counts, whoever may see it.
        order = sale.sudo()
        moves = order.picking_ids.move_ids
        if order.state == "cancel":
            return self.env._("it is cancelled.")
        if order.locked:
            return self.env._("it is locked.")
        if order.invoice_ids.filtered(lambda invoice: invoice.state == "posted"):
            return self.env._("it is invoiced.")
        if any(move.state == "done" or move.picked for move in moves) or (
            STEP_RANK.get(order.flow_step, -1) >= STEP_RANK["pick"]
        ):
            return self.env._("it is picked or shipped.")
        return False

    def _apply_change(self, acting, sale, old, new, kinds, facts):
        """Write what differs on the order, through Odoo's own flow.

        :raise ChangeRefused: something in it isn't known, is for people, or doesn't add up
        """
        words = self._get_difference_words()
        if "payment" in kinds:
            sale._set_channel_payments([new])
        if kinds == {"payment"}:
            return
        by_hand = kinds & engine.BY_HAND
        if by_hand:
            what = ", ".join(words[kind].lower() for kind in sorted(by_hand))
            raise ChangeRefused(
                [Finding("change_by_hand", args={"what": what, "order": sale.name})]
            )
        digits = self.env["decimal.precision"].precision_get("Discount")
        before, lost = resolve.resolve(old, facts, acting.tax_policy, digits)
        after, unknown = resolve.resolve(new, facts, acting.tax_policy, digits)
        if before is None or after is None:
            raise ChangeRefused(unknown if after is None else lost)
        vals = self._prepare_change_header(acting, sale, new, after, kinds)
        vals["order_line"] = self._prepare_change_lines(acting, sale, (old, before), (new, after))
        sale.with_context(
            update_delivery_shipping_partner=True, order_event_source=BY_CHANNEL
        ).write(vals)
        # sudo: nobody edits what a channel stated but the channel itself, by a change like this.
        sale.sudo().write(
            {
                "channel_total": float(new.total or 0),
                "channel_total_stated": new.total is not None,
            }
        )
        mismatches = sale._check_channel_totals(new)
        if mismatches:
            raise ChangeRefused(mismatches)
        if new.total is not None:
            sale._note_total_differences([])
        if "note" in kinds and new.note:
            sale.message_post(body=self._prepare_note(new))

    @api.model
    def _prepare_change_header(self, acting, sale, new, resolution, kinds):
        vals = {}
        customer = sale.partner_id
        if kinds & {"shipping", "delivery"}:
            place = resolution.shipping or resolution.billing
            vals["partner_shipping_id"] = (
                resolution.delivery_id or customer._get_order_address("delivery", place).id
            )
        if "billing" in kinds:
            address = customer._get_order_address("invoice", resolution.billing)
            vals["partner_invoice_id"] = address.id
        if "date" in kinds:
            vals["commitment_date"] = acting._get_commitment_date(new)
        if "po_number" in kinds:
            vals["client_order_ref"] = new.po_number or new.number
        return vals

    @api.model
    def _prepare_change_lines(self, acting, sale, before, after):
        """Commands for the lines that differ; the others stay as people may have left them.

        :param before: the order as it was and its resolution; ``after`` likewise
        """
        old = self._plan_by_key(*before)
        new = self._plan_by_key(*after)
        present = defaultdict(list)
        for line in sale.order_line.filtered(lambda line: not line.display_type).sorted(
            lambda line: (-line.product_uom_qty, line.id)
        ):
            present[line.product_id.id, line.channel_line_ref or ""].append(line)
        commands = []
        for key, resolved in old.items():
            lines = present[resolved.product_id, resolved.plan.ref or ""]
            line = lines.pop(0) if lines else None
            wanted = new.get(key)
            if wanted and wanted.product_id != resolved.product_id:
                wanted = None
            if wanted and line:
                was = acting._prepare_line_vals(resolved)
                vals = acting._prepare_line_vals(wanted)
                vals = {name: value for name, value in vals.items() if value != was.get(name)}
                if vals.keys() & {"product_uom_qty", "product_uom_id"} and "price_unit" in was:
                    # Odoo would look the price up anew; what was agreed stays, by hand or not.
                    vals = {"price_unit": line.price_unit, "discount": line.discount} | vals
                if vals:
                    commands.append(Command.update(line.id, vals))
                new.pop(key)
            elif line and sale.state in ("draft", "sent"):
                commands.append(Command.delete(line.id))
            elif line:
                commands.append(Command.update(line.id, {"product_uom_qty": 0.0}))
        created = [Command.create(acting._prepare_line_vals(each)) for each in new.values()]
        return commands + created

    @api.model
    def _plan_by_key(self, order, resolution):
        """Planned lines by a key that finds them in another version of the order."""
        keys, counted, found = engine.line_keys(order.lines), defaultdict(int), {}
        for position, resolved in enumerate(resolution.lines):
            kind = resolved.plan.kind
            counted[kind, resolved.product_id] += 1
            service = (kind, resolved.product_id, counted[kind, resolved.product_id])
            found[keys[position] if kind == "product" else service] = resolved
        return found

    # === CONCLUSIONS === #

    def _conclude_change(self, sale, findings):
        """The order is as the document wants it."""
        notes = [finding for finding in findings if finding.severity == WARNING]
        self.write({"state": "accepted", "order_id": sale.id, **self._prepare_findings_vals(notes)})
        sale._record_event(
            "intake",
            self.env._("Changed by %(channel)s", channel=self.channel_id.name)
            + f": {self._describe_differences()}",
            {
                "intake_id": self.id,
                "sha256": self.payload_sha256,
                "differences": self.differences,
            },
            source="channel",
        )

    def _conclude_same(self, sale, findings):
        """The document says nothing new."""
        same = Finding("same_reference", "", {"order": sale.name}, WARNING)
        notes = [finding for finding in findings if finding.severity == WARNING]
        vals = {"state": "duplicate", **self._prepare_findings_vals([*notes, same])}
        if self.external_ref != copy_ref(self.original_ref, self.payload_sha256):
            # A document of its own number: done, and recognised by that when it comes again.
            vals |= {"state": "accepted", "order_id": sale.id}
        self.write(vals)

    def _refuse_change(self, channel, findings):
        """Leave the change to a person, and keep the order from shipping until then."""
        self._reject(findings)
        sale = self.original_id.order_id.with_env(channel._as_acting_user().env)
        if not sale or sale.state == "cancel":
            return
        sale.with_context(order_event_source=BY_CHANNEL)._place_hold(
            "manual",
            "ship",
            self.env._(
                "The channel changed this order: %(what)s",
                what=self._describe_differences() or (self.error or "").splitlines()[0][:300],
            ),
        )

    @api.model
    def _retry_changes(self, channel, accepted):
        """Process changes that came before the orders they are about.

        :param accepted: intakes that have just become orders
        """
        waiting = self.search(
            [
                ("channel_id", "=", channel.id),
                ("state", "=", "rejected"),
                ("original_ref", "in", accepted.mapped("external_ref")),
            ]
        )
        if waiting:
            waiting.action_process()
