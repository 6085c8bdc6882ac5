"""The studio: a network looked at, changed and decided again, in a browser. Needs the extra `sagin[studio]`."""
