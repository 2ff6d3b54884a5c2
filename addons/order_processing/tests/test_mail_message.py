from odoo.tests import TransactionCase, tagged

from odoo.addons.order_processing.models.mail_message import DocumentReference


@tagged("post_install", "-at_install")
class TestMailMessage(TransactionCase):
    """A document in memory learns of its new messages, whatever is skipped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = cls.env["res.partner"].create([{"name": "A"}, {"name": "B"}])

    def _note(self, partner, body):
        return self.env["mail.message"].create(
            {"model": "res.partner", "res_id": partner.id, "body": body}
        )

    def test_messages_that_were_read_before(self):
        before = self.first.message_ids
        note = self._note(self.first, "New")
        self.assertEqual(self.first.message_ids, before | note)
        self.assertNotIn(note, self.second.message_ids)

    def test_messages_that_were_not(self):
        self.env.flush_all()
        self.env.invalidate_all()
        note = self._note(self.first, "New")
        self.assertIn(note, self.first.message_ids)

    def test_messages_of_many_documents(self):
        self.first.message_ids  # noqa: B018 - reads one of them
        notes = self.env["mail.message"].create(
            [
                {"model": "res.partner", "res_id": partner.id, "body": "New"}
                for partner in self.first | self.second
            ]
        )
        self.assertIn(notes[0], self.first.message_ids)
        self.assertIn(notes[1], self.second.message_ids)

    def test_a_document_not_saved_yet(self):
        draft = self.env["res.partner"].new({"name": "Draft"})
        note = self.env["mail.message"].new({"model": "res.partner", "res_id": draft.id})
        self.assertFalse(note.id)
        self.assertIsInstance(self.env["mail.message"]._fields["res_id"], DocumentReference)
