"""One file of kernels, compiled for one instruction set."""

# Instruction set -> compiler options. The only place that names them.
_ISA_COPTS = {
    "scalar": [],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"],
}

# A file for a wide instruction set may include the compiler's intrinsics and plain
# data only: an inline function of any other header, compiled here, could be the
# copy that the linker keeps for the whole program, and a CPU without the
# instructions would crash in it. A test of the object file sees to it.
def isa_library(name, srcs, hdrs, isa = "scalar", table = None):
    """A cc_library of `srcs` that fills a kernel table for `isa`.

    Args:
      name: the target's name.
      srcs: the .cc file.
      hdrs: what it includes beside kernel_table.h.
      isa: "scalar", "avx2" or "avx512".
      table: the name of the table, the only symbol that the linker may see; where it
        is given, a test `<name>_symbols_test` looks.
    """
    native.cc_library(
        name = name,
        srcs = srcs,
        copts = _ISA_COPTS[isa] + ["-O3"],
        textual_hdrs = hdrs,
        deps = [":kernel_table"],
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
