#!/bin/sh
# Runs a command whose temporary files lie in memory and not on a disk, where that may be arranged; it is as it was elsewhere.
#   in-memory.sh <command> [arguments]
# Databases, keys and ledgers are written with fsync, so tests of them would wait for the disk for a third of their time. The
# mount is in a namespace of the command's own and goes with its last process.
set -eu

place=${TMPDIR:-/tmp}
root=$(cd "$(dirname "$0")/.." && pwd -P)
# A clone or home in there would be covered.
case " $root/ $(pwd -P)/ ${HOME:-/}/" in *" $place/"*) exec "$@" ;; esac
# Root alone may mount. In KiB: half of the memory is the most that temporary files get, and a run uses a few GiB.
if [ "$(id -u)" = 0 ] && awk '/^MemAvailable:/ { enough = $2 > 12000000 } END { exit !enough }' /proc/meminfo 2>/dev/null &&
  unshare --mount mount -t tmpfs tmpfs "$place" 2>/dev/null; then
  exec unshare --mount sh -c 'mount -t tmpfs -o mode=1777 tmpfs "$0" && exec "$@"' "$place" "$@"
fi
exec "$@"
