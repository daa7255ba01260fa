"""fuzz_test: one function over hostile bytes, as a fuzzer and as an ordinary test."""

def fuzz_test(name, srcs, corpus, deps = [], **kwargs):
    """A test of `int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)`.

    By default an ordinary test: every file of the corpus goes through the function,
    and so do a few thousand mutations of each, the same ones every time
    (fuzz_mutations.h). Under --config=fuzz the same target is a libFuzzer program,
    for a minute or for a night:

        bazel test //tokenizer:tokenizer_bin_fuzz
        bazel test --config=fuzz //...                    # each fuzzer for 30 seconds
        bazel run --config=fuzz //tokenizer:tokenizer_bin_fuzz -- \\
            -max_total_time=3600 -artifact_prefix=/tmp/ /tmp/a_folder_for_new_inputs

    An input that crashes is in bazel-testlogs/, in the test's outputs (fuzz_artifacts.cc).
    It goes into the corpus, where it stays as a regression test.

    Args:
      name: the target's name, by custom foo_fuzz.
      srcs: the file that defines LLVMFuzzerTestOneInput.
      corpus: labels of files, at least one; the whole input is a file's bytes.
      deps: of srcs.
      **kwargs: what else a cc_test takes.
    """
    if not corpus:
        fail("fuzz_test %s: the corpus is empty" % name)
    files = ["$(rootpath %s)" % label for label in corpus]
    native.cc_test(
        name = name,
        srcs = srcs + select({
            "//testing:fuzzing": ["//testing:fuzz_artifacts.cc"],
            "//conditions:default": [],
        }),
        args = select({
            "//testing:fuzzing": ["-max_total_time=30", "-seed_inputs=" + ",".join(files)],
            "//conditions:default": files,
        }),
        data = corpus,
        linkopts = select({
            "//testing:fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        tags = kwargs.pop("tags", []) + ["fuzz"],
        deps = deps + select({
            "//testing:fuzzing": [],
            "//conditions:default": ["//testing:fuzz_replay_main"],
        }),
        **kwargs
    )
