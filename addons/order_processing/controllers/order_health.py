from odoo import http
from odoo.http import request

from ..engine import access
from ..engine.health import FAIL
from ..models.order_health import PARAMETER
from .common import answer, refuse


class OrderHealthController(http.Controller):
    """How the system is, for monitors."""

    @http.route(
        "/order_processing/health",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def health(self, **_params):
        """Whether the system is well, as JSON.

        Everybody learns that it answers; who shows the monitor's token, or is logged in as an
        administrator, gets every figure. 200 well or worth a look; 401 a wrong token; 429 too many
        of them; 503 something is wrong.
        """
        if not self._wants_in():
            return request.make_json_response({"status": "ok"}, headers=_headers())
        refusal = self._refuse_stranger()
        if refusal:
            return refusal
        found = self._get_health()._to_json()
        return request.make_json_response(
            found, headers=_headers(), status=503 if found["status"] == FAIL else 200
        )

    @http.route(
        "/order_processing/metrics",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def metrics(self, **_params):
        """The same in the text format of Prometheus.

        200 the figures; 401 no token, or a wrong one; 429 too many of them; 501 the library
        prometheus_client isn't installed.
        """
        refusal = self._refuse_stranger()
        if refusal:
            return refusal
        found = self._get_health()._to_metrics()
        if found is None:
            reason = request.env._(
                "Metrics need the Python library prometheus_client: install it and restart Odoo."
            )
            return answer(501, "not_installed", reason)
        headers = _headers() | {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return request.make_response(found, headers=headers)

    # === HELPERS === #

    @staticmethod
    def _wants_in():
        """Whether somebody asks for more than a sign of life."""
        shown = request.httprequest.headers.get("Authorization")
        return bool(shown) or request.env["order.health"]._may_look()

    @staticmethod
    def _refuse_stranger():
        """The answer to who is neither the monitor nor an administrator, if so."""
        shown = request.httprequest.headers.get("Authorization")
        if not shown and request.env["order.health"]._may_look():
            return None
        # sudo: only compared with what was shown.
        token = request.env["ir.config_parameter"].sudo().get_param(f"{PARAMETER}_token")
        return refuse(
            "health",
            lambda: access.is_key(shown, [token] if token else []),
            lambda: answer(
                401,
                "not_signed",
                request.env._(
                    "Show the token made under Order Flow ▸ Configuration ▸ System Health in the"
                    " header “Authorization: Bearer …”."
                ),
                {"WWW-Authenticate": "Bearer"},
            ),
        )

    @staticmethod
    def _get_health():
        # sudo: whoever asks showed the token or is an administrator; numbers only.
        return request.env["order.health"].sudo()


def _headers():
    return {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
