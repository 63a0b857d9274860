# Karo's finder in bash, on Ctrl-R, on Up or on both: the command that is chosen comes to the line, and runs only where
# the setting finder.enter says so.
#
# `karo shell init bash --ctrl-r --up` prints two arrays in front of this text: __karo_finder, the program that finds,
# and __karo_finder_keys. The program gets the line in its environment, because arguments of a process are everybody's
# to read; 1000 characters of it, because nobody looks for more. The program's first line of output says what to do
# with the rest: "edit" or "run". Where the program fails, it says why at the terminal, and the key does what it does
# in bash itself.
#
# As with the guard, one key becomes two, and handlers use backquotes instead of $(…): see guard.bash.
if [[ $- == *i* && $SHELLOPTS =~ (^|:)(emacs|vi)(:|$) && -z ${BLE_VERSION-} ]]; then
  __karo_found() {
    KARO_LINE=${READLINE_LINE:0:1000} KARO_SESSION=${__karo_id-} KARO_CHOOSE=1 KARO_KEY=$1 \
      builtin command "${__karo_finder[@]}"
  }
  # $1 is the key, $2 what it does without the finder; $3 is $_, which ends as it was.
  __karo_find() {
    local _karo_found _karo_then='redraw-current-line' _karo_map
    if [[ $1 == up && ${__karo_gone-} ]]; then
      # The guard dropped this line, which the finder does not know.
      _karo_then=$2
    elif _karo_found=`__karo_found "$1"`; then
      if [[ $_karo_found == *$'\n'* ]]; then
        READLINE_LINE=${_karo_found#*$'\n'}
        READLINE_POINT=${#READLINE_LINE}
        # As a key, so that the guard judges the line as any other.
        [[ $_karo_found != run$'\n'* ]] || _karo_then='"\C-m"'
      fi
    else
      _karo_then=$2
    fi
    for _karo_map in emacs vi-insert vi-command; do builtin bind -m "$_karo_map" "\"\C-x\C-zs\": $_karo_then"; done
  }
  # Not in a function of its own: a person's start file may bind the key anew behind it.
  for __karo_map in emacs vi-insert vi-command; do
    builtin bind -m "$__karo_map" -x '"\C-x\C-zf": __karo_find ctrl-r reverse-search-history "$_" || : "$_"'
    builtin bind -m "$__karo_map" -x '"\C-x\C-zu": __karo_find up previous-history "$_" || : "$_"'
    builtin bind -m "$__karo_map" '"\C-x\C-zs": redraw-current-line'
    [[ " ${__karo_finder_keys[*]} " != *" ctrl-r "* ]] || builtin bind -m "$__karo_map" '"\C-r": "\C-x\C-zf\C-x\C-zs"'
    if [[ " ${__karo_finder_keys[*]} " == *" up "* ]]; then
      builtin bind -m "$__karo_map" '"\e[A": "\C-x\C-zu\C-x\C-zs"'
      builtin bind -m "$__karo_map" '"\eOA": "\C-x\C-zu\C-x\C-zs"'
    fi
  done
  unset -v __karo_map
fi
