# keep-code.sh HOME PROGRAM [ARGUMENT ...]: runs what shells, AI tools and people run often, so that the code that V8 compiles of it
# lies beside the program before anybody waits for it. Only whoever owns the program may put it there, and people who use an
# installed one do not. Each run adds to what the ones before it left. Whoever installs names a HOME that does not exist, so that
# no node is asked; of the environment nothing else is handed on, because it may name a node, too.
umask 022
home=$1
shift
set -- env -i PATH="$PATH" HOME="$home" KARO_HOME="$home" KARO_CODE_CACHE=again "$@"
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
