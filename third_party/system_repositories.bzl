"""The system's libraries as Bazel repositories, under their usual labels.

Debian packages the libraries that we use. Each becomes a local repository with
the labels that its own Bazel build has, so that a BUILD file of ours reads
`@com_google_absl//absl/status` and would not change if the library came from
its sources some day. The archives are linked statically: a program of ours can
be copied to another folder or machine, and starts without resolving a hundred
shared objects.

Bazel 4.2.3 itself also expects a few repositories (`rules_cc`,
`rules_java`, `remote_coverage_tools`), which it would otherwise download; the least that it
needs of them is here too.
"""

def _generated_repository_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    for path, content in ctx.attr.files.items():
        ctx.file(path, content)
    for path, target in ctx.attr.links.items():
        ctx.symlink(target, path)

_generated_repository = repository_rule(
    implementation = _generated_repository_impl,
    attrs = {
        "files": attr.string_dict(doc = "path in the repository -> content"),
        "links": attr.string_dict(doc = "path in the repository -> absolute path on the system"),
    },
    local = True,
    doc = "A repository made of the given files and links.",
)

# Tests of pages in a browser have these tags. Where there is no browser, they are no part of
# `//...`; `./bazelw test` of one by its name installs it.
def _chromium_repository_impl(ctx):
    tags = ["chromium"] + ([] if ctx.path("/usr/bin/chromium").exists else ["manual"])
    ctx.file("BUILD", "")
    ctx.file("chromium.bzl", "CHROMIUM_TAGS = %r\n" % tags)

_chromium_repository = repository_rule(
    implementation = _chromium_repository_impl,
    local = True,
    doc = "Says whether there is a Chromium.",
)

_PUBLIC = "package(default_visibility = [\"//visibility:public\"])\n"

def _cc_library(name, deps = [], linkopts = []):
    """A cc_library whose headers are in the system's include path."""
    return "cc_library(name = %r, linkopts = %r, deps = %r)\n" % (name, linkopts, deps)

def _static(archives):
    """Links `archives`, in any order among themselves, statically."""
    return (["-Wl,--start-group"] +
            ["-l:lib%s.a" % archive for archive in archives] +
            ["-Wl,--end-group", "-pthread"])

# Abseil's packages and the targets of each that we use. A target here stands for
# its headers: all of them link the same archives (_ABSL_ARCHIVES), of which the
# linker takes what is used.
_ABSL_TARGETS = {
    "absl/algorithm": ["container"],
    "absl/base": ["core_headers"],
    "absl/cleanup": ["cleanup"],
    "absl/container": ["flat_hash_map", "flat_hash_set"],
    "absl/flags": ["commandlineflag", "config", "flag", "marshalling", "parse", "reflection", "usage"],
    "absl/functional": ["any_invocable", "function_ref"],
    "absl/memory": ["memory"],
    "absl/status": ["status", "statusor"],
    "absl/strings": ["str_format", "strings"],
    "absl/time": ["time"],
    "absl/types": ["optional", "span"],
}

_ABSL_ARCHIVES = ["absl_" + archive for archive in [
    "bad_optional_access",
    "bad_variant_access",
    "base",
    "city",
    "civil_time",
    "cord",
    "cord_internal",
    "cordz_functions",
    "cordz_handle",
    "cordz_info",
    "debugging_internal",
    "demangle_internal",
    "exponential_biased",
    "flags_commandlineflag",
    "flags_commandlineflag_internal",
    "flags_config",
    "flags_internal",
    "flags_marshalling",
    "flags_parse",
    "flags_private_handle_accessor",
    "flags_program_name",
    "flags_reflection",
    "flags_usage",
    "flags_usage_internal",
    "graphcycles_internal",
    "hash",
    "hashtablez_sampler",
    "int128",
    "log_severity",
    "low_level_hash",
    "malloc_internal",
    "raw_hash_set",
    "raw_logging_internal",
    "spinlock_wait",
    "stacktrace",
    "status",
    "statusor",
    "str_format_internal",
    "strerror",
    "strings",
    "strings_internal",
    "symbolize",
    "synchronization",
    "throw_delegate",
    "time",
    "time_zone",
]]

