"""What carriers have in common that want a token with each call. No ``odoo`` import."""

from .base import NetworkCarrier
from .transport import OAuth, Transport


class OAuthCarrier(NetworkCarrier):
    """A carrier of one account, called with the token its client credentials give."""

    def __init__(self, account):
        self.account = account
        self.transport = Transport(
            account.base_url, (account.client_id, account.client_secret, account.number)
        )
        self.http = OAuth(self.transport, account, self._fetch_token)

    def _fetch_token(self):
        answer = self._ask_token()
        return answer["access_token"], float(answer.get("expires_in") or 3600)

    def _ask_token(self):
        """The carrier's answer to the client credentials, as a dict."""
        raise NotImplementedError

    def check(self):
        """Prove the credentials by having a new token made."""
        self.http.token.forget()
        self.http.token.get()
