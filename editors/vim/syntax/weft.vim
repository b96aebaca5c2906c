" Vim syntax file
" Language: Weft policies. grammar/Weft.g4 is the exact spelling; tests/editors holds this file to it.

if exists('b:current_syntax')
  finish
endif

let s:saved = &cpoptions
set cpoptions&vim

" Names hold `-`, and keys hold words behind `.` and `/`: `redis-deny`, `ns.group` and `tcp/any` have no words of the
" language in them, but `any->any` has two.
let s:begin = '\%([0-9A-Za-z_./-]\)\@1<!'
let s:end = '\%(-\=\w\)\@!'
let s:name = '\%(\h\w*\%(-\w\+\)*\|`[^`]\+`\)'
" Some words are names wherever a service or an end of an edge is expected.
let s:clause = '\%([,:\\|/>=(!&]\s*\)\@8<!'

function! s:Words(group, words, behind = '', before = '') abort
  execute 'syntax match' a:group '#\C' . a:before . s:begin . '\%(' . join(split(a:words), '\|') . '\)' . s:end . a:behind . '#'
endfunction

" ---- names and literals: what stands below wins over what stands above

execute 'syntax match weftName #' . s:name . '\%(\s*[./]\s*' . s:name . '\)*#'
syntax match weftOperator /->\|\~>\|==\|!=\|&&\|||\|[!=|\\]/
syntax match weftBad /=>\|==>\|-->/
syntax match weftBad /#.*$/
syntax match weftBad /'[^']*'/
syntax region weftBad start=+/\*+ end=+\*/+ oneline
syntax match weftNumber /\%([0-9A-Za-z_.]\)\@1<!-\=\d\+\%(\w\)\@!/
syntax match weftPort /\%(\/\s*\)\@8<=\d\+/
syntax match weftPort /\%(\/\s*\d\+-\)\@16<=\d\+/
syntax match weftDate /\<\d\+-\d\+-\d\+\%(T[0-9A-Za-z:.+]*\)\=/
syntax match weftAddress /\%([0-9A-Za-z_.:]\)\@1<!\d\+\%(\.\d\+\)\+\%(\/\d\+\)\=/
syntax match weftAddress /\%([0-9A-Za-z_.:]\)\@1<!\x\+:\x\+\%(:\x\+\)\+\%(\.\d\+\)*\%(\/\d\+\)\=/
syntax match weftAddress /\%([0-9A-Za-z_.:]\)\@1<!\%(\x\+\%(:\x\+\)*\)\=::\%(\x\+\%(:\x\+\)*\)\=\%(\.\d\+\)*\%(\/\d\+\)\=/
syntax region weftString start=/"/ skip=/\\./ end=/"/ oneline keepend contains=weftEscape,weftBadEscape
syntax match weftString /"\%([^"\\]\|\\.\)*$/ contains=weftEscape,weftBadEscape
syntax match weftBadEscape /\\./ contained
syntax match weftEscape /\\["\\]/ contained
syntax match weftComment /\/\/.*$/ contains=weftTodo,@Spell
syntax keyword weftTodo TODO FIXME XXX contained
execute 'syntax match weftAnnotation /@\s*' . s:name . '/'

" ---- words that mean something in one place

call s:Words('weftType', 'tcp udp sctp icmp icmp6 ip')
call s:Words('weftType', 'string', '', '\%(:\s*\)\@8<=')
call s:Words('weftClause', 'when', '\%(\_s\+\%(source\|destination\)\>\)\@=', s:clause)
call s:Words('weftClause', 'expires', '\%(\_s\+\d\)\@=', s:clause)
call s:Words('weftClause', 'because log', '', s:clause)
call s:Words('weftClause', 'avoiding', '\%(\_s\+\%(==\|!=\|[-~]>\|[:,}]\)\@!\S\)\@=', s:clause)
call s:Words('weftClause', 'inventory', '', '\%(\<in\s\+\)\@8<=')
call s:Words('weftClause', 'requires', '\%(\_s\+' . s:name . '\)\@=', s:clause)
call s:Words('weftClause', 'is', '\%(\_s\+\%(allow\|deny\)\>\)\@=', s:clause)
call s:Words('weftClause', 'by', '\%(\_s\+\%(\%(in\|not\|like\)\>\)\@!["`[:alpha:]_]\)\@=', s:clause)
call s:Words('weftConstant', 'isolation profile own-node self', '', '\%(\<by\s\+\)\@8<=')
call s:Words('weftConstant', 'source destination', '\%(\s*\.\)\@=')
call s:Words('weftConstant', 'source destination', '', '\%(\<at\s\+\)\@8<=')
call s:Words('weftOperatorWord', 'like', '\%(\_s\+["`[:alpha:]_]\)\@=')
call s:Words('weftStatement', 'as', '', '\%()\s*\)\@8<=')

" ---- reserved words

call s:Words('weftClause', 'at to in')
call s:Words('weftOperatorWord', 'not has')
call s:Words('weftOperatorWord', 'in', '\%(\_s*{\)\@=')
call s:Words('weftConstant', 'ingress egress any none workload node world apiserver addr', '\%(\s*\.\s*\%(\h\|`\)\)\@!')
call s:Words('weftRule', 'isolate allow deny pass guard audit')
call s:Words('weftRule', 'never always')
call s:Words('weftStatement', 'import use')
call s:Words('weftStatement', 'profile label group network service tiers template test')

" `profile` names what decided, and parameters have these types.
call s:Words('weftConstant', 'profile', '', '\%(\<by\s\+\)\@8<=')
call s:Words('weftType', 'group network service label tier string', '', '\%(:\s*\)\@8<=')

" The header of a policy, where a few more words have a meaning, to its brace; it also ends where another statement begins.
execute 'syntax region weftHeader matchgroup=weftStatement start=/\C' . s:begin . 'policy' . s:end
      \ . '/ matchgroup=weftBrace end=/{/ matchgroup=NONE end=/\C\ze' . s:begin
      \ . '\%(profile\|label\|group\|network\|service\|tiers\|never\|always\|import\|template\|use\|test\)' . s:end
      \ . '/ contains=weftName,weftOperator,weftNumber,weftAddress,weftString,weftComment,weftOperatorWord,weftConstant,weftSet,weftHeaderWord,weftClause'
syntax region weftSet matchgroup=weftBrace start=/{/ end=/}/ contained contains=weftString,weftName,weftAddress,weftComment
execute 'syntax match weftOperatorWord /\C' . s:begin . 'in\s*\ze{/ contained nextgroup=weftSet'
execute 'syntax match weftConstant /\C' . s:begin . '\%(world\|addr\)\s*\ze{\s*[0-9A-Fa-f:]\+[.:]/ contained nextgroup=weftSet'
call s:Words('weftHeaderWord contained', 'ordered audit for')
call s:Words('weftHeaderWord contained', 'priority', '\%(\_s*-\=\_s*\d\)\@=')
call s:Words('weftHeaderWord contained', 'owner', '\%(\_s*["`[:alpha:]_]\)\@=')

syntax sync minlines=200

highlight default link weftComment Comment
highlight default link weftTodo Todo
highlight default link weftString String
highlight default link weftEscape SpecialChar
highlight default link weftBadEscape Error
highlight default link weftBad Error
highlight default link weftNumber Number
highlight default link weftPort Number
highlight default link weftDate Number
highlight default link weftAddress Number
highlight default link weftOperator Operator
highlight default link weftOperatorWord Keyword
highlight default link weftAnnotation PreProc
highlight default link weftType Type
highlight default link weftConstant Constant
highlight default link weftClause Keyword
highlight default link weftHeaderWord Keyword
highlight default link weftRule Statement
highlight default link weftStatement Structure

let b:current_syntax = 'weft'
let &cpoptions = s:saved
unlet s:saved s:begin s:end s:name s:clause
delfunction s:Words
