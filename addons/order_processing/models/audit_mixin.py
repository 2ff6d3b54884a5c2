from odoo import api, models, tools
from odoo.tools import format_list


class OrderAuditMixin(models.AbstractModel):
    """Changes of some fields are told in the audit log, before and after.

    A model inherits this and names its fields in ``_audited``. What belongs to an order goes to
    the order's log (:meth:`_audit_order`), anything else to the log of its company.
    """

    _name = "order.audit.mixin"
    _description = "Audited Record"

    #: Names of the fields whose changes are told.
    _audited = ()
    #: Field name → duty of whoever changes it; ``*`` for the others, creating and deleting.
    _audit_duties = {}

    @api.model_create_multi
    def create(self, vals_list):
        """Tell what was added, where additions count."""
        records = super().create(vals_list)
        told = records.filtered(lambda record: record._audit_wanted("create"))
        told._audit_append(
            {record: {n: (None, v) for n, v in record._audit_values().items()} for record in told},
            lambda record, text: self.env._(
                "%(what)s added: %(values)s", what=record._audit_title(), values=text
            ),
        )
        return records

    def write(self, vals):
        """Tell what changed, before and after, what Odoo computes anew because of it included."""
        names = self._audit_names(frozenset(vals))
        if not names:
            return super().write(vals)
        told = self.filtered(lambda record: record._audit_wanted("write"))
        before = {record: record._audit_values(names) for record in told}
        res = super().write(vals)
        changes = {}
        for record in told:
            after = record._audit_values(names)
            changes[record] = {
                name: (before[record][name], after[name])
                for name in names
                if before[record][name] != after[name]
            }
        told._audit_append(
            changes,
            lambda record, text: f"{record._audit_title()}: {text}",
            # a price that follows a quantity is nobody's change of prices
            lambda changed: [name for name in changed if name in vals] or changed,
        )
        return res

    def unlink(self):
        """Tell what was removed, with its last values."""
        told = self.filtered(lambda record: record._audit_wanted("unlink"))
        told._audit_append(
            {record: {n: (v, None) for n, v in record._audit_values().items()} for record in told},
            lambda record, text: self.env._(
                "%(what)s removed: %(values)s", what=record._audit_title(), values=text
            ),
        )
        return super().unlink()

    # === hooks === #

    def _audit_order(self):
        """The order whose log tells of this record; none: the company's."""
        return self.env["sale.order"]

    def _audit_company(self):
        """The company in whose log this record's changes are told, when no order's."""
        return ("company_id" in self._fields and self.company_id) or self.env.company

    def _audit_wanted(self, operation):
        """Whether ``operation`` (create, write or unlink) on this record is told."""
        return True

    def _audit_title(self):
        """What this record is called in the log."""
        return f"{self.env['ir.model']._get(self._name).name} {self.display_name}"

    def _audit_details(self):
        """Further JSON values to keep with each event."""
        return {}

    # === business === #

    @api.model
    @tools.ormcache("written")
    def _audit_names(self, written):
        """The audited fields that change when some are written: those, and what follows them.

        :param frozenset written: names of the fields written
        :return: tuple of names, in the order of ``_audited``
        """
        names = set(written)
        for name in written & self._fields.keys():
            names.update(
                field.name
                for field in self.pool.get_dependent_fields(self._fields[name])
                if field.model_name == self._name and field.store
            )
        return tuple(name for name in self._audited if name in names)

    def _audit_values(self, names=None):
        """The audited values of this record as people read them: dict name → JSON value."""
        self.ensure_one()
        # sudo: the log is written whatever of the record its user may read.
        record = self.sudo()
        values = {}
        for name in names or self._audited:
            field, value = record._fields[name], record[name]
            if field.relational:
                value = format_list(self.env, value.mapped("display_name")) if value else None
            elif field.type == "boolean":
                value = bool(value)
            elif field.type in ("date", "datetime"):
                value = str(value) if value else None
            elif value is False:
                value = None
            values[name] = value
        return values

    def _audit_append(self, changes, text, done=list):
        """Append one event per record that has changes.

        :param changes: dict record → dict field name → (before, after)
        :param text: function of the record and its changes in words: the event's summary
        :param done: function of the names changed: those somebody changed himself
        """
        source = self.env["sale.order"]._event_source()
        rows = []
        for record, changed in changes.items():
            if not changed:
                continue
            order = record.sudo()._audit_order()
            rows.append(
                {
                    **({"order": order} if order else {"company": record.sudo()._audit_company()}),
                    "step": "change",
                    "summary": text(record.sudo(), record._audit_text(changed)),
                    "details": {
                        "model": record._name,
                        "id": record.id,
                        "changes": {
                            name: {"before": before, "after": after}
                            for name, (before, after) in changed.items()
                        },
                        **record.sudo()._audit_details(),
                    },
                    "source": source,
                    "duty": record._audit_duty(done(changed)),
                }
            )
        if rows:
            self.env["order.event"]._append(rows)

    def _audit_text(self, changed):
        """Changes in words: ``Price: 10 → 12; …``; of an empty side only the other is told."""
        parts = []
        for name, (before, after) in changed.items():
            label = self._fields[name]._description_string(self.env)
            shown = [
                self._audit_shown(name, value)
                for value in (before, after)
                if value not in (None, "")
            ]
            if before is None and after is None:
                continue
            if before not in (None, "") and after in (None, ""):
                shown.append("–")
            parts.append(f"{label}: {' → '.join(shown)}")
        return "; ".join(parts)

    def _audit_shown(self, name, value):
        """One value in words."""
        if isinstance(value, bool):
            return self.env._("yes") if value else self.env._("no")
        if self._fields[name].type == "selection":
            return dict(self._fields[name]._description_selection(self.env)).get(value, value)
        return str(value)

    def _audit_duty(self, names):
        """The duty of whoever changed the fields of these names."""
        for name in names:
            if name in self._audit_duties:
                return self._audit_duties[name]
        return self._audit_duties.get("*")
