#!/bin/sh
# Installs Karo from this directory, without any network: install.sh [--no-start | --remove | --purge | --help]
# Run again from another version's directory it upgrades, or goes back; data and configuration stay.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mode=${1:-install}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

usage() {
  cat <<'END'
Usage: sudo ./install.sh [--no-start | --remove | --purge | --help]

Installs Karo from the directory of this script, without any network, and starts its service. Run from the directory of
another version it upgrades, or goes back; data and configuration stay.

  --no-start  installs, but neither starts nor restarts the service
  --remove    removes Karo; /etc/karo, /var/lib/karo and /var/spool/karo stay
  --purge     removes Karo with its key, its history and its configuration, for good
  --help      shows this and does nothing

Files: the program in /usr/lib/karo and /usr/bin/karo, configuration in /etc/karo, pages in /usr/share/doc/karo, alert rules
and a dashboard in /usr/share/karo. What to do next: /usr/share/doc/karo/operations.md
END
}

has_systemd() { [ -d /run/systemd/system ]; }

# What was installed outside of /usr/lib/karo, by the version that is there now.
list=/usr/lib/karo/installed-files

remove_listed() {
  [ -e "$list" ] || return 0
  while read -r file; do rm -f "/$file"; done <"$list"
  # Directories with it, but not what somebody else put there.
  find /usr/share/doc/karo /usr/share/karo -depth -type d -empty -delete 2>/dev/null || true
}

remove_files() {
  if has_systemd; then systemctl disable --now karo.service karo-exec.service karo-report.timer >/dev/null 2>&1 || true; fi
  remove_listed
  rm -rf /usr/lib/karo /usr/lib/karo.new /usr/lib/karo.old
  rm -f /usr/bin/karo
  if has_systemd; then systemctl daemon-reload; fi
}

# Before anything is asked of whoever only wants to know.
case "$mode" in
  --help | -h)
    usage
    exit 0
    ;;
  install | --no-start | --remove | --purge) ;;
  *) fail "unknown: $mode (--no-start, --remove, --purge or --help)" ;;
esac
[ $# -le 1 ] || fail "one option at most, and there are $#: see --help"

if [ "$(id -u)" -ne 0 ]; then
  case "$mode" in --remove | --purge) fail "run it as root, it removes a service" ;; esac
  fail "run it as root, it installs a service. For you alone, from here, without root:
  '$here/root/usr/lib/karo/bin/node' '$here/root/usr/lib/karo/dist/karo.js' shell install"
fi
if command -v dpkg-query >/dev/null && dpkg-query -W -f '${Status}' karo 2>/dev/null | grep -q ' installed$'; then
  fail 'Karo is installed as a Debian package here; use dpkg'
fi

case "$mode" in
  install | --no-start) ;;
  --remove)
    remove_files
    echo 'Karo is removed; /etc/karo, /var/lib/karo and /var/spool/karo stay.'
    echo "So do people's own nodes: those that run, ~/.local/share/karo, and the lines in start files, which do nothing now."
    exit 0
    ;;
  --purge)
    remove_files
    rm -rf /etc/karo /var/lib/karo /var/lib/karo-exec /var/lib/karo-report /var/lib/systemd/timers/stamp-karo-report.timer /var/spool/karo
    echo 'Karo and its data are removed.'
    exit 0
    ;;
esac

(cd "$here" && sha256sum --check --quiet SHA256SUMS) || fail 'a file is damaged or missing: nothing was installed'

# Beside the old one first, so that the moment between them is short.
rm -rf /usr/lib/karo.new /usr/lib/karo.old
trap 'rm -rf /usr/lib/karo.new' EXIT
cp -R "$here/root/usr/lib/karo" /usr/lib/karo.new || fail 'it cannot be written: nothing was installed'
chown -R 0:0 /usr/lib/karo.new
# Whatever the umask was where the archive was unpacked, and is here: everybody runs it, and root alone changes it.
chmod -R u=rwX,go=rX /usr/lib/karo.new
(cd "$here/root" && find usr -type f ! -path 'usr/lib/karo/*') >/usr/lib/karo.new/installed-files
# What the other version had and this one has not must not stay.
remove_listed
if [ -d /usr/lib/karo ]; then mv /usr/lib/karo /usr/lib/karo.old; fi
mv /usr/lib/karo.new /usr/lib/karo
rm -rf /usr/lib/karo.old
while read -r file; do install -D -o 0 -g 0 -m 644 "$here/root/$file" "/$file"; done <"$list"
ln -sf ../lib/karo/dist/karo.js /usr/bin/karo
sh /usr/lib/karo/keep-code.sh /nonexistent /usr/lib/karo/dist/karo.js >/dev/null 2>&1 || true
[ -e /etc/karo/config.toml ] || install -D -o 0 -g 0 -m 644 "$here/root/etc/karo/config.toml" /etc/karo/config.toml

if command -v systemd-sysusers >/dev/null; then systemd-sysusers karo.conf; fi
if command -v systemd-tmpfiles >/dev/null; then systemd-tmpfiles --create karo.conf; fi
if has_systemd; then
  systemctl daemon-reload
  # A Debian package that was removed leaves a mask, and notes of what it enabled.
  if command -v deb-systemd-helper >/dev/null; then
    for step in unmask purge; do DPKG_MAINTSCRIPT_PACKAGE=karo deb-systemd-helper "$step" karo.service >/dev/null; done
  fi
  systemctl enable karo.service
  if [ "$mode" = install ]; then
    systemctl restart karo.service
    # Only where an administrator has started it: agents are off otherwise.
    systemctl try-restart karo-exec.service
  fi
fi
if has_systemd; then
  [ "$mode" = install ] || echo 'Its service starts with the machine, or now: sudo systemctl restart karo'
  echo "Karo $(cat "$here/VERSION") is installed. Each person goes on with: karo shell install"
  echo 'Administrators: sudo karo doctor; for several machines /usr/share/doc/karo/start/fleet.md'
else
  echo "Karo $(cat "$here/VERSION") is installed. No systemd runs here, so no service does."
  echo 'Each person goes on with a node of their own: karo up --background, then karo shell install'
fi
