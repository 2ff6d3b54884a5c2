from odoo import api, models
from odoo.exceptions import UserError

#: So many proposals are sent with their transfers at first; the others when they come into view.
FULL = 24


class PickingPlan(models.TransientModel):
    """What the Plan Picking screen asks for: a frame at once, a first plan, then a better one."""

    _inherit = "picking.plan"

    @api.model
    def open_plan(self, template_id=False, strategy=False, warehouse_id=False):
        """Begin a plan: what the screen shows before anything is planned.

        :param int template_id: a wave template; False takes the first one
        :param str strategy: instead of the template's
        :param int warehouse_id: whose first template is taken
        :return: as every method here: what the screen shows, as plain values
        :raise UserError: there is no template
        """
        Template = self.env["picking.wave.template"]
        domain = [("company_id", "in", self.env.companies.ids)]
        if warehouse_id:
            domain.append(("warehouse_id", "=", warehouse_id))
        template = Template.browse(template_id).exists() or Template.search(domain, limit=1)
        if not template:
            raise UserError(
                self.env._("Create a wave template first: Configuration, Wave Templates.")
            )
        vals = {"template_id": template.id}
        if strategy:
            vals["strategy"] = strategy
        plan = self.create(vals)
        if plan.strategy == "zone" and template.picking_type_id.code == "outgoing":
            plan.strategy = template.strategy
        open_count = self.env["stock.picking"].search_count(template._get_open_domain())
        mine = [("template_id", "=", template.id), ("create_uid", "=", self.env.uid)]
        running = self._search_running(mine)[:1]
        frame = {"stage": "open", "open": open_count, "running_id": running.id}
        return plan._get_frame() | frame

    def first_plan(self):
        """Plan what is open as well as can be done at once."""
        self.ensure_one()
        self._check_open()
        self._make_first_plan()
        is_final = not self.template_id.seconds or not self.proposal_ids
        return self._get_screen("best" if is_final else "first")

    def better_plan(self, revision):
        """Think longer about a plan that nobody has changed.

        :param int revision: of the plan that the screen shows
        :return: what the screen shows then; False where it stays as it is
        """
        self.ensure_one()
        is_new = self.revision == revision and self.proposal_ids and not self.is_applied
        if not is_new or not self._improve_plan():
            return False
        return self._get_screen()

    def move_transfer(self, transfer_id, proposal_id=False):
        """Move a transfer into another proposal, or into a new one."""
        self.ensure_one()
        self._check_open()
        self.revision += 1
        transfer = self.transfer_ids.filtered(lambda row: row.id == transfer_id)
        source = transfer.proposal_id
        target = self.proposal_ids.filtered(lambda row: row.id == proposal_id)
        if not target:
            last = max(self.proposal_ids.mapped("sequence"), default=0)
            target = self.proposal_ids.create({"plan_id": self.id, "sequence": last + 1})
        transfer.proposal_id = target
        (source - target).filtered(lambda row: not row.transfer_ids).unlink()
        changed = source.exists() | target
        changed._update()
        return self._get_screen(changed=changed)

    def assign_picker(self, proposal_id, user_id):
        """Give a proposal to a picker of the template, or to nobody.

        :raise UserError: the picker lacks a skill that it needs
        """
        self.ensure_one()
        self._check_open()
        self.revision += 1
        proposal = self.proposal_ids.filtered(lambda row: row.id == proposal_id)
        user = self.template_id.picker_ids.filtered(lambda user: user.id == user_id)
        if missing := proposal.transfer_ids.skill_ids._get_missing(user):
            raise UserError(
                self.env._(
                    "%(user)s can't pick this: %(skills)s.",
                    user=user.name,
                    skills=", ".join(missing.mapped("name")),
                )
            )
        proposal.user_id = user
        return self._get_screen(changed=proposal)

    def get_cards(self, proposal_ids):
        """Some proposals with their transfers, as they come into view."""
        self.ensure_one()
        proposals = self.proposal_ids.filtered(lambda row: row.id in proposal_ids)
        return proposals._get_cards(proposals)

    def get_drawing(self, proposal_id):
        """The walk of one proposal as SVG; empty where nobody knows it."""
        self.ensure_one()
        proposal = self.proposal_ids.filtered(lambda row: row.id == proposal_id)
        return proposal._draw() if proposal else ""

    def _get_screen(self, stage="best", changed=None):
        """All that the screen shows.

        :param str stage: ``first``: a better plan may be found; ``best``: this is it
        :param changed: proposals that are sent with their transfers wherever they are
        """
        self.ensure_one()
        proposals = self.proposal_ids.sorted("sequence")
        full = proposals[:FULL] | changed if changed else proposals[:FULL]
        return self._get_frame() | {
            "stage": stage,
            "is_measured": self.is_measured,
            "totals": {
                "transfers": sum(proposals.mapped("orders")),
                "batches": len(proposals),
                "lines": sum(proposals.mapped("lines")),
                "metres": self.metres,
                "metres_odoo": self.metres_odoo,
                "saving_odoo": self.saving_odoo,
                "minutes": sum(proposals.mapped("minutes")),
                "late": sum(proposals.mapped("late")),
            },
            "notes": self.notes or [],
            "proposals": proposals._get_cards(full),
        }

    def _get_frame(self):
        """What the screen shows around the proposals."""
        template = self.template_id
        busy = template._get_picker_loads() if template.picker_ids else {}
        templates = template.search([("company_id", "in", self.env.companies.ids)])
        strategies = dict(self._fields["strategy"]._description_selection(self.env))
        if template.picking_type_id.code == "outgoing":
            del strategies["zone"]
        uom = self.env["product.template"]._get_weight_uom_name_from_ir_config_parameter()
        return {
            "id": self.id,
            "revision": self.revision,
            "template_id": template.id,
            "templates": [{"id": one.id, "name": one.display_name} for one in templates],
            "warehouse": template.warehouse_id.display_name,
            "strategy": self.strategy,
            "strategies": [{"id": key, "name": name} for key, name in strategies.items()],
            "pickers": [
                {"id": user.id, "name": user.name, "busy": busy[user]}
                for user in template.picker_ids
            ],
            "weight_uom": uom,
            "notes": [],
            "proposals": [],
        }
