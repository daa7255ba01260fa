"""docs_test: the commands of a page, run."""

def docs_test(page, **kwargs):
    """A test that runs a page's commands and compares what they print.

    Its name is that of the page: //testing/docs:docs/kernels_test.

    Args:
      page: the path of a .md file, from the repository's root.
      **kwargs: what else an sh_test takes.
    """
    package, _, file = page.rpartition("/")
    if page.startswith("docs/"):
        package, file = "docs", page[len("docs/"):]
    label = "//%s:%s" % (package, file)
    native.sh_test(
        name = page[:-len(".md")] + "_test",
        srcs = ["check_page.sh"],
        args = [
            "$(rootpath :check_page)",
            page,
            "$(rootpath :checkout)",
        ],
        data = [
            ":check_page",
            ":checkout",
            label,
        ],
        # cpu: programs whose threads wait for each other.
        tags = ["cpu:2", "docs"],
        **kwargs
    )
