// Disguises dangerous lines in ways that change nothing for the shell, and checks that no disguise lowers a level.
import { checkCommand, RISK_LEVELS, type RiskLevel } from '../../src/assist/risk/index.ts'
import { type DangerousLine, dangerousLines, PLACE } from '../support/data/lines.ts'
import { pick, type Random, randomOf } from '../support/run/random.ts'

export interface RiskReport {
  readonly rounds: number
  /** Disguised lines that were judged lower than the line itself, with the level they got. */
  readonly lowered: readonly { readonly line: string; readonly disguise: string; readonly level: RiskLevel }[]
  /** Milliseconds of the slowest check, and its line. */
  readonly slowestMs: number
  readonly slowest: string
}

const rank = (level: RiskLevel) => RISK_LEVELS.indexOf(level)
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** Words that mean the same in every shell, so that they can be quoted, joined and moved. */
const PLAIN = /^[\w./:@%+,-]+(?: [\w./:@%+,=-]+)*$/
const KEYWORDS =
  /^(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function|coproc|time|alias|cd|pushd|export|declare|set|let|noglob|nocorrect|repeat|begin|and|or|not|command|builtin|-|exec|trap|unset|eval|read|print|history)$/

export interface Disguise {
  readonly name: string
  readonly fits: (line: string, shell: string) => boolean
  readonly make: (line: string, random: Random) => string
}

const isPlain = (line: string) => PLAIN.test(line) && !KEYWORDS.test(line.split(' ', 1)[0] as string)
const posix = (_line: string, shell: string) => shell === 'bash'
/** Nothing at the end of the line swallows what is put behind it: no comment, here-document, `&` or open quote. */
const ends = (line: string) => !/[#&\\]|<<|["'`(]\s*$|\n/.test(line) && !isOpen(line)
const isOpen = (line: string) =>
  checkCommand(line, PLACE).matches.some(({ rule }) => rule === 'unparsed' || rule === 'unparsed-tool')

/** One word, written another way. */
function otherWord(word: string, random: Random): string {
  const at = random.below(Math.max(1, word.length))
  // To echo, -n, -e and -E are options of its own.
  const say = /^-[neE]+$/.test(word) ? 'printf %s' : 'echo'
  const ways = [
    `'${word}'`,
    `"${word}"`,
    `$'${word}'`,
    `${word.slice(0, at)}''${word.slice(at)}`,
    `${word.slice(0, at)}"${word.slice(at, at + 1)}"${word.slice(at + 1)}`,
    `${word.slice(0, at)}\\${word.slice(at)}`,
    `${word.slice(0, at)}\\\n${word.slice(at)}`,
    `$'${[...word].map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}'`,
    `$'${[...word].map((char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`).join('')}'`,
    `$(${say} '${word}')`,
    `$(printf %s '${word}')`,
    `\`${say} ${word}\``,
    `\${NOTHING:-${word}}`,
    `"$(printf '%s' "${word}")"`,
  ]
  return pick(random, ways)
}

function changeWords(line: string, change: (word: string, i: number) => string): string {
  return line.split(' ').map(change).join(' ')
}

const wrap = (name: string, make: (line: string) => string, fits: Disguise['fits'] = posix): Disguise => ({
  name,
  fits,
  make,
})
const words = (name: string, make: Disguise['make']): Disguise => ({
  name,
  fits: (line, shell) => shell === 'bash' && isPlain(line),
  make,
})

