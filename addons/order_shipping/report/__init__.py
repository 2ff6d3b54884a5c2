from . import report_gs1_label
