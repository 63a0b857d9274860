# Builds a root that can be thrown away and runs command lines in it, one after another; started by throwaway-root.ts.
# Runs as PID 1 of new mount, PID, network, IPC and UTS namespaces. Arguments: an empty directory to build the root on,
# the tree it starts with, and the user and group id the lines run as. Reads "run\0SHELL\0LINE\0" and "reset\0" on standard
# input and answers each with one line: the exit status.
set -u
root=$1 tree=$2 id=$3
export LC_ALL=C
fail() { printf 'failed: %s\n' "$1"; exit 1; }

# 1. A root in memory: bounded in size and number of files, gone when the last process of the namespace is.
mount -t tmpfs -o size=24m,nr_inodes=8k,nosuid,nodev,mode=755 throwaway "$root" || fail 'mount tmpfs'
cd "$root" || fail cd
mkdir usr proc dev .ro .ro/alternatives .old .kept || fail mkdir
# What is of the host is read-only: programs, and the links that choose between them.
mount --bind /usr usr && mount -o remount,bind,ro,nosuid,nodev usr || fail 'mount /usr'
[ -d /etc/alternatives ] && mount --bind /etc/alternatives .ro/alternatives && mount -o remount,bind,ro,nosuid .ro/alternatives
[ -e /etc/ld.so.cache ] && cp /etc/ld.so.cache .ro/
for name in bin sbin lib lib32 lib64 libx32; do [ -L /$name ] && ln -s "usr/$name" "$name"; done
for name in null zero full random urandom; do
  : >"dev/$name" && mount --bind "/dev/$name" "dev/$name" || fail "mount /dev/$name"
done
ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr
mount -t proc -o ro,nosuid,nodev,noexec proc proc || fail 'mount /proc'
# Lines may own everything that is copied from here, but never this directory itself.
cp -a "$tree/." .kept/ && chown -hR "$id:$id" .kept && chown 0:0 .kept && chmod 700 .kept || fail 'copy the tree'
pivot_root . .old || fail pivot_root
cd / && umount -l .old && rmdir .old || fail 'leave the old root'

# 2. Lines run as an id that owns the tree and nothing else, and that can never get more rights.
tops=$(cd .kept && echo *)
reset_tree() {
  # Three programs for all of them: two for each took longer than what was typed.
  set -- $tops
  chmod -R u+rwx "${@/#//}" 2>/dev/null
  rm -rf --one-file-system "${@/#//}" 2>/dev/null
  (cd .kept && cp -a "$@" /)
}
drop() { exec setpriv --reuid="$id" --regid="$id" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"; }
limits() {
  # Bytes of a file /1024, processes, open files, seconds of processor time, KiB of address space.
  ulimit -c 0 -f 8192 -u 128 -n 128 -t 4 -v 4194304
  printf 1000 >/proc/self/oom_score_adj 2>/dev/null
}
run() {
  local shell=$1 options
  case $shell in
    bash) options=(--noprofile --norc -i) ;;
    zsh) options=(-f -i) ;;
    fish) options=(--no-config) ;;
    *) shell=dash options=() ;;
  esac
  # As typed: on the standard input of a shell that reads line by line, and one more line for what hooks run after it.
  printf '%s\n:\n:\n' "$2" >/.line
  (
    limits
    cd /home/me/src/project 2>/dev/null
    drop env -i HOME=/home/me USER=me LOGNAME=me PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin TERM=dumb \
      LANG=C.UTF-8 SHELL=/bin/bash timeout -s KILL "$3" "$shell" "${options[@]}"
  ) </.line >/dev/null 2>&1
  status=$?
  (drop sh -c 'kill -KILL -1') >/dev/null 2>&1
}

reset_tree || fail 'copy the tree'
exec 2>/dev/null
printf "ready\n"
while IFS= read -r -d '' verb; do
  status=0
  if [ "$verb" = run ]; then
    IFS= read -r -d '' shell && IFS= read -r -d '' seconds && IFS= read -r -d '' line || break
    run "$shell" "$line" "$seconds"
  else
    reset_tree
  fi
  printf '%s\n' "$status"
done
