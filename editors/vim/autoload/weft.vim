" What the filetype plugin of Weft policies calls.

" The program: `let g:weft_path = '/opt/weft/bin/weft'` where it is not on the PATH.
function! weft#Program() abort
  return get(g:, 'weft_path', 'weft')
endfunction

" Puts the buffer into the one layout of `weft fmt`, or fills the quickfix list and leaves it alone.
function! weft#Format() abort
  let l:messages = tempname()
  let l:text = join(getline(1, '$'), "\n") . "\n"
  let l:formatted = systemlist(shellescape(weft#Program()) . ' fmt - 2>' . shellescape(l:messages), l:text)
  if v:shell_error != 0
    let l:told = map(readfile(l:messages), {_, line -> substitute(line, '--> \zs<stdin>\|--> \zs-\ze:', escape(expand('%:p'), '\&~'), '')})
    call setqflist([], ' ', {'lines': l:told, 'efm': weft#ErrorFormat(), 'title': 'weft fmt'})
    call delete(l:messages)
    echohl ErrorMsg | echomsg 'weft fmt: the text has mistakes, see :copen' | echohl None
    return 0
  endif
  call delete(l:messages)
  if l:formatted !=# getline(1, '$')
    let l:view = winsaveview()
    call setline(1, l:formatted)
    call deletebufline('%', len(l:formatted) + 1, '$')
    call winrestview(l:view)
  endif
  return 1
endfunction

" A message is `error W1006: …` and the line below it `--> file:line:column`; what follows explains.
function! weft#ErrorFormat() abort
  return '%Eerror W%n: %m,%Wwarning W%n: %m,%Inote W%n: %m,%Z%*[ ]--> %f:%l:%c,%-G%.%#'
endfunction
