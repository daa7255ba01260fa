"""checkout: what the commands of a page find in the folder in which they run."""

def _checkout_impl(ctx):
    lines = []
    programs = []
    for target, label in ctx.attr.programs.items():
        program = target[DefaultInfo].files_to_run.executable
        programs.append(program)
        lines.append("program %s %s" % (label, program.short_path))
    lines += ["file " + file.short_path for file in ctx.files.files]
    ctx.actions.write(ctx.outputs.list, "\n".join(lines) + "\n")
    runfiles = ctx.runfiles(files = [ctx.outputs.list] + programs + ctx.files.files)
    for target in ctx.attr.programs:
        runfiles = runfiles.merge(target[DefaultInfo].default_runfiles)
    return [DefaultInfo(files = depset([ctx.outputs.list]), runfiles = runfiles)]

_checkout = rule(
    implementation = _checkout_impl,
    attrs = {
        "files": attr.label_list(allow_files = True),
        "programs": attr.label_keyed_string_dict(),
    },
    outputs = {"list": "%{name}.txt"},
    doc = "Writes a list of the programs and files for checkout_folder.h, and brings them along.",
)

def checkout(name, programs, files):
    """What the commands of a page find.

    Args:
      name: the target's; its list is in NAME.txt.
      programs: labels as a page has them behind `bazel run`.
      files: labels of source files, which lie where they do in the repository.
    """
    _checkout(
        name = name,
        testonly = True,
        files = files,
        programs = {label: label for label in programs},
    )
