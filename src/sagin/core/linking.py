"""Kernels compiled as parts of those that Python calls: optimised and made machine code once, not at every level.

numba makes a library of each function: what it calls is linked into it, optimised again, turned into machine code and
wrapped for Python, although most kernels are called by other kernels only. Here a kernel that was asked for by another
one stays intermediate code, and the one at the top is optimised once, with all that it calls. The results are the same
to the last bit.

This rests on numba's internals; with a numba newer than those it was tried with, the engine takes `numba.njit`,
which only compiles longer.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding as llvm
from numba.core import codegen, compiler, config, environment, sigutils, typed_passes
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.target_extension import jit_registry, target_registry

_STATE = threading.local()


class Library(codegen.JITCodeLibrary):
    """Code of one kernel. As long as nobody asks for an address it stays intermediate code."""

    def add_linking_library(self, library: Any) -> None:
        """Note what this one calls; numba would make it ready to run first."""
        if not isinstance(library, Library):
            library._ensure_finalized()
        self._linking_libraries.append(library)

    def finalize(self) -> None:
        """Link all that this one calls, at whatever depth, and optimise it as a whole."""
        self._linking_libraries = self._called()
        super().finalize()
        engine: Any = self._codegen
        for variable in self._final_module.global_variables:
            known = environment.lookup_environment(variable.name)
            if known is not None:
                engine.set_env(variable.name, known)

    def _called(self) -> list[Any]:
        """Libraries in a fixed order; what is ready to run holds what it calls."""
        found: dict[Any, None] = {}
        waiting = list(self._linking_libraries)
        for library in waiting:  # which grows
            if library not in found:
                found[library] = None
                if not library._finalized:
                    waiting += library._linking_libraries
        return list(found)

    def _optimize_functions(self, ll_module: Any) -> None:
        """Left to the optimisation of the whole."""
        ll_module.data_layout = self._codegen._data_layout

    def _get_module_for_linking(self) -> Any:
        if self._finalized:
            return super()._get_module_for_linking()
        if self._shared_module is None:
            self._shared_module = self._final_module.clone()
            for function in self._shared_module.functions:
                if not function.is_declaration and function.linkage == llvm.Linkage.external:
                    function.linkage = "linkonce_odr"
        return self._shared_module


class Inner:
    """Stands where the entry for Python would be."""


class Settings(compiler.Flags):
    """numba's flags, compared by what is set: numba asks for each operation whether they are those of before."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values == other._values

    def __hash__(self) -> int:
        return len(self._values)


@register_pass(mutates_CFG=False, analysis_only=True)
class _Enclose(AnalysisPass):
    """Before code is made: it gets neither wrapper nor address."""

    _name = "sagin_enclose"

    def __init__(self) -> None:
        AnalysisPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        state.flags.no_compile = state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        return False


class Pipeline(compiler.Compiler):
    """numba's own, into our libraries."""

    def __init__(
        self, typing: Any, target: Any, library: Any, args: Any, returned: Any, flags: Any, *more: Any
    ) -> None:
        super().__init__(typing, target, library, args, returned, Settings(flags), *more)
        self.inner = getattr(_STATE, "depth", 0) > 1

    def define_pipelines(self) -> list[Any]:
        """Numba's passes; one more where no entry is needed."""
        stages = super().define_pipelines()
        if self.inner:
            stages[0].add_pass_after(_Enclose, typed_passes.AnnotateTypes)
            stages[0].finalize()
        return stages

    def compile_extra(self, func: Any) -> Any:
        """The result, registered for callers under what stands for its entry."""
        target = self.state.targetctx
        library = self.state.library = Library(target.codegen(), func.__qualname__)
        library.enable_object_caching()
        result = super().compile_extra(func)
        if self.inner:
            result = result._replace(entry_point=Inner())
            target.insert_user_function(result.entry_point, result.fndesc, [library])
        return result


class Kernel(CPUDispatcher):
    """A compiled function that has an entry for Python only when Python calls it."""

    def compile(self, sig: Any) -> Any:
        """The entry, or what stands for it while another kernel is being compiled."""
        with global_compiler_lock, _deeper() as depth:
            args = tuple(sigutils.normalize_signature(sig)[0])
            known = self.overloads.get(args)
            if depth == 1 and known is not None and isinstance(known.entry_point, Inner):
                del self.overloads[args]
            return super().compile(sig)

    def add_overload(self, cres: Any) -> None:
        """Python is not told of a kernel that it cannot call."""
        if isinstance(cres.entry_point, Inner):
            self.overloads[tuple(cres.signature.args)] = cres
        else:
            super().add_overload(cres)


@contextmanager
def _deeper() -> Iterator[int]:
    """How deep in kernels the compiler is. Meanwhile the functions that numba itself compiles for them are kernels."""
    depth = _STATE.depth = getattr(_STATE, "depth", 0) + 1
    numbas, collecting = jit_registry[target_registry["cpu"]], gc.isenabled()
    try:
        if depth == 1:
            gc.disable()  # looking through all types and code again and again takes an eighth of the time
            _register(_within(numbas))
        yield depth
    finally:
        _STATE.depth = depth - 1
        if depth == 1:
            _register(numbas)
            if collecting:
                gc.enable()


def _register(jit: Callable[..., Any]) -> None:
    """What numba compiles its own functions with."""
    cpu = target_registry["cpu"]
    jit_registry.pop(cpu)  # it takes no other value in the place of one
    jit_registry[cpu] = jit


def _within(numbas: Callable[..., Any]) -> Callable[..., Any]:
    def jit(*args: Any, **options: Any) -> Any:
        plain = not args and options == {"no_cpython_wrapper": True, "nopython": True}
        return make if plain else numbas(*args, **options)

    return jit


def make(function: Callable[..., Any], **options: Any) -> Any:
    """A kernel with numba's options; the function itself where numba is switched off."""
    if vars(config)["DISABLE_JIT"]:
        return function
    return Kernel(function, targetoptions={"nopython": True, "boundscheck": None, **options}, pipeline_class=Pipeline)
