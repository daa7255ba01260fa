#!/bin/bash
# The README shows the lines of tools/example.cc between its two marks, as they are.
set -eu
example=$(sed -n '/\[README\]/,/\[README\]/p' tools/example.cc | sed '1d;$d;s/^  //')
shown=$(sed -n '/^```cpp$/,/^```$/p' README.md | sed '1d;$d')
if [[ $example != "$shown" ]]; then
  echo "README.md does not show what tools/example.cc does:"
  diff <(echo "$example") <(echo "$shown")
  exit 1
fi
[[ -n $example ]] || { echo "tools/example.cc has no lines between its marks"; exit 1; }
