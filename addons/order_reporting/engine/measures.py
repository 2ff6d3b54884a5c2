"""All KPIs in their order, by code, and what reads them: the one place others import from.

Pure Python.
"""

from .measure import NEAR, Measure, Reading, read
from .measures_order import ORDER_MEASURES
from .measures_step import STEP_MEASURES

MEASURES = (*ORDER_MEASURES, *STEP_MEASURES)
BY_CODE = {measure.code: measure for measure in MEASURES}
MODELS = tuple(dict.fromkeys(measure.model for measure in MEASURES))

__all__ = ["BY_CODE", "MEASURES", "MODELS", "NEAR", "Measure", "Reading", "read"]
