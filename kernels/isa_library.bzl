"""One file of kernels, compiled for one instruction set."""

_AVX512 = ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"]

# Instruction set -> compiler options. The only place that names them.
_ISA_COPTS = {
    "scalar": [],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": _AVX512,
    "avx512vnni": _AVX512 + ["-mavx512vnni"],
}

# A file for a wide instruction set may include the compiler's intrinsics and plain
# data only: an inline function of any other header, compiled here, could be the
# copy that the linker keeps for the whole program, and a CPU without the
# instructions would crash in it. A test of the object file sees to it.
def isa_library(name, srcs, hdrs, isa = "scalar", table = None, table_header = ":kernel_table"):
    """A cc_library of `srcs` that fills a kernel table for `isa`.

    Args:
      name: the target's name.
      srcs: the .cc file.
      hdrs: what it includes beside the header of its table.
      isa: a key of _ISA_COPTS.
      table: the name of the table, the only symbol that the linker may see; where it
        is given, a test `<name>_symbols_test` looks.
      table_header: the library that declares the table.
    """
    native.cc_library(
        name = name,
        srcs = srcs,
        copts = _ISA_COPTS[isa] + ["-O3"],
        textual_hdrs = hdrs,
        deps = [table_header],
    )
    if table:
        native.filegroup(
            name = name + "_archive",
            srcs = [":" + name],
            output_group = "archive",
        )
        native.sh_test(
            name = name + "_symbols_test",
            size = "small",
            srcs = ["isa_symbols_test.sh"],
            args = [table, "$(location :%s_archive)" % name],
            data = [":%s_archive" % name],
        )
