// The files of the default model, as they are, for default_model.cc. An assembler takes them
// in at once, where a compiler would read megabytes of numbers.
        .section .rodata
        .balign 64
        .globl llama2_default_checkpoint
llama2_default_checkpoint:
        .incbin "models/stories1M.bin"
        .globl llama2_default_checkpoint_end
llama2_default_checkpoint_end:

        .balign 64
        .globl llama2_default_tokenizer
llama2_default_tokenizer:
        .incbin "models/tok2048.bin"
        .globl llama2_default_tokenizer_end
llama2_default_tokenizer_end:

        .section .note.GNU-stack, "", %progbits
