// Rules about what intruders do with everyday tools: see, hide, keep a way in, take along. Tables from a tool to its words.

import { INTERPRETER_NAMES, interpreterName, SHELLS } from '../../carriers/wrappers.ts'
import { resolvePath } from '../../line/paths.ts'
import { after, baseName, inputOf, matching, redirectedTo, said, says } from '../../model.ts'
import { valuesOf } from '../../writes/option-values.ts'
import { inputCode } from '../../writes/positions.ts'
import type { Rules } from '../forms.ts'
import { only, setIn, tools } from '../rule.ts'
import { changed } from '../targets.ts'
import { ATTACK_TOOLS, ENTERS, OPENS, PASSWORDS, RECORDS, TRUSTS } from './intrusion-tables.ts'

const ATTACKS = new Set(ATTACK_TOOLS)
/** Names that servers and frameworks share; the attack has options, the others have verbs. */
const HOMONYMS = /^(?:hydra|medusa)$/
const plainName = (path: string): string =>
  baseName(path)
    .toLowerCase()
    .replace(/\.(?:sh|py|pl|rb|elf|ko)$/, '')
const RUNS_FILES: readonly string[] = [...INTERPRETER_NAMES, ...SHELLS, 'source', '.', 'modprobe', 'insmod']

/** A shell, and nothing for it to run, in a call of another program. Each class has a bound, so that it is found in linear time. */
const SHELL_CALL =
  /(?:\b(?:system|exec\w{0,8}|spawn\w{0,8}|popen\w{0,8}|call|run|Popen|passthru|shell_exec|terminal|shell)\b[\s("'[,:{]{0,8}|\bshell=|![\s"']{0,8})(?:exec\s{1,8}["']?)?(?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k|c|tc|fi)?sh["',\s-]{0,8}(?:[ipl]{1,3}\b["',\s]{0,8})?(?:reset;?["',\s]{0,8})?(?:0?[<>]&\d\s{0,4}){0,4}&?["'\s]{0,8}(?:$|[;,)\]}#])/m
const CALLERS: readonly string[] = [
  ...INTERPRETER_NAMES,
  ...tools(
    'awk gawk mawk nawk vi vim nvim view ed ex gdb man less more ftp tclsh expect irb psql sqlite3 mysql',
  ),
]

/** Names by which files hide: blanks at the end, more dots than `..`, a kernel thread's brackets. */
const DISGUISED =
  /(?:^|\/)(?:\.{3,}|\.{1,2}\s+|[^/]*[^/\s\\]\s+|\[(?:k\w|migration|rcu|watchdog|scsi|events)[^\]/]{0,60}\])(?:\/|$)/

/** A file directly in a directory that is open to all; directories below it mostly belong to one user. */
const OPEN_TO_ALL = /^\/(?:tmp|var\/tmp|dev\/shm)\/[^/]+$/

/** Code that sends or writes what it reads. */
const TAKES_ALONG = /write|send|post|upload|socket|requests|urllib|fetch|copy|zip|base64|encode/i

/** Files that list accounts, in the quotes of another language. */
const ACCOUNT_LIST = /^\/etc\/(?:passwd|group)-?$/

/** What the shell itself runs before each prompt, and that hands the typed line on. */
const HANDS_ON = /\b(?:logger|tee|nc|ncat|socat|curl|wget|ssh|mail)\b|>>|\/dev\/(?:tcp|udp)\//

export const INTRUSION_RULES: Rules = [
  {
    id: 'attack-tool',
    level: 'moderate',
    why: 'Runs a program made for breaking into machines, for hiding on them, or for using them to earn money.',
    finds: 'hping3|nping --flood|--rand-source|--rand-dest',
    tools: [...ATTACK_TOOLS.flatMap((name) => [name, `${name}.sh`, `${name}.py`]), ...RUNS_FILES],
    when: (c, o) =>
      ATTACKS.has(plainName(c.name))
        ? !o.flag('help', 'version') && !/^-h$/.test(said(c)) && (!HOMONYMS.test(c.name) || says(c, /^-/))
        : o.operands.slice(0, 1).filter((arg) => ATTACKS.has(plainName(arg.text))),
    example: 'bash linpeas.sh',
  },
  {
    id: 'runs-from-shared',
    level: 'moderate',
    why: 'Runs a file from a directory in which every user and program can put files.',
    tools: ['*', ...RUNS_FILES],
    when: (c, o) => {
      // By its absolute path only: who works in such a directory runs their own files there.
      if (c.path.startsWith('/') && OPEN_TO_ALL.test(resolvePath(c.path, c.scope))) return true
      const runs =
        interpreterName(c.name) !== undefined || SHELLS.has(c.name) || /^(?:\.|source)$/.test(c.name)
      return only(
        runs && o.flag('c', 'e', 'm') === undefined,
        o.operands
          .slice(0, 1)
          .filter(({ text }) => text.startsWith('/') && OPEN_TO_ALL.test(resolvePath(text, c.scope))),
      )
    },
    example: 'sh /tmp/install.sh',
    yields: true,
  },
  {
    id: 'password-in-words',
    level: 'moderate',
    why: 'Shows the password to every user of this machine, who can see the words of running programs, and to the history.',
    tools: [...PASSWORDS.names(), 'sudo'],
    when: (c, o) =>
      c.name === 'sudo'
        ? only(o.flag('S', 'stdin'), /\S/.test(c.input.text ?? ''))
        : c.name === 'chpasswd'
          ? /:\S/.test(c.input.text ?? '')
          : PASSWORDS.fits(c),
    example: 'sshpass -p hunter2 ssh me@host',
  },
  {
    id: 'shell-escaped',
    level: 'moderate',
    why: 'Opens a shell from inside another program, where nothing that watches your shell sees it.',
    tools: [...CALLERS, ...OPENS.names(), 'find', 'gfind', 'cpan'],
    when: (c) => {
      if (OPENS.of(c.name) !== undefined) return OPENS.fits(c)
      if (/find$/.test(c.name))
        return c.args.filter(
          (arg, i) =>
            /^-(?:exec|execdir|ok|okdir)$/.test(c.args[i - 1]?.text ?? '') &&
            SHELLS.has(baseName(arg.text)) &&
            /^(?:;|-[ipl]+)$/.test(c.args[i + 1]?.text ?? ';'),
        )
      return matching([...c.args, inputOf(c), ...inputCode(c)], SHELL_CALL)
    },
    example: `awk 'BEGIN {system("/bin/sh")}'`,
    yields: true,
  },
  {
    id: 'records-person',
    level: 'moderate',
    why: 'Records the screen, the keys, the camera or the microphone, with whatever is secret in it.',
    tools: RECORDS.names(),
    when: RECORDS.fits,
    example: 'xwd -root -out /tmp/screen.xwd',
  },
  {
    id: 'authority-trusted',
    level: 'moderate',
    why: 'Trusts another certificate authority, whose owner can then read and change encrypted connections.',
    tools: TRUSTS.names(),
    when: TRUSTS.fits,
    example: 'sudo update-ca-certificates',
  },
  {
    id: 'host-entered',
    level: 'moderate',
    why: 'Opens a shell with the rights of root or of another part of the machine.',
    tools: ENTERS.names(),
    when: ENTERS.fits,
    example: 'nsenter -t 1 -m -u -i -n sh',
  },
  {
    id: 'rights-searched',
    level: 'moderate',
    why: 'Searches for files through which anybody can get the rights of root.',
    finds: 'getcap @root|system -r',
    tools: tools('find gfind'),
    when: ({ args }) => matching(after(args, /^-perm$/), /^[-/]?(?:0?[246]000|[ugoa,+=]*[ug]\+?=?s\S*)$/),
    example: 'find / -perm -4000',
  },
  {
    id: 'time-forged',
    level: 'moderate',
    why: 'Gives a file or the machine another time, so that records no longer tell when something happened.',
    finds: `
      hwclock --set|--hctosys|-s
      timedatectl set-time
      timedatectl set-ntp 0|no|false`,
    tools: tools('touch date'),
    when: ({ name, args }) =>
      name === 'touch'
        ? valuesOf(args, ['r', 'reference', 't', 'd', 'date'])
        : name === 'date'
          ? valuesOf(args, ['s', 'set'])
          : undefined,
    example: 'touch -r /bin/ls /tmp/x',
  },
  {
    id: 'history-partial',
    level: 'moderate',
    why: 'Leaves commands out of the shell’s history from now on.',
    tools: ['*'],
    when: (c) =>
      setIn(
        c,
        (name, value) => /^HIST(?:CONTROL|IGNORE)$/.test(name) && /ignore(?:space|both)|\*/.test(value),
      ),
    example: 'export HISTCONTROL=ignorespace',
  },
  {
    id: 'prompt-hands-on',
    level: 'moderate',
    why: 'Hands every line that is typed from now on to another program or place.',
    tools: ['*'],
    when: (c) => setIn(c, (name, value) => /^(?:PROMPT_COMMAND|PS0)$/.test(name) && HANDS_ON.test(value)),
    example: `export PROMPT_COMMAND='history 1 | nc log.example 514'`,
  },
  {
    id: 'name-disguised',
    level: 'moderate',
    why: 'Uses a name that hides in lists of files or of processes, or looks like one of the kernel’s.',
    tools: tools('exec cp mv ln install touch'),
    when: (c, o) =>
      c.name === 'exec'
        ? matching(valuesOf(c.args, ['a']), /^\[|^\s|\s$/)
        : o.operands.slice(c.name === 'touch' ? 0 : -1).filter(
            (arg) =>
              DISGUISED.test(arg.text) ||
              /^\/(?:tmp|var\/tmp|dev\/shm)\/\.[\w-]/.test(resolvePath(arg.text, c.scope)) ||
              // A file with the name of an option changes what `tar *` or `chown *` does later.
              (c.name === 'touch' && /^(?:\.\/)?--[a-z-]+/.test(arg.text)),
          ),
    example: "cp tool '/tmp/... '",
  },
  {
    id: 'accounts-copied',
    level: 'moderate',
    why: 'Takes the list of accounts to another place.',
    tools: [
      ...tools(
        'cp zip tar gzip bzip2 xz 7z openssl gpg ccencrypt ccrypt base64 xxd scp rsync curl wget nc ncat socat cat',
      ),
      ...INTERPRETER_NAMES,
    ],
    when: (c, o) => {
      if (interpreterName(c.name) !== undefined)
        return matching(c.args, /(["'])\/etc\/(?:passwd|group)\1/).filter(({ text }) =>
          TAKES_ALONG.test(text),
        )
      const read = [
        ...c.args.filter((arg) => ACCOUNT_LIST.test(arg.text.replace(/^.*[@=]/, ''))),
        ...matching(redirectedTo(c, /^<$/), ACCOUNT_LIST),
      ]
      if (read.length === 0) return undefined
      const away = changed(c, o).some((arg) => !/^\/(?:etc|dev)\//.test(resolvePath(arg.text, c.scope)))
      return only(c.name === 'cat' || c.name === 'cp' ? away : true, read)
    },
    example: 'cp /etc/passwd /tmp/passwd',
  },
]
