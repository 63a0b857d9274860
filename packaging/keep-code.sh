#!/bin/sh
# keep-code.sh PROGRAM [ARGUMENT ...]: runs what shells, AI tools and people run often, so that the code that V8 compiles of it
# lies beside the program before anybody waits for it. Only whoever owns the program may put it there, and people who use an
# installed one do not. Each run adds to what the ones before it left. Only the build sets KARO_HOME: no node is there otherwise.
umask 022
export KARO_CODE_CACHE=again KARO_HOME="${KARO_HOME:-/nonexistent}"
"$@" --help
"$@" --version
"$@" check "git status && rm -rf '/tmp/x'"
"$@" check ls
echo '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"}}' | "$@" hook claude
"$@" status
"$@" ask 'find files larger than 100 MB in /var'
"$@" explain 'tar -xzf backup.tgz -C /tmp'
"$@" history tar
"$@" stats
