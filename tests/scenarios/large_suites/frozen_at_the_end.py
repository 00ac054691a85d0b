"""A plugin that prints how many objects Python's last garbage collections look through."""

import atexit
import gc

atexit.register(lambda: print(len(gc.get_objects()), gc.get_freeze_count()))
