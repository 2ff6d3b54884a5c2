from . import controllers, models, wizards
from .engine import batching


def post_init_hook(_env):
    batching.warm_up()
from . import controllers, models, report
