# Karo's finder on Ctrl-R in bash: the command that is chosen comes to the line and is not run.
#
# `karo shell init bash --ctrl-r` prints the array __karo_finder, the program that finds, in front of this text. The
# program gets the line in its environment, because arguments of a process are everybody's to read; 1000 characters
# of it, because nobody looks for more. Where the program fails, it says why at the terminal, and the search of bash
# itself begins.
#
# As with the guard, one key becomes two, and handlers use backquotes instead of $(…): see guard.bash.
if [[ $- == *i* && $SHELLOPTS =~ (^|:)(emacs|vi)(:|$) && -z ${BLE_VERSION-} ]]; then
  __karo_found() {
    KARO_LINE=${READLINE_LINE:0:1000} builtin command "${__karo_finder[@]}"
  }
  # $1 is $_, which ends as it was.
  __karo_find() {
    local found then=redraw-current-line map
    if found=`__karo_found`; then
      if [[ $found ]]; then
        READLINE_LINE=$found READLINE_POINT=${#found}
      fi
    else
      then=reverse-search-history
    fi
    for map in emacs vi-insert vi-command; do builtin bind -m "$map" "\"\C-x\C-zs\": $then"; done
  }
  # Not in a function of its own: a person's start file may bind the key anew behind it.
  for __karo_map in emacs vi-insert vi-command; do
    builtin bind -m "$__karo_map" -x '"\C-x\C-zf": __karo_find "$_" || : "$_"'
    builtin bind -m "$__karo_map" '"\C-x\C-zs": redraw-current-line'
    builtin bind -m "$__karo_map" '"\C-r": "\C-x\C-zf\C-x\C-zs"'
  done
  unset -v __karo_map
fi
