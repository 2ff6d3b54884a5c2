"""Set-up of the tests of availability and promises: a calendar, receipts, dates."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command

from .common_flow import FlowCommon

#: Monday, nine in the morning UTC.
MONDAY = datetime(2026, 3, 2, 9)


class PromiseCommon(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.frozen = freeze_time(MONDAY, tick=False)
        cls.frozen.start()
        cls.addClassCleanup(cls.frozen.stop)
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Eight to Five",
                "tz": "UTC",
                "company_id": cls.company.id,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 8,
                            "hour_to": 17,
                            "day_period": "morning",
                        }
                    )
                    for day in range(5)
                ],
            }
        )
        cls.warehouses = cls.main | cls.east | cls.west
        cls.warehouses.resource_calendar_id = cls.calendar
        cls.supplier = cls.env.ref("stock.stock_location_suppliers")
        cls.customer_place = cls.env.ref("stock.stock_location_customers")

    @classmethod
    def _move(cls, product, quantity, days, source, target, uom=None):
        """An open move, ``days`` from now."""
        move = cls.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": (uom or product.uom_id).id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "date": MONDAY + timedelta(days=days),
            }
        )
        move._action_confirm(merge=False)
        move.date = MONDAY + timedelta(days=days)
        return move

    @classmethod
    def _receipt(cls, product, quantity, days, warehouse=None, uom=None):
        place = (warehouse or cls.main).lot_stock_id
        return cls._move(product, quantity, days, cls.supplier, place, uom)

    @classmethod
    def _commitment(cls, product, quantity, days, warehouse=None):
        place = (warehouse or cls.main).lot_stock_id
        return cls._move(product, quantity, days, place, cls.customer_place)

    def _typed(self, *lines, **vals):
        """A quotation of no channel, that leaves from the main warehouse."""
        return self._order(*lines, channel=False, **vals)
