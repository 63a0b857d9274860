#!/bin/sh
# Runs a script with the Node.js of node_modules, whose binary is compared with runtime.sha256 before it runs for the first time.
#   run.sh <script> [arguments]    run.sh --check    only compares; it is what `npm ci` ends with
# npm knows no checksum of that binary: the package `node` fetches it while it is installed, outside of the lock. A shell
# compares it, because a program that is not what it should be cannot be asked what it is.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
node=$root/node_modules/node/bin/node
# Says which file was compared and found right: the next run then costs one stat(1) instead of half a second.
stamp=$root/node_modules/.karo-runtime

say() { printf '%s\n' "$@" >&2; }

platform() {
  case $(uname -s).$(uname -m) in
    Linux.x86_64) echo linux-x64 ;;
    Linux.aarch64) echo linux-arm64 ;;
    *) uname -sm | tr 'A-Z ' 'a-z-' ;;
  esac
}

# Device, inode, size, times to the nanosecond, and the sum that was expected: whatever changes has it compared again.
state() { echo "$(stat -L -c '%d %i %s %y %z' "$node") $1"; }

# 0: right; 1: another file; 2: nothing is known about this platform.
compare() {
  known=$(awk -v platform="$1" '!/^#/ && $3 == platform { print $1 }' "$here/runtime.sha256")
  if [ -n "$known" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(state "$known")" ]; then return 0; fi
  # Before it is read: a file that changes meanwhile has another state afterwards.
  before=$(state "$known")
  found=$(sha256sum <"$node") || { say "karo: sha256sum is needed to check $node"; exit 1; }
  found=${found%% *}
  [ -n "$known" ] || return 2
  [ "$found" = "$known" ] || return 1
  # A checkout that cannot be written to is compared each time.
  { echo "$before" >"$stamp.$$" && mv -f "$stamp.$$" "$stamp"; } 2>/dev/null || true
}

if [ "${1:-}" = --check ]; then only_check=yes; else only_check=; fi
if [ -e "$node" ]; then
  on=$(platform)
  outcome=0
  compare "$on" || outcome=$?
  case $outcome in
    1)
      say "karo: $node is not the Node.js that Karo is made with; it was not run" \
        "  expected sha256 $known" \
        "  found           $found" \
        "  Install it again: rm -rf node_modules && npm ci" \
        "  If it stays so, whatever npm installs from (a registry, a mirror, a cache) hands out another file."
      exit 1
      ;;
    2)
      say "karo: no checksum is known for Node.js on $on, so nothing says whether $node is what it should be" \
        "  found sha256 $found" \
        "  Compare that with bin/node of the release of nodejs.org; if it is the same, add a line to scripts/runtime.sha256:" \
        "  $found $(sed -n 's/^ *"version": "\([0-9.]*\)".*/\1/p' "$root/node_modules/node/package.json") $on" \
        "  Or use a Node.js 24 that you trust: /path/to/node scripts/start.ts up"
      # An installation can be completed, so that there is something to compare; nothing is started.
      [ -n "$only_check" ] || exit 1
      ;;
  esac
  program=$node
else
  # Installed without development packages or without install scripts: then it is the machine's own Node.
  program=node
  if [ -z "$only_check" ] && ! node -e 'process.exit(process.features.typescript ? 0 : 1)' 2>/dev/null; then
    say "karo: there is no $node, and the Node.js of this machine is missing or too old for the scripts" \
      "  Install it: npm ci"
    exit 1
  fi
fi
if [ -n "$only_check" ]; then
  # 67 MB for who compiles addons; nothing here does.
  rm -rf "$root"/node_modules/node/node_modules/node-*/include
  exit 0
fi
exec "$program" "$@"
