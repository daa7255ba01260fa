#!/bin/sh
# A file that is compiled for a wide instruction set gives the linker one symbol: its
# table. Any other would be an inline function or a template that the linker may keep
# for the whole program, which would then crash on a CPU without the instructions.
#
#   isa_symbols_test.sh TABLE ARCHIVE
expected=_ZN6llama2${#1}${1}E  # llama2::TABLE

# An address, a type in capitals (or weak or unique): what the linker may take. Names
# that begin with __ or DW. are the compiler's own.
found=$(nm "$2" | awk 'NF == 3 && $2 ~ /[A-Zuvw]/ && $3 !~ /^(__|DW\.)/ { print $3 }')

if [ "$found" != "$expected" ]; then
  printf '%s: expected the one symbol %s, found:\n%s\n' "$2" "$expected" "$found"
  exit 1
fi
