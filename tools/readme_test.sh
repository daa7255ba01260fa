#!/bin/bash
# What the texts show is what the programs do: README.md has the lines of tools/example.cc
# between its two marks, and the default model's story; models/README.md has the stories of
# its first seeds.
set -eu
example=$(sed -n '/\[README\]/,/\[README\]/p' tools/example.cc | sed '1d;$d;s/^  //')
[[ -n $example ]] || { echo "tools/example.cc has no lines between its marks"; exit 1; }

# expect_shown FILE TEXT: the file has these lines.
expect_shown() {
  [[ $(<"$1") == *$'\n'"$2"$'\n'* ]] && return
  echo "$1 does not show:"
  echo "$2"
  exit 1
}

expect_shown README.md "$example"
expect_shown README.md "$(tools/run -t 0 --quiet)"
for seed in 1 2 3 4 5; do
  expect_shown models/README.md "$(tools/run -s $seed --quiet | sed 's/^/> /')"
done