export const DISGUISES: readonly Disguise[] = [
  words('other words', (line, random) => changeWords(line, (word) => otherWord(word, random))),
  words('one other word', (line, random) => {
    const at = random.below(line.split(' ').length)
    return changeWords(line, (word, i) => (i === at ? otherWord(word, random) : word))
  }),
  words('spacing', (line, random) => line.replace(/ /g, () => pick(random, ['  ', '\t', ' \\\n ', ' \t']))),
  words('path', (line, random) =>
    line.startsWith('/') || line.startsWith('.')
      ? line
      : pick(random, ['/bin/', '/usr/bin/', '/sbin/', '/usr/local/bin/', './', '../bin/', '\\']) + line,
  ),
  words('variable', (line, random) => {
    const all = line.split(' ')
    const at = random.below(all.length)
    const use = pick(random, ['$V', '"$V"', '${V}', '"${V}"', '${V:-x}'])
    const set = pick(random, [
      `V=${all[at]}; `,
      `V='${all[at]}'; `,
      `read V <<< '${all[at]}'; `,
      `printf -v V %s '${all[at]}'; `,
      `V=${all[at]} && `,
    ])
    return set + all.map((word, i) => (i === at ? use : word)).join(' ')
  }),
  words('whole line in a variable', (line, random) =>
    pick(random, [
      `V='${line}'; $V`,
      `V='${line}'; eval "$V"`,
      `V='${line}'; bash -c "$V"`,
      `V=(${line}); "\${V[@]}"`,
      `set -- ${line}; "$@"`,
    ]),
  ),
  words('wrapper', (line, random) => pick(random, WRAPPERS) + line),
  words('two wrappers', (line, random) => pick(random, WRAPPERS) + pick(random, WRAPPERS) + line),
  words('alias', (line) => `alias x='${line}'\nx`),
  words('function', (line) => `f() { ${line.split(' ')[0]} "$@"; }; f ${line.split(' ').slice(1).join(' ')}`),
  words('xargs', (line) => {
    const all = line.split(' ')
    return all.length < 2 || /^-[neE]+$/.test(all.at(-1) as string)
      ? line
      : `echo '${all.at(-1)}' | xargs ${all.slice(0, -1).join(' ')}`
  }),
  words('brace words', (line) => `{${line.replaceAll(',', '\\,').replaceAll(' ', ',')},}`),
  {
    name: 'option letters apart',
    fits: (line, shell) =>
      shell === 'bash' && /^(?:sudo )?(?:rm|chmod|chown|git clean) /.test(line) && isPlain(line),
    make: (line) =>
      line.replace(/ -([a-zA-Z]{2,4})(?= |$)/g, (_all, letters: string) =>
        [...letters].map((it) => ` -${it}`).join(''),
      ),
  },
  {
    name: 'options last',
    fits: (line, shell) =>
      shell === 'bash' &&
      /^(?:rm|chmod|chown|chgrp|shred|mkfs\S*|wipefs) /.test(line) &&
      isPlain(line) &&
      !/ -- | -[a-z]*[ns] /.test(line),
    make: (line) => {
      const [tool, ...rest] = line.split(' ')
      const isOption = (word: string) => word.startsWith('-')
      return [tool, ...rest.filter((word) => !isOption(word)), ...rest.filter(isOption)].join(' ')
    },
  },
  {
    name: 'long options',
    fits: (line, shell) => shell === 'bash' && /^(?:sudo )?rm /.test(line) && isPlain(line),
    make: (line) =>
      line.replace(/ -([rRf]+)(?= |$)/g, (_all, letters: string) =>
        [...letters].map((it) => (it === 'f' ? ' --force' : ' --recursive')).join(''),
      ),
  },
  wrap('bash -c', (line) => `bash -c ${quoted(line)}`),
  wrap('sh -ec', (line) => `sudo -u root bash -ec ${quoted(line)}`),
  wrap('eval', (line) => `eval ${quoted(line)}`),
  wrap('piped', (line) => `echo ${quoted(line)} | bash`),
  wrap('here-string', (line) => `bash <<< ${quoted(line)}`),
  wrap('here-document', (line) => `bash <<'END'\n${line}\nEND`),
  wrap('base64', (line) => `echo ${Buffer.from(line).toString('base64')} | base64 -d | bash`),
  wrap('hexadecimal', (line) => `echo ${Buffer.from(line).toString('hex')} | xxd -r -p | sh`),
  wrap('process substitution', (line) => `source <(echo ${quoted(line)})`),
  wrap('ssh', (line) => `ssh host ${quoted(line)}`),
  wrap('docker exec', (line) => `docker exec web sh -c ${quoted(line)}`),
  wrap('trap', (line) => `trap ${quoted(line)} EXIT`),
  wrap('at', (line) => `at now <<< ${quoted(line)}`),
  wrap('su', (line) => `su - root -c ${quoted(line)}`),
  wrap(
    'python',
    (line) => `python3 -c ${quoted(`import os; os.system(${JSON.stringify(line)})`)}`,
    (line, shell) => shell === 'bash' && isPlain(line),
  ),
  wrap('watch', (line) => `watch -n 1 ${quoted(line)}`),
  wrap('variable and eval', (line) => `HELD=${quoted(line)}; eval "$HELD"`),
  wrap(
    'printf octal',
    (line) =>
      `printf '${[...Buffer.from(line)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}' | sh`,
    (line, shell) => shell === 'bash' && line.length < 200,
  ),
  wrap(
    'subshell',
    (line) => `(\n${line}\n)`,
    (line, shell) => shell === 'bash' && !isOpen(line),
  ),
  wrap(
    'group',
    (line) => `{\n${line}\n}`,
    (line, shell) => shell === 'bash' && !isOpen(line),
  ),
  wrap(
    'condition',
    (line) => `if true; then\n${line}\nfi`,
    (line, shell) => shell === 'bash' && !isOpen(line),
  ),
  wrap(
    'loop',
    (line) => `for i in 1 2; do\n${line}\ndone`,
    (line, shell) => shell === 'bash' && !isOpen(line),
  ),
  wrap(
    'function body',
    (line) => `f() {\n${line}\n}; f`,
    (line, shell) => shell === 'bash' && !isOpen(line),
  ),
  wrap(
    'substitution',
    (line) => `echo "$(\n${line}\n)"`,
    (line, shell) => shell === 'bash' && !isOpen(line),
  ),
  wrap(
    'after a harmless one',
    (line) => `ls; ${line}`,
    () => true,
  ),
  wrap(
    'on the next line',
    (line) => `ls\n${line}`,
    () => true,
  ),
  wrap(
    'after &&',
    (line) => `true && ${line}`,
    (line, shell) => shell === 'bash' && !/^(?:#|\n)/.test(line),
  ),
  wrap(
    'blanks around',
    (line) => `  ${line}  `,
    (line) => !line.endsWith('\\'),
  ),
  wrap('before a harmless one', (line) => `${line}; ls`, ends),
  wrap('before &&', (line) => `${line} && echo ok`, ends),
  wrap('before ||', (line) => `${line} || true`, ends),
  wrap(
    'before a pipe',
    (line) => `${line} | cat`,
    (line, shell) => shell === 'bash' && ends(line),
  ),
  wrap('with a comment', (line) => `${line} # nothing to see`, ends),
  wrap('in the background', (line) => `${line} &`, ends),
  wrap(
    'with its errors hidden',
    (line) => `${line} 2>/dev/null`,
    (line, shell) => shell === 'bash' && isPlain(line),
  ),
]

const WRAPPERS = [
  'sudo ', 'sudo -u root ', 'sudo -E -n ', 'sudo --user=root -- ', 'doas ', 'env ', 'env A=1 ', 'env -i ', 'nohup ', 'nice ', 'nice -n 5 ',
  'timeout 5 ', 'timeout -k 1 10s ', 'command ', 'builtin command ', 'exec ', 'stdbuf -oL ', 'setsid ', 'ionice -c 3 ', 'chrt 5 ', 'taskset 1 ', 'busybox ',
  'strace -f ', 'unshare -r ', 'systemd-run ', 'flock /tmp/l ', 'docker exec -it web ', 'kubectl exec web -- ', 'chroot /mnt ', 'nsenter -t 1 -m ', 'ssh host ',
  'xargs ', 'watch ', 'find . -maxdepth 0 -exec ', 'parallel ', 'unbuffer ', 'caffeinate ', 'run0 ', 'pkexec ', 'runuser -u root -- ', '$NOTHING ',
] // biome-ignore format: a compact table

/** `find … -exec` wants its end marked. */
const endingOf = (text: string) => (text.includes('-exec ') ? ' \\;' : '')

/** They append words that they read, and rsync writes to its last word. */
const WRITES_ELSEWHERE = /(?:xargs|parallel) .*rsync /

/** One disguise of the line, or the line itself where the one that was drawn does not fit. */
export function disguised(
  line: DangerousLine,
  random: Random,
  disguises = DISGUISES,
): { readonly name: string; readonly text: string } {
  const { name, fits, make } = pick(random, disguises)
  if (!fits(line.command, line.shell)) return { name: 'none', text: line.command }
  const text = make(line.command, random)
  if (name.includes('wrapper') && WRITES_ELSEWHERE.test(text)) return { name: 'none', text: line.command }
  return {
    name,
    text: text.startsWith(line.command) || !name.includes('wrapper') ? text : text + endingOf(text),
  }
}

/**
 * The corpus without what is pasted into a program that reads the lines behind it from the terminal: in a disguise they
 * would be lines of the shell, and harmless.
 */
export const disguisable = (): readonly DangerousLine[] =>
  dangerousLines().filter(({ command }) => !/^psql [^\n]*\n/.test(command))

/** `rounds` disguised lines of the corpus; those that were judged lower than they are without it. */
export function fuzzRisk(rounds: number, seed: number): RiskReport {
  const random = randomOf(seed)
  const lines = disguisable()
  const lowered: { line: string; disguise: string; level: RiskLevel }[] = []
  let slowestMs = 0
  let slowest = ''
  for (let round = 0; round < rounds; round++) {
    const line = pick(random, lines)
    const { name, text } = disguised(line, random)
    const began = performance.now()
    const { risk_level } = checkCommand(text, { ...PLACE, shell: line.shell })
    const took = performance.now() - began
    if (took > slowestMs) [slowestMs, slowest] = [took, text]
    if (rank(risk_level) < rank(line.least)) lowered.push({ line: text, disguise: name, level: risk_level })
  }
  return { rounds, lowered, slowestMs, slowest }
}
