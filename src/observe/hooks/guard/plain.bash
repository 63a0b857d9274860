# Decides in bash itself which lines the guard need not ask about, and finds what the words of the others mean. It comes before guard.bash, which says what the arrays are.
if [[ ${__karo[@]-} ]]; then
  # Whether $1 is plain: tools without rules, and signs that no shell expands; several of them with " | " in between.
  __karo_guard_plain() {
    ((${#1} < __karo_given[plain_length])) && [[ $1 != *[!A-Za-z0-9_./:,@%^+=\ \|-]* ]] || return 1
    # Other signs may expand the history.
    [[ -z ${histchars-} || $histchars == '!^'* ]] || return 1
    local own= text= file rest=$1 part
    for file in "${__karo_rules[@]}"; do
      # A rule in these files may prohibit any tool.
      if [[ -e $file ]]; then
        text=
        IFS= builtin read -r -d '' -n 262144 text <"$file"
        own+=$text
      fi
    done
    [[ $own != *\\* && $own != *\"\"\"* && $own != *\'\'\'* ]] || return 1
    if [[ $own == *[*?]* ]]; then
      # A glob whose first word has such a sign is about tools of any name.
      local - IFS=$' \t\n'
      set -f
      for part in $own; do [[ $part != *[\"\']*[*?]* ]] || return 1; done
    fi
    while :; do
      part=${rest%%' | '*}
      __karo_guard_simple "${part#"${part%%[! ]*}"}" || return 1
      [[ $part != "$rest" ]] || return 0
      rest=${rest#*' | '}
    done
  }

  # Whether the one command $1 is plain; own is the text of the rules files.
  __karo_guard_simple() {
    [[ $1 == [A-Za-z0-9_]* && $1 != *\|* ]] || return 1
    local word=${1%% *} text= seen=' ' words=$1
    # A tool without rules may run another command that stands behind it.
    [[ $1 != *[\ /=]@(${__karo_given[carried]})\ * ]] || return 1
    while :; do
      [[ $word != *[!A-Za-z0-9_+-]* && ( -z $own || $own != *"$word"* ) ]] || return 1
      if [[ ${__karo_ruled[$word]+x} && $word$seen == git\  && $1\  == git\ @(${__karo_given[git]})\ * ]]; then
        # Of git there are rules, but none about these commands of it.
        [[ ! ${BASH_ALIASES[git]+x} ]] || return 1
        break
      fi
      [[ ! ${__karo_ruled[$word]+x} ]] || return 1
      if [[ ! ${BASH_ALIASES[$word]+x} || $seen == *" $word "* ]]; then break; fi
      text=${BASH_ALIASES[$word]} seen+="$word "
      [[ $text == [A-Za-z0-9_]* && $text != *[!A-Za-z0-9_./:,@%^+=\ -]* && $text != *' ' ]] || return 1
      word=${text%% *} words+=" $text"
    done
    # Any tool that is not known only to read may write to a file that matters.
    if [[ ! ${__karo_reads[$word]+x} ]]; then
      [[ $words != *@(${__karo_given[own]})* && $PWD/ != */@(${__karo_given[places]})/* ]] || return 1
      if [[ ${__karo_writers[$word]+x} || $words == *\ @(${__karo_given[outputs]})* ]]; then
        [[ $words != *@(${__karo_given[system]})* && $PWD/ != @(${__karo_given[roots]})/* ]] || return 1
      fi
    fi
    ! declare -F -- "$word" >/dev/null
  }

  # Sets names to what aliases and functions among the words of $1 stand for, and those in their texts. What has no room
  # is there as unread.
  __karo_guard_names() {
    local word text kind list=() i=0 IFS=$' \t\n' ends=$' \t\n;|&()<>\x60\x27"\\\\$'
    local -A known=()
    set -f
    list=(${1//[$ends]/ })
    for ((i = 0; i < ${#list[@]}; ++i)); do
      word=${list[i]}
      [[ $word != [@*] && ! ${known[x$word]+x} ]] || continue
      if ((${#known[@]} >= __karo_given[most_words])); then
        names+=unread$'\x1f*\x1f\x1e'
        break
      fi
      known[x$word]=1
      # A quoted word is no alias, but may be a function; so may a word in the text of an alias of the same name.
      for kind in alias function; do
        if [[ $kind == alias ]]; then
          [[ ${BASH_ALIASES[$word]+x} ]] || continue
          text=${BASH_ALIASES[$word]}
        else
          declare -F -- "$word" >/dev/null || continue
          text=
          ((${#names} >= __karo_given[most_defined])) || text=$(declare -f -- "$word")
        fi
        if ((${#names} + ${#text} >= __karo_given[most_defined])); then
          names+=unread$'\x1f'$word$'\x1f\x1e'
        else
          names+=$kind$'\x1f'$word$'\x1f'$text$'\x1e'
          list+=(${text//[$ends]/ })
        fi
      done
    done
  }
fi
