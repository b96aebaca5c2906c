" Two spaces for every open brace, and four more for the rest of a statement, as `weft fmt` has it.

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=WeftIndent(v:lnum)
setlocal indentkeys=0},0),o,O,!^F
setlocal autoindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< autoindent<'

if exists('*WeftIndent')
  finish
endif

" The line without its comment and what stands in texts, so that only braces that mean something are counted.
function! s:Bare(number) abort
  return substitute(substitute(getline(a:number), '"\%([^"\\]\|\\.\)*"', '""', 'g'), '//.*$', '', '')
endfunction

" Lines that go on with the statement above: they begin with a sign, or with a word that begins a clause.
function! s:GoesOn(line) abort
  return a:line =~# '^\s*\%(->\|\~>\|&&\|||\|[,:\\|]\|\%(when\|avoiding\|because\|expires\|requires\|log\)\>\)'
endfunction

function! WeftIndent(number) abort
  let l:above = prevnonblank(a:number - 1)
  while l:above > 0 && s:GoesOn(s:Bare(l:above))
    let l:above = prevnonblank(l:above - 1)
  endwhile
  if l:above == 0
    return 0
  endif
  let l:line = getline(a:number)
  if s:GoesOn(l:line)
    return indent(l:above) + 2 * shiftwidth()
  endif
  let l:bare = s:Bare(l:above)
  let l:depth = count(l:bare, '{') - count(l:bare, '}')
  let l:depth += l:bare =~# '^\s*}' ? 1 : 0
  let l:depth -= l:line =~# '^\s*}' ? 1 : 0
  return max([0, indent(l:above) + l:depth * shiftwidth()])
endfunction
