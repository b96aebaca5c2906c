" Weft policies are the files that end in .weft.
autocmd BufNewFile,BufRead *.weft setfiletype weft
