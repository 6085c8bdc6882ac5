"""Sphinx configuration. Warnings are errors, code is executed, reference pages are generated (see `_ext`)."""

import functools
import os
import sys
import tempfile
from pathlib import Path

from nbclient import NotebookClient

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# code cells: the commands of this environment, and no notices meant for people at a terminal
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ.update(SAGIN_QUIET="1", COLUMNS="90", NO_COLOR="1")
# an IPython without anybody's start-up files, and without its notice about local sockets
ipython = tempfile.TemporaryDirectory(prefix="sagin-docs-")
profile = Path(ipython.name) / "profile_default"
profile.mkdir()
(profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
os.environ["IPYTHONDIR"] = ipython.name
# a command's output arrives in pieces; MyST-NB's own merging breaks lines between them, nbclient's does not
NotebookClient.__init__ = functools.partialmethod(NotebookClient.__init__, coalesce_streams=True)

import sagin  # noqa: E402

project = "sagin"
author = "The sagin developers"
copyright = "The sagin developers, Apache-2.0"
version = release = sagin.__version__

extensions = ["myst_nb", "sphinx-mathjax-offline", "sagin_docs"]
exclude_patterns = ["_build", "_ext", "**/.ipynb_checkpoints"]
root_doc = "index"
smartquotes = False  # "--" is an option, not a dash
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 600  # the first cell of a new machine compiles

mathjax3_config = {"options": {"enableMenu": False}}  # MathJax 3, in the site; its menu could load more from outside

html_theme = "pydata_sphinx_theme"
html_title = f"sagin {release}"
html_static_path = ["_static"]
html_css_files = ["sagin.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": [], "tutorial/*": []}
html_theme_options = {
    "logo": {"text": "sagin"},
    "show_toc_level": 2,
    "navigation_depth": 3,
    "collapse_navigation": True,
    "show_nav_level": 1,
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
    "back_to_top_button": False,
}
