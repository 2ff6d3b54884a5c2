from odoo import api, fields, models
from odoo.tools import SQL, format_list


class OrderDutyReport(models.Model):
    """Conflicts of duties there are: in what people may do now, and in what they did on orders."""

    _name = "order.duty.report"
    _description = "Conflicts of Duties"
    _auto = False
    _order = "scope, user_id, conflict_id"
    _rec_name = "conflict_id"

    scope = fields.Selection(
        [("right", "Standing rights"), ("document", "On one order")], readonly=True
    )
    user_id = fields.Many2one("res.users", readonly=True)
    conflict_id = fields.Many2one("order.duty.conflict", readonly=True)
    severity = fields.Selection([("warn", "Tell"), ("prevent", "Refuse")], readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    date = fields.Datetime(string="Since", readonly=True, help="When the second duty was done.")
    exception_id = fields.Many2one("order.duty.exception", string="Excepted By", readonly=True)
    why = fields.Char(
        compute="_compute_why", compute_sudo=True, help="The groups, or the acts, it comes from."
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH RECURSIVE implied AS (
                SELECT id AS gid, id AS hid FROM res_groups
                 UNION
                SELECT implied.gid, rel.hid
                  FROM implied JOIN res_groups_implied_rel rel ON rel.gid = implied.hid
            ), rights AS (
                SELECT DISTINCT u.id AS user_id, duty.id AS duty_id
                  FROM res_users u
                  JOIN res_groups_users_rel member ON member.uid = u.id
                  JOIN implied ON implied.gid = member.gid
                  JOIN order_duty_res_groups_rel gives ON gives.res_groups_id = implied.hid
                  JOIN order_duty duty ON duty.id = gives.order_duty_id
                 WHERE u.active AND NOT u.share
            ), acts AS (
                SELECT e.order_id, e.user_id, duty.id AS duty_id, MIN(e.date) AS date
                  FROM order_event e JOIN order_duty duty ON duty.code = e.duty
                 WHERE e.order_id IS NOT NULL
              GROUP BY e.order_id, e.user_id, duty.id
                 UNION ALL
                SELECT o.id, o.create_uid, duty.id, o.create_date
                  FROM sale_order o JOIN order_duty duty ON duty.code = 'enter'
                 WHERE o.create_uid != %(superuser)s AND o.event_sequence > 0
            ), found AS (
                SELECT 'right' AS scope, a.user_id, c.id AS conflict_id, c.severity,
                       rel.cid AS company_id, NULL::integer AS order_id, NULL::timestamp AS date
                  FROM order_duty_conflict c
                  JOIN rights a ON a.duty_id = c.first_id
                  JOIN rights b ON b.duty_id = c.second_id AND b.user_id = a.user_id
                  JOIN res_company_users_rel rel ON rel.user_id = a.user_id
                 WHERE c.active AND c.as_right
                 UNION ALL
                SELECT 'document', a.user_id, c.id, c.severity, o.company_id, o.id,
                       MAX(GREATEST(a.date, b.date))
                  FROM order_duty_conflict c
                  JOIN acts a ON a.duty_id = c.first_id
                  JOIN acts b ON b.duty_id = c.second_id AND b.user_id = a.user_id
                             AND b.order_id = a.order_id
                  JOIN sale_order o ON o.id = a.order_id
                 WHERE c.active AND c.on_document
              GROUP BY a.user_id, c.id, c.severity, o.company_id, o.id
            )
            SELECT ROW_NUMBER() OVER (ORDER BY scope, user_id, conflict_id, company_id, order_id)
                       AS id,
                   found.*,
                   (SELECT MIN(x.id) FROM order_duty_exception x
                     WHERE x.user_id = found.user_id AND x.conflict_id = found.conflict_id
                       AND x.company_id = found.company_id
                       AND COALESCE(found.date::date, CURRENT_DATE)
                           BETWEEN x.date_from AND x.date_to) AS exception_id
              FROM found
            """,
            superuser=1,
        )

    @api.depends("scope", "conflict_id")
    def _compute_why(self):
        for line in self:
            duties = line.conflict_id.first_id | line.conflict_id.second_id
            if line.scope == "right":
                groups = duties.group_ids & line.user_id.all_group_ids
                line.why = format_list(self.env, groups.mapped("full_name"))
                continue
            codes = duties.mapped("code")
            acts = [
                event.summary
                for event in line.order_id.event_ids
                if event.user_id == line.user_id and event.duty in codes
            ]
            if "enter" in codes and line.order_id.create_uid == line.user_id:
                acts.insert(0, self.env._("Entered the order"))
            line.why = " • ".join(acts)

    def action_open_order(self):
        """Open the order both was done on."""
        self.ensure_one()
        return self.order_id._get_records_action() if self.order_id else False
