" Weft policies: comments, layout as `weft fmt` has it, and :WeftFormat.

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:// commentstring=//\ %s formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2 textwidth=120
setlocal suffixesadd=.weft include=^\\s*import
setlocal iskeyword+=-

if exists('g:loaded_matchit') && !exists('b:match_words')
  let b:match_words = '(:),{:}'
endif

if !exists('current_compiler')
  compiler weft
endif

" Gives the text its one layout. Text that cannot be parsed stays as it is, and the mistakes go to the quickfix list.
command! -buffer -bar WeftFormat call weft#Format()

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< expandtab< shiftwidth< softtabstop< textwidth<'
      \ . ' suffixesadd< include< iskeyword< makeprg< errorformat< | delcommand -buffer WeftFormat | unlet! b:match_words'
