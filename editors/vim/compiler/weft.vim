" `:compiler weft` and `:make`: checks the project, or the file where there is no weft.toml, and lists what is found.

if exists('current_compiler')
  finish
endif
let current_compiler = 'weft'

let s:words = empty(findfile('weft.toml', '.;')) ? ' check --color=never $* %:S' : ' check --color=never $*'
execute 'CompilerSet makeprg=' . escape(weft#Program() . s:words, ' \|"')
execute 'CompilerSet errorformat=' . escape(weft#ErrorFormat(), ' \|"')
unlet s:words
