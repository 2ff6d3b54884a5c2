"""The carrier with a price list instead of a network: it prints its own labels."""

from ..engine import labels
from .base import BOUGHT, REJECTED, Carrier, LabelResult, one_line

INCOMPLETE = "incomplete"
NO_WEIGHT = "no_weight"
UNPRINTABLE = "unprintable"


class TableCarrier(Carrier):
    """Labels with an SSCC as tracking number."""

    is_local = True

    def __init__(self, fonts, words=None):
        """:param labels.Fonts fonts: fonts of the label; :param dict words: translated captions"""
        self.fonts = fonts
        self.words = words

    def buy(self, request):
        """Draw the label, or say what keeps the parcel from arriving."""
        missing = request.recipient.missing(request.needs_zip)
        if missing:
            return LabelResult(REJECTED, code=INCOMPLETE, detail=tuple(missing))
        if request.weight <= 0:
            return LabelResult(REJECTED, code=NO_WEIGHT)
        sheet = labels.LabelSheet(
            sscc=request.tracking_number,
            sender=request.sender.lines(),
            recipient=request.recipient.lines(),
            carrier=one_line(request.carrier),
            service=one_line(request.service),
            references=tuple(map(one_line, request.references)),
            weight=request.weight_text,
            parcel_number=request.parcel_number,
            parcel_count=request.parcel_count,
        )
        texts = (*sheet.sender, *sheet.recipient, sheet.carrier, sheet.service, *sheet.references)
        unknown = labels.unprintable(texts, self.fonts)
        if unknown:
            return LabelResult(REJECTED, code=UNPRINTABLE, detail=(unknown,))
        return LabelResult(
            BOUGHT,
            tracking_number=request.tracking_number,
            document=labels.render(sheet, self.fonts, self.words),
            cost=request.cost,
            currency=request.currency,
        )

    def void(self, tracking_number):
        """Nothing was bought from anybody: a label is void once it's crossed out."""
        return True
