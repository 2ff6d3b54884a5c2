from . import controllers, models, report, wizards
from .engine import batching


def post_init_hook(_env):
    batching.warm_up()
