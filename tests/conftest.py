import os

os.environ.setdefault("SAGIN_QUIET", "1")  # the compile notice is for people
