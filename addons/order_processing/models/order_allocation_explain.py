from markupsafe import Markup

from odoo import api, models

from ..engine import routing_map


class OrderAllocation(models.Model):
    """Explain: a decision in words, as a table and on a map."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.allocation"

    # === BUSINESS: explanation === #

    @api.model
    def _explanation(self, plan):
        """A plan's reasons as JSON values, with the names of that day."""
        sites = {site for candidate in plan.candidates for site in candidate.sites}
        names = {wh.id: wh.name for wh in self.env["stock.warehouse"].browse(sites)}
        return {
            "exact": plan.exact,
            "total": plan.total,
            "short": plan.short,
            "candidates": [
                {
                    "warehouses": [names[site] for site in candidate.sites],
                    "shipments": candidate.shipments,
                    "filled": candidate.filled,
                    "lost": candidate.lost,
                    "instead": plan.candidates[0].shipments,
                }
                for candidate in plan.candidates
            ],
        }

    def _summary(self):
        """These allocations, of one order, in one line: what leaves from where."""
        waiting = self.filtered(lambda a: a.state == "queued")
        if waiting and waiting == self:
            return self.env._("In the queue: %(why)s", why=waiting[0].queue_reason)
        text = self.env._(
            "Leaves from %(places)s",
            places="; ".join(
                "%s (%s)"
                % (
                    warehouse.name,
                    ", ".join(
                        f"{a.quantity:.10g} × {a.product_id.default_code or a.product_id.name}"
                        for a in allocations
                    ),
                )
                for warehouse, allocations in (self - waiting).grouped("warehouse_id").items()
            ),
        )
        if waiting:
            text += " – " + self.env._(
                "%(quantity)s in the queue: %(why)s",
                quantity=f"{sum(waiting.mapped('quantity')):.10g}",
                why=waiting[0].queue_reason,
            )
        short = sum((self - waiting).mapped("short_quantity"))
        if short:
            text += " – " + self.env._("%(quantity)s on back-order", quantity=f"{short:.10g}")
        return text

    @api.model
    def _explain(self, explanation):
        """An explanation in words, as safe HTML."""
        rows = Markup()
        for candidate in explanation.get("candidates", []):
            rows += Markup(
                "<tr class='%s'><td>%s</td><td>%s</td><td>%s / %s</td><td>%s</td></tr>"
            ) % (
                "" if candidate["lost"] else "table-success fw-bold",
                " + ".join(candidate["warehouses"]),
                candidate["shipments"],
                f"{candidate['filled']:.10g}",
                f"{explanation['total']:.10g}",
                self._verdict(candidate),
            )
        if not rows:
            return self._explain_sites(explanation)
        html = Markup(
            "<table class='table table-sm'><thead><tr><th>%s</th><th>%s</th><th>%s</th>"
            "<th>%s</th></tr></thead><tbody>%s</tbody></table>"
        ) % (
            self.env._("Ship from"),
            self.env._("Shipments"),
            self.env._("In stock"),
            self.env._("Why"),
            rows,
        )
        if explanation.get("short"):
            html += Markup("<p>%s</p>") % self.env._(
                "%(quantity)s in no warehouse: back-ordered at the default warehouse.",
                quantity=f"{explanation['short']:.10g}",
            )
        if not explanation.get("exact", True):
            html += Markup("<p>%s</p>") % self.env._(
                "Many warehouses hold parts of this order: not every combination was compared."
            )
        return html + self._explain_sites(explanation)

    @api.model
    def _explain_sites(self, explanation):
        """Each warehouse's values, what stopped it and what would have changed the choice."""
        sites = explanation.get("sites", [])
        if not sites:
            return Markup()
        rows = Markup().join(
            Markup(
                "<tr class='%s'><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
                "<td>%s</td><td>%s</td></tr>"
            )
            % (
                "table-success fw-bold" if row["chosen"] else "",
                row["name"],
                f"{row['stock']:.10g} / {explanation['total']:.10g}",
                "?" if row["distance"] is None else f"{row['distance']}\u00a0km",
                f"{row['cost']:.2f}",
                self.env._("%(days)s days", days=f"{row['promise']:.10g}"),
                ", ".join(self._filter_text(kind) for kind in row["blocked"]),
                self._change_text(row),
            )
            for row in sites
        )
        heads = Markup().join(
            Markup("<th>%s</th>") % head
            for head in (
                self.env._("Warehouse"),
                self.env._("Has of the order"),
                self.env._("Distance"),
                self.env._("Cost"),
                self.env._("Arrives in"),
                self.env._("Ruled out by"),
                self.env._("Would have been chosen"),
            )
        )
        html = Markup("<table class='table table-sm'><thead><tr>%s</tr></thead>%s</table>") % (
            heads,
            rows,
        )
        return html + self._map(explanation) + self._notes(explanation)

    @api.model
    def _map(self, explanation):
        """The warehouses and the destination on a small map."""
        kinds = {True: "chosen", False: "other"}
        svg = routing_map.draw(
            [
                {
                    "name": row["name"],
                    "at": row["at"],
                    "kind": "blocked" if row["blocked"] else kinds[row["chosen"]],
                }
                for row in explanation["sites"]
            ],
            explanation.get("customer"),
        )
        # The drawing escapes every name itself.
        return Markup("<div class='o_routing_map'>%s</div>") % Markup(svg) if svg else Markup()

    @api.model
    def _notes(self, explanation):
        """What else there is to say about a decision: who decided, and how sure distances are."""
        notes = []
        if explanation.get("rule"):
            notes.append(
                self.env._(
                    "Rule: %(rule)s, version %(version)s (%(hash)s).",
                    rule=explanation["rule"],
                    version=explanation["version"],
                    hash=explanation["hash"][:12],
                )
            )
        if explanation.get("relaxed"):
            notes.append(self.env._("Soft filters were dropped to place it."))
        if explanation.get("joint"):
            notes.append(self.env._("Decided together with the other orders of the run."))
        if explanation.get("reason"):
            notes.append(self._reason_text(explanation["reason"]))
        found = (explanation.get("customer") or {}).get("found")
        if found in ("state", "country"):
            notes.append(
                self.env._("The customer's town isn't known: distances are to the state's middle.")
                if found == "state"
                else self.env._(
                    "Neither the customer's town nor state is known: distances are to the middle of"
                    " the country."
                )
            )
        if not found:
            notes.append(self.env._("The customer's address can't be placed: no distances."))
        return Markup("<p class='text-muted'>%s</p>") % " ".join(notes)

    @api.model
    def _filter_text(self, kind):
        """What a filter that stopped a warehouse looks at."""
        labels = dict(
            self.env["order.routing.filter"]._fields["kind"]._description_selection(self.env)
        )
        labels["cooling"] = self.env._("Rejected before")
        return labels.get(kind, kind)

    @api.model
    def _change_text(self, row):
        """What would have made a warehouse the choice."""
        missing = ", ".join(
            f"{quantity:.10g} × {name}" for name, quantity in row["missing"].items()
        )
        return {
            "": "",
            "stock": self.env._("with %(missing)s more", missing=missing),
            "filter": self.env._("without what rules it out"),
            "both": self.env._("with %(missing)s more, without what rules it out", missing=missing),
            "never": self.env._("not even with all the stock"),
        }[row.get("change", "")]

    @api.model
    def _verdict(self, candidate):
        """Why a set of warehouses was chosen, or by what it lost."""
        return {
            None: self.env._("Chosen"),
            "fill": self.env._("Could ship less at once"),
            "shipments": self.env._(
                "%(many)s shipments instead of %(few)s",
                many=candidate["shipments"],
                few=candidate["instead"],
            ),
            "priority": self.env._("Lower priority (order of warehouses)"),
            "distance": self.env._("Farther from the customer"),
            "default": self.env._("Not the default warehouse"),
            "balance": self.env._("Less stock left over"),
            "cost": self.env._("Higher landed cost"),
            "promise": self.env._("Would arrive later"),
            "tie": self.env._("As good; the other comes first"),
        }[candidate["lost"]]
