# Karo's finder in zsh, on Ctrl-R, on Up or on both.
#
# `karo shell init zsh --ctrl-r --up` prints the arrays __karo_finder and __karo_finder_keys in front of this text: see
# finder.bash. As in karo.zsh, all of it is handed to `emulate zsh -c`, and functions have no variables.
if [[ -o interactive && -o zle ]] && builtin zmodload zsh/zle 2>/dev/null; then
  builtin typeset -g __karo_found
  # $1 is the key, $2 what it does without the finder.
  __karo_find_on() {
    if __karo_found=$(KARO_LINE=${BUFFER[1,1000]} KARO_SESSION=$__karo[id] KARO_CHOOSE=1 KARO_KEY=$1 \
        builtin command "$__karo_finder[@]" </dev/tty); then
      builtin zle .redisplay
      if [[ $__karo_found == *$'\n'* ]]; then
        BUFFER=${__karo_found#*$'\n'}
        CURSOR=$#BUFFER
        # Not the widget of zsh itself, so that the guard judges the line as any other.
        if [[ $__karo_found == run$'\n'* ]]; then
          __karo_found=
          builtin zle accept-line
          return
        fi
        builtin zle .redisplay
      fi
      __karo_found=
    else
      __karo_found=
      # Why was printed by the program; the prompt comes anew below.
      builtin zle -I
      builtin zle $2
    fi
  }
  __karo_find() { __karo_find_on ctrl-r history-incremental-search-backward }
  __karo_find_up() {
    # Within a line of several rows, and for a line that the guard dropped.
    if [[ $LBUFFER == *$'\n'* || -n ${__karo_gone-} ]]; then builtin zle .up-line-or-history; else __karo_find_on up up-line-or-history; fi
  }
  builtin zle -N __karo_find
  builtin zle -N __karo_find_up
  if (( $__karo_finder_keys[(Ie)ctrl-r] )); then
    for __karo_found in emacs viins vicmd; do builtin bindkey -M $__karo_found '^R' __karo_find; done
  fi
  if (( $__karo_finder_keys[(Ie)up] )); then
    for __karo_found in emacs viins vicmd; do
      builtin bindkey -M $__karo_found '^[[A' __karo_find_up
      builtin bindkey -M $__karo_found '^[OA' __karo_find_up
    done
  fi
  __karo_found=
fi
:
