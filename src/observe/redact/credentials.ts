// Finds the password beside a user's name in options of tools without a rule: `anything -u bob -p hunter2`.
import { type Report, setOf, toolName } from './report.ts'
import type { Word } from './word.ts'

const USER = /^(?:-u|-U|-l|--?(?:user|username|user-name|login|userid|user-id|email))$/
const USER_WITH_VALUE = /^(?:--(?:user|username|login|email)=|\/u(?:ser(?:name)?)?:)./
const USER_OF_WINDOWS = /^\/u(?:ser)?$/i
const PASSWORD = /^(?:-p|-pw|-pass)$/
const PASSWORD_OF_WINDOWS = /^\/p$/i
/** Quick test for a whole text: false if no such pair can be in it. */
export const mayNamePerson = (text: string): boolean => MAY_BE_PASSWORD.test(text) && MAY_BE_USER.test(text)
const MAY_BE_PASSWORD = /\s[-/](?:p|P|pw|pass)\s/
const MAY_BE_USER = /\s[-/](?:u|U|l|-?user|-?login|-?email)/i

/** A value that is no password: a port, ports, a process, a version, a path, the name of a variable. */
const NO_PASSWORD =
  /^(?:\d{1,5}|\d+(?:\.\d+){1,3}|\d{1,5}(?:[:,-]\d{1,5})+|\d{1,5}\/(?:tcp|udp)|(?:~|\.{0,2}\/).*|.*\/.*|\$.*)$/s

/** Tools that run another command as another user; their options are not those of that command. */
const RUNNERS = setOf('sudo doas runuser su gosu setpriv chroot run0 pkexec env nohup nice time timeout')
/** Tools for which `-p` is no password, and mostly `-u` no user. */
const OTHERS = setOf(
  'ssh scp sftp docker podman nerdctl docker-compose kubectl oc crictl lxc incus nsenter machinectl systemd-run journalctl systemctl loginctl ps pgrep pkill top htop lsof strace ltrace perf kill git hg svn cp mv mkdir install rsync tar cpio unzip zip bsdtar touch find xargs chown chmod grep rg uv uvx pip pip3 pipx python python3 node deno npm pnpm yarn cargo go rustc nmap nc ncat socat psql pg_dump pg_dumpall pg_restore pg_basebackup pg_isready pg_receivewal pg_recvlogical pg_amcheck reindexdb clusterdb createdb dropdb createuser vacuumdb vacuumlo pgbench avrdude mysql mysqldump mysqladmin mariadb mariadb-dump mycli patch diff date sort uniq unshare who last fuser netstat ss iptables tmux screen read useradd usermod adduser crontab at sshd autossh mosh terraform ansible ansible-playbook lp lpr lpq cancel',
)

export function secretsBesideUser(words: readonly Word[], report: Report): void {
  const at = commandAt(words)
  if (at < 0 || OTHERS.has(toolName(words[at]))) return
  let hasUser = false
  let secret: Word | undefined
  for (let i = at + 1; i < words.length; i++) {
    const { value } = words[i]!
    const next = words[i + 1]
    if (USER_WITH_VALUE.test(value)) hasUser = true
    if (next === undefined) continue
    const isValue = !next.value.startsWith('-')
    if ((USER.test(value) && isValue && !next.value.includes('://')) || USER_OF_WINDOWS.test(value))
      hasUser = true
    else if ((PASSWORD.test(value) && isValue) || PASSWORD_OF_WINDOWS.test(value)) secret = next
  }
  if (hasUser && secret !== undefined && secret.value !== '' && !NO_PASSWORD.test(secret.value))
    report(secret)
}

/** Index of the command that the tools in front of it run. */
function commandAt(words: readonly Word[]): number {
  let at = 0
  while (at < words.length) {
    const { value } = words[at]!
    if (/^\w+=/.test(value)) at++
    else if (!RUNNERS.has(toolName(words[at]))) return at
    else {
      at++
      while (words[at]?.value.startsWith('-')) at += /^-[ugpChrRTn]$/.test(words[at]!.value) ? 2 : 1
    }
  }
  return -1
}

/** Options that take a user's name and password together, for any tool. */
const PAIR_OPTION =
  /^--?(?:(?:basic|http|proxy|server|client|web|digest|ntlm)[-_]?)?(?:auth|userpwd|user-pass|userpass|basic-auth|auth-basic|auth-cred|credentials?|creds)(?:=|$)/
const PAIR = /^["']?[^\s:/=]{1,128}:(?!\d{1,5}$|\/\/)(?<secret>[^\s/][^\n]*)/d
/** Options in the form of Windows: `/password:x`, `/pass x`. */
const OF_WINDOWS = /^\/(?:password|passwd|pass|pwd|passphrase)(?<value>:.*)?$/is

/**
 * Reports passwords in options that announce one for any tool and have an unusual form: `--basic-auth bob:x`,
 * `/pass:x`.
 */
export function secretsByOption(words: readonly Word[], report: Report): void {
  for (const [i, word] of words.entries()) {
    const { value } = word
    const first = value[0]
    if (first !== '-' && first !== '/') continue
    const next = words[i + 1]
    const option = PAIR_OPTION.exec(value)?.[0]
    if (option !== undefined) {
      const isSame = option.endsWith('=')
      const target = isSame ? word : next
      const shift = isSame ? option.length : 0
      const range = target && PAIR.exec(target.value.slice(shift))?.indices?.groups?.secret
      if (target !== undefined && range) report(target, range[0] + shift, range[1] + shift)
    }
    const windows = OF_WINDOWS.exec(value)
    if (windows === null) continue
    const given = windows.groups?.value
    if (given !== undefined) report(word, value.length - given.length + 1)
    else if (next !== undefined && !next.value.startsWith('/')) report(next)
  }
}
