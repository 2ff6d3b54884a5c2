from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import scanning

#: Operations sent at once at most; a hand-held sends what it kept in parts of this size.
MAX_OPERATIONS = 200


class PickingScan(models.Model):
    """One operation of a picker or packer, with the answer it got.

    The hand-held gives each operation a number of its own, so that one that is sent again, because
    the answer got lost, gets the first answer and is never done twice. Each screen opened is a
    ``device``, and numbers its operations from 1: none is done before the one before it.

    Nobody may create or write rows (see the access rights): ``push`` does, for pickers.
    """

    _name = "picking.scan"
    _description = "Scan"
    _order = "id desc"
    _rec_name = "code"

    key = fields.Char(required=True, readonly=True, help="Made by the hand-held, once.")
    device = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(required=True, readonly=True, aggregator=None)
    kind = fields.Selection(
        [
            ("pick", "Pick"),
            ("short", "Short"),
            ("undo", "Undo"),
            ("refused", "Refused on the Screen"),
            ("box", "Box"),
            ("unbox", "Unpack"),
            ("arrive", "Return Received"),
            ("inspect", "Return Inspected"),
        ],
        required=True,
        readonly=True,
    )
    picking_id = fields.Many2one(
        "stock.picking", string="Transfer", readonly=True, index=True, ondelete="cascade"
    )
    return_id = fields.Many2one(
        "shipping.return", readonly=True, index="btree_not_null", ondelete="set null"
    )
    batch_id = fields.Many2one(
        "stock.picking.batch", readonly=True, index="btree_not_null", ondelete="set null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    move_line_id = fields.Many2one(
        "stock.move.line", string="Line", readonly=True, index="btree_not_null", ondelete="set null"
    )
    product_id = fields.Many2one("product.product", readonly=True, ondelete="set null")
    location_id = fields.Many2one("stock.location", readonly=True, ondelete="set null")
    package_id = fields.Many2one(
        "stock.package", string="Box", readonly=True, index="btree_not_null", ondelete="set null"
    )
    code = fields.Char(string="Barcode", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    by_hand = fields.Char(readonly=True, help="What was confirmed without a barcode.")
    reason = fields.Char(readonly=True, help="Why it was refused, or why a pick came up short.")
    is_accepted = fields.Boolean(string="Accepted", readonly=True)
    is_undone = fields.Boolean(string="Undone", readonly=True)
    message = fields.Char(readonly=True)
    answer = fields.Json(readonly=True)
    date_scanned = fields.Datetime(
        string="Scanned On", readonly=True, help="By the clock of the hand-held."
    )

    _key_uniq = models.Constraint("UNIQUE (key)", "This operation was done before.")
    _device_sequence_uniq = models.Constraint(
        "UNIQUE (device, sequence)", "This operation was done before."
    )

    # === API: CALLED BY THE SCREENS === #

    @api.model
    def push(self, model, record_id, device, operations):
        """Do what a hand-held recorded, once and in order, and answer each operation.

        An operation done before gets its first answer. One that comes too early, because an
        earlier one is missing, and all after it are left undone. What is refused (a wrong item,
        say) is an answer like any other.

        :param str model: ``stock.picking.batch`` or ``stock.picking``, whose screen it is
        :param int record_id: its id
        :param str device: names the screen that numbered the operations
        :param list operations: dicts with ``key``, ``sequence``, ``kind`` and what that kind needs
        :return: dict with ``answers`` and ``expected``, the number of the next operation, or
            ``busy`` where somebody else is working on the same transfer this very moment
        :raise AccessError: the user is no picker and packer, or it is another company's
        :raise UserError: it isn't in progress, or the operations are no such list
        """
        pickings = self._get_scope(model, record_id)
        self._check_operations(device, operations)
        touched = self._get_touched(pickings, operations)
        locked = touched.try_lock_for_update(allow_referencing=True)
        if locked != touched:
            return {"busy": True, "answers": []}
        # Written, so that whoever sends the same operations meanwhile meets us, not our snapshot.
        touched.write({"date_scanned": fields.Datetime.now()})
        known, expected = self._get_known(device, operations)
        answers = []
        for operation in operations:
            if stored := known.get(operation["key"]):
                answers.append(stored)
            elif operation["sequence"] == expected:
                answers.append(self._do(pickings, device, operation))
                expected += 1
            else:
                break
        return {"answers": answers, "expected": expected}

    # === BUSINESS === #

    @api.model
    def _check_may_scan(self):
        """:raise AccessError: the user is no picker and packer"""
        if not self.env.user.has_group("order_shipping.group_shipping_user"):
            raise AccessError(self.env._("Scanning is for pickers and packers: ask for that role."))

    @api.model
    def _get_scope(self, model, record_id):
        """The transfers of a batch, or the one transfer, that this user may work on.

        :raise UserError: there is no such batch or transfer
        """
        self._check_may_scan()
        if model not in ("stock.picking.batch", "stock.picking") or type(record_id) is not int:
            raise UserError(self.env._("Open a batch or a transfer to scan."))
        record = self.env[model].browse(record_id).exists()
        if not record:
            raise UserError(self.env._("It was deleted meanwhile. Open another one."))
        pickings = record.picking_ids if model == "stock.picking.batch" else record
        record.check_access("read")
        pickings.check_access("write")
        return pickings

    @api.model
    def _check_operations(self, device, operations):
        """:raise UserError: this isn't what the screen sends"""
        kinds = dict(self._fields["kind"].selection)

        def is_operation(operation):
            return (
                isinstance(operation, dict)
                and isinstance(operation.get("key"), str)
                and 8 <= len(operation["key"]) <= 64
                and type(operation.get("sequence")) is int
                and operation.get("kind") in kinds
                and all(
                    type(operation.get(name) or 0) is int
                    for name in ("line", "picking", "package", "type")
                )
                and isinstance(operation.get("by_hand") or [], list)
                and isinstance(operation.get("contents") or [], list)
                and all(isinstance(entry, dict) for entry in operation.get("contents") or [])
            )

        is_good = (
            isinstance(device, str)
            and 8 <= len(device) <= 64
            and isinstance(operations, list)
            and len(operations) <= MAX_OPERATIONS
            and all(is_operation(operation) for operation in operations)
        )
        if not is_good:
            raise UserError(self.env._("These are no scans: reload the screen and scan again."))

    @api.model
    def _get_touched(self, pickings, operations):
        """The transfers that these operations change, to be locked."""
        line_ids = {operation.get("line") for operation in operations}
        picking_ids = {operation.get("picking") for operation in operations}
        return pickings.filtered(
            lambda picking: picking.id in picking_ids or line_ids & set(picking.move_line_ids.ids)
        )

    @api.model
    def _get_known(self, device, operations):
        """Answers given before, by key, and the number of this screen's next operation.

        :raise AccessError: somebody else's operations
        """
        keys = [operation["key"] for operation in operations]
        # sudo: an answer is given again even where the rules no longer show the row.
        known = self.sudo().search([("key", "in", keys)])
        last = self.sudo().search([("device", "=", device)], order="sequence desc", limit=1)
        if (known | last).user_id - self.env.user:
            raise AccessError(self.env._("These scans are somebody else's."))
        return {scan.key: scan.answer for scan in known}, last.sequence + 1

    @api.model
    def _do(self, pickings, device, operation):
        """Do one operation and keep its answer.

        :return: the answer: ``key``, ``accepted``, ``reason``, ``message``, ``lines`` as they are
            now, and ``removed`` ids of lines
        """
        handler = getattr(self, f"_do_{operation['kind']}")
        try:
            with self.env.cr.savepoint():
                vals, outcome = handler(pickings, operation)
        except UserError as error:
            # What Odoo itself forbids is an answer, too: it stops no other operation.
            vals, outcome = {}, self._refuse("error", str(error))
        answer = {
            "key": operation["key"],
            "lines": [],
            "removed": [],
            **outcome,
        }
        line = self.env["stock.move.line"].browse(vals.get("move_line_id"))
        picking = line.picking_id or self.env["stock.picking"].browse(vals.get("picking_id"))
        picking = picking or pickings[:1]
        # sudo: rows are written by this method only, for whoever may scan.
        self.sudo().create(
            {
                "key": operation["key"],
                "device": device,
                "sequence": operation["sequence"],
                "kind": operation["kind"],
                "picking_id": picking.id,
                "batch_id": picking.batch_id.id,
                "company_id": picking.company_id.id,
                "user_id": self.env.uid,
                "product_id": line.product_id.id,
                "location_id": line.location_id.id,
                "code": self._get_text(operation, "item") or self._get_text(operation, "code"),
                "by_hand": ", ".join(self._get_by_hand(operation)),
                "is_accepted": answer["accepted"],
                "reason": answer["reason"],
                "message": answer["message"],
                "answer": answer,
                "date_scanned": self._get_time(operation),
                **vals,
            }
        )
        return answer

    @api.model
    def _do_refused(self, pickings, operation):
        """Keep what the screen refused: how often scanning saved a wrong parcel."""
        line = self._get_line(pickings, operation)
        reason = self._get_text(operation, "reason")
        reason = reason if reason in scanning.REASONS else "wrong_item"
        return self._line_vals(line), self._refuse(reason, self._get_words(reason, line))

    # === BUSINESS: WHAT THE SCREEN SENT === #

    @api.model
    def _get_text(self, operation, name):
        value = operation.get(name)
        return value.strip()[:200] if isinstance(value, str) else ""

    @api.model
    def _get_quantity(self, operation):
        value = operation.get("quantity")
        return float(value) if type(value) in (int, float) and abs(value) < 1e9 else 0.0

    @api.model
    def _get_by_hand(self, operation):
        names = operation.get("by_hand")
        return [name for name in scanning.BY_HAND if name in (names or ())]

    @api.model
    def _get_time(self, operation):
        """The hand-held's own time, unless it makes no sense."""
        now = fields.Datetime.now()
        try:
            when = fields.Datetime.to_datetime(self._get_text(operation, "time")[:19])
        except ValueError:
            when = None
        return when if when and abs((now - when).days) < 31 else now

    @api.model
    def _get_line(self, pickings, operation):
        """The line an operation is about; empty if it isn't (any more) one of these transfers."""
        line = self.env["stock.move.line"].browse(
            operation.get("line") if type(operation.get("line")) is int else False
        )
        line = line.exists()
        return line if line.picking_id in pickings else line.browse()

    @api.model
    def _get_picking(self, pickings, operation):
        """The transfer an operation is about; empty if it isn't one of these."""
        return pickings.filtered(lambda picking: picking.id == operation.get("picking"))

    @api.model
    def _line_vals(self, line):
        return {"move_line_id": line.id, "picking_id": line.picking_id.id} if line else {}

    @api.model
    def _get_plain_reading(self, code):
        return scanning.read(code) if code else None

    @api.model
    def _get_reading(self, code):
        """What a barcode says, by Odoo's GS1 nomenclature where it is a GS1 barcode."""
        if not code:
            return None
        nomenclature = self._get_gs1_nomenclature()
        try:
            parts = nomenclature.gs1_decompose_extended(code) if nomenclature else []
        except (UserError, ValueError):
            parts = []  # a plain barcode
        return scanning.read(code, parts or [])

    @api.model
    def _get_gs1_nomenclature(self):
        """The company's nomenclature if it is GS1's, else the one that Odoo brings."""
        mine = self.env.company.sudo().nomenclature_id
        if mine.is_gs1_nomenclature:
            return mine
        default = "barcodes_gs1_nomenclature.default_gs1_nomenclature"
        return self.env.ref(default, raise_if_not_found=False)

    # === BUSINESS: ANSWERS === #

    @api.model
    def _accept(self, message="", **parts):
        return {"accepted": True, "reason": "", "message": message, **parts}

    @api.model
    def _refuse(self, reason, message, **parts):
        return {"accepted": False, "reason": reason, "message": message, **parts}

    @api.model
    def _get_words(self, reason, line):
        """A refusal in words that say what to do."""
        product = line.product_id.display_name
        lot = line.lot_id.name or ""
        return {
            "done": self.env._("%s is picked already: put it back.", product),
            "wrong_place": self.env._("Wrong place: go to %s.", line.location_id.display_name),
            "wrong_item": self.env._("Wrong item: take %s.", product),
            "no_lot": self.env._("Scan the lot or serial number of %s.", product),
            "wrong_lot": self.env._("This lot isn't here for this order: take %s.", lot),
            "lot_not_free": self.env._("This lot is kept for another order: take %s.", lot),
            "later_lot": self.env._("Take lot %s first: it expires earlier.", lot),
            "no_quantity": self.env._("Enter a quantity above 0."),
            "one_serial": self.env._("Scan each serial number by itself."),
            "too_much": self.env._("Too many: take no more than is asked for."),
            "no_tote": self.env._("Scan the tote of %s.", line.picking_id.name),
            "wrong_tote": self.env._(
                "Wrong tote: use %s.", line.picking_id.tote_id.name or self.env._("an empty one")
            ),
        }.get(reason, reason)
