# Karo's finder on Ctrl-R in zsh: the command that is chosen comes to the line and is not run.
#
# `karo shell init zsh --ctrl-r` prints the array __karo_finder in front of this text: see finder.bash. As in
# karo.zsh, all of it is handed to `emulate zsh -c`, and functions have no variables.
if [[ -o interactive && -o zle ]] && builtin zmodload zsh/zle 2>/dev/null; then
  builtin typeset -g __karo_found
  __karo_find() {
    if __karo_found=$(KARO_LINE=${BUFFER[1,1000]} builtin command "$__karo_finder[@]" </dev/tty); then
      if [[ -n $__karo_found ]]; then
        BUFFER=$__karo_found
        CURSOR=$#BUFFER
      fi
      __karo_found=
      builtin zle .redisplay
    else
      __karo_found=
      # Why was printed by the program; the prompt comes anew below.
      builtin zle -I
      builtin zle history-incremental-search-backward
    fi
  }
  builtin zle -N __karo_find
  builtin bindkey -M emacs '^R' __karo_find
  builtin bindkey -M viins '^R' __karo_find
  builtin bindkey -M vicmd '^R' __karo_find
fi
:
