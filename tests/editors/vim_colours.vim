" Writes the syntax group of every place that $WEFT_PLACES names: `file line column` a line, to $WEFT_COLOURS.
set nomore
syntax on
let s:out = []
for s:place in readfile($WEFT_PLACES)
  let [s:file, s:line, s:column] = split(s:place)
  if fnamemodify(s:file, ':p') !=# expand('%:p')
    execute 'silent edit!' s:file
  endif
  call add(s:out, synIDattr(synID(str2nr(s:line), str2nr(s:column), 1), 'name'))
endfor
call writefile(s:out, $WEFT_COLOURS)
qall!