def _absl_files():
    files = {"BUILD": _PUBLIC + _cc_library("archives", linkopts = _static(_ABSL_ARCHIVES))}
    for package, targets in _ABSL_TARGETS.items():
        files[package + "/BUILD"] = _PUBLIC + "".join(
            [_cc_library(target, deps = ["//:archives"]) for target in targets],
        )
    return files

_PROTOBUF_BUILD = _PUBLIC + _cc_library("protobuf", linkopts = _static(["protobuf", "z"])) + """
exports_files(["protoc"])

# What schemas with options of their own import. Its C++ is in the library already.
proto_library(
    name = "descriptor_proto",
    srcs = ["google/protobuf/descriptor.proto"],
)

proto_lang_toolchain(
    name = "cc_toolchain",
    blacklisted_protos = [":descriptor_proto"],
    command_line = "--cpp_out=$(OUT)",
    runtime = ":protobuf",
)
"""

_GOOGLETEST_BUILD = (
    _PUBLIC +
    _cc_library("gtest", linkopts = _static(["gmock", "gtest"])) +
    _cc_library("gtest_main", deps = [":gtest"], linkopts = ["-l:libgmock_main.a"])
)

# A shared library: Debian has no other, and no program that is given away needs it.
_BENCHMARK_BUILD = (
    _PUBLIC +
    _cc_library("benchmark", linkopts = ["-lbenchmark", "-pthread"]) +
    _cc_library("benchmark_main", deps = [":benchmark"], linkopts = ["-l:libbenchmark_main.a"])
)

# A shared library as well, which brings a protobuf of its own under the same names, another
# version than ours. Neither may get the other's functions: ours come first where a program
# is linked, and a version script hides them from the library.
_SENTENCEPIECE_BUILD = _PUBLIC + _cc_library(
    "sentencepiece",
    deps = ["hide_protobuf.lds"],
    linkopts = _static(["protobuf", "z"]) + [
        "-Wl,--version-script=$(location hide_protobuf.lds)",
        "-lsentencepiece_train",
        "-lsentencepiece",
    ],
)

_HIDE_PROTOBUF = "{ local: _Z*6google8protobuf*; };\n"

def _native_rules(rules):
    """A .bzl file that hands on Bazel's native rules of these names."""
    return "".join(["%s = native.%s\n" % (rule, rule) for rule in rules])

# What @bazel_tools loads from rules_cc and rules_java: native rules and an alias.
_RULES_CC_FILES = {
    "cc/BUILD": _PUBLIC + """
alias(name = "toolchain_type", actual = "@bazel_tools//tools/cpp:toolchain_type")
""",
    "cc/defs.bzl": _native_rules([
        "cc_binary",
        "cc_import",
        "cc_library",
        "cc_proto_library",
        "cc_test",
        "cc_toolchain",
        "cc_toolchain_suite",
        "objc_library",
    ]),
}

_RULES_JAVA_FILES = {
    "java/BUILD": _PUBLIC,
    "java/defs.bzl": _native_rules(["java_binary", "java_import", "java_runtime", "java_toolchain"]),
}

_COVERAGE_TOOLS_BUILD = _PUBLIC + "filegroup(name = \"coverage_report_generator\")\n"

def system_repositories():
    """Declares every repository that the workspace uses."""
    _chromium_repository(name = "chromium")
    _generated_repository(name = "com_google_absl", files = _absl_files())
    _generated_repository(
        name = "com_google_protobuf",
        files = {"BUILD": _PROTOBUF_BUILD},
        links = {
            "google/protobuf/descriptor.proto": "/usr/include/google/protobuf/descriptor.proto",
            "protoc": "/usr/bin/protoc",
        },
    )
    _generated_repository(name = "com_google_googletest", files = {"BUILD": _GOOGLETEST_BUILD})
    _generated_repository(name = "com_github_google_benchmark", files = {"BUILD": _BENCHMARK_BUILD})
    _generated_repository(
        name = "com_github_google_sentencepiece",
        files = {"BUILD": _SENTENCEPIECE_BUILD, "hide_protobuf.lds": _HIDE_PROTOBUF},
    )
    _generated_repository(name = "rules_cc", files = _RULES_CC_FILES)
    _generated_repository(name = "rules_java", files = _RULES_JAVA_FILES)
    _generated_repository(name = "remote_coverage_tools", files = {"BUILD": _COVERAGE_TOOLS_BUILD})
