# Decides in bash itself which lines the guard need not ask about, and finds what the words of the others mean. It comes before guard.bash, which says what the arrays are.
if [[ ${__karo[@]-} ]]; then
  # Whether $1 is plain: tools without rules, and signs that no shell expands; several of them with " | " in between.
  __karo_guard_plain() {
    ((${#1} < __karo_given[plain_length])) && [[ $1 != *[!A-Za-z0-9_./:,@%^+=\ \|-]* ]] || return 1
    # Other signs may expand the history.
    [[ -z ${histchars-} || $histchars == '!^'* ]] || return 1
    local _karo_own= _karo_text= _karo_file _karo_rest=$1 _karo_part
    for _karo_file in "${__karo_rules[@]}"; do
      # A rule in these files may prohibit any tool.
      if [[ -e $_karo_file ]]; then
        _karo_text=
        IFS= builtin read -r -d '' -n 262144 _karo_text <"$_karo_file"
        _karo_own+=$_karo_text
      fi
    done
    [[ $_karo_own != *\\* && $_karo_own != *\"\"\"* && $_karo_own != *\'\'\'* ]] || return 1
    if [[ $_karo_own == *[*?]* ]]; then
      # A glob whose first word has such a sign is about tools of any name.
      local - IFS=$' \t\n'
      set -f
      for _karo_part in $_karo_own; do [[ $_karo_part != *[\"\']*[*?]* ]] || return 1; done
    fi
    while :; do
      _karo_part=${_karo_rest%%' | '*}
      __karo_guard_simple "${_karo_part#"${_karo_part%%[! ]*}"}" || return 1
      [[ $_karo_part != "$_karo_rest" ]] || return 0
      _karo_rest=${_karo_rest#*' | '}
    done
  }

  # Whether the one command $1 is plain; _karo_own is the text of the rules files.
  __karo_guard_simple() {
    [[ $1 == [A-Za-z0-9_]* && $1 != *\|* ]] || return 1
    local _karo_word=${1%% *} _karo_text= _karo_seen=' ' _karo_words=$1
    # A tool without rules may run another command that stands behind it.
    [[ $1 != *[\ /=]@(${__karo_given[carried]})\ * ]] || return 1
    while :; do
      [[ $_karo_word != *[!A-Za-z0-9_+-]* && ( -z $_karo_own || $_karo_own != *"$_karo_word"* ) ]] || return 1
      if [[ ${__karo_ruled[$_karo_word]+x} && $_karo_word$_karo_seen == git\  && $1\  == git\ @(${__karo_given[git]})\ * ]]; then
        # Of git there are rules, but none about these commands of it.
        [[ ! ${BASH_ALIASES[git]+x} ]] || return 1
        break
      fi
      [[ ! ${__karo_ruled[$_karo_word]+x} ]] || return 1
      if [[ ! ${BASH_ALIASES[$_karo_word]+x} || $_karo_seen == *" $_karo_word "* ]]; then break; fi
      _karo_text=${BASH_ALIASES[$_karo_word]} _karo_seen+="$_karo_word "
      [[ $_karo_text == [A-Za-z0-9_]* && $_karo_text != *[!A-Za-z0-9_./:,@%^+=\ -]* && $_karo_text != *' ' ]] || return 1
      _karo_word=${_karo_text%% *} _karo_words+=" $_karo_text"
    done
    # Any tool that is not known only to read may write to a file that matters.
    if [[ ! ${__karo_reads[$_karo_word]+x} ]]; then
      [[ $_karo_words != *@(${__karo_given[own]})* && $PWD/ != */@(${__karo_given[places]})/* ]] || return 1
      if [[ ${__karo_writers[$_karo_word]+x} || $_karo_words == *\ @(${__karo_given[outputs]})* ]]; then
        [[ $_karo_words != *@(${__karo_given[system]})* && $PWD/ != @(${__karo_given[roots]})/* ]] || return 1
      fi
    fi
    ! declare -F -- "$_karo_word" >/dev/null
  }

  # Sets _karo_names to what aliases and functions among the words of $1 stand for, and those in their texts. What has no room
  # is there as unread.
  __karo_guard_names() {
    local _karo_word _karo_text _karo_kind _karo_list=() _karo_i=0 IFS=$' \t\n' _karo_ends=$' \t\n;|&()<>\x60\x27"\\\\$'
    local -A _karo_known=()
    set -f
    _karo_list=(${1//[$_karo_ends]/ })
    for ((_karo_i = 0; _karo_i < ${#_karo_list[@]}; ++_karo_i)); do
      _karo_word=${_karo_list[_karo_i]}
      [[ $_karo_word != [@*] && ! ${_karo_known[x$_karo_word]+x} ]] || continue
      if ((${#_karo_known[@]} >= __karo_given[most_words])); then
        _karo_names+=unread$'\x1f*\x1f\x1e'
        break
      fi
      _karo_known[x$_karo_word]=1
      # A quoted word is no alias, but may be a function; so may a word in the text of an alias of the same name.
      for _karo_kind in alias function; do
        if [[ $_karo_kind == alias ]]; then
          [[ ${BASH_ALIASES[$_karo_word]+x} ]] || continue
          _karo_text=${BASH_ALIASES[$_karo_word]}
        else
          declare -F -- "$_karo_word" >/dev/null || continue
          _karo_text=
          ((${#_karo_names} >= __karo_given[most_defined])) || _karo_text=$(declare -f -- "$_karo_word")
        fi
        if ((${#_karo_names} + ${#_karo_text} >= __karo_given[most_defined])); then
          _karo_names+=unread$'\x1f'$_karo_word$'\x1f\x1e'
        else
          _karo_names+=$_karo_kind$'\x1f'$_karo_word$'\x1f'$_karo_text$'\x1e'
          _karo_list+=(${_karo_text//[$_karo_ends]/ })
        fi
      done
    done
  }
fi
